import { optional, passedOn } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';

export const httpApiProperties: PropertyTable = {
  ...passedOn(`Name Description StageName DefinitionUri DefinitionBody StageVariables CorsConfiguration
    AccessLogSettings DefaultRouteSettings Auth Domain FailOnWarnings DisableExecuteApiEndpoint`),
  // Marks a document that the transform made itself.
  __MANAGE_SWAGGER: optional('boolean'),
  RouteSettings: optional('map'),
  PropagateTags: optional('boolean'),
  Tags: optional('map'),
};
