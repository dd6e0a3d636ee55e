import { optional, passedOn, required } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';

export const restApiProperties: PropertyTable = {
  ...passedOn(`Name Description StageName DefinitionUri DefinitionBody CacheClusterEnabled CacheClusterSize Variables
    EndpointConfiguration MethodSettings BinaryMediaTypes MinimumCompressionSize Cors AccessLogSetting CanarySetting
    TracingEnabled OpenApiVersion Domain FailOnWarnings Mode DisableExecuteApiEndpoint ApiKeySourceType Policy
    SecurityPolicy EndpointAccessMode`),
  StageName: required('string'),
  // Marks a document that the transform made itself.
  __MANAGE_SWAGGER: optional('boolean'),
  MergeDefinitions: optional('boolean'),
  AlwaysDeploy: optional('boolean'),
  PropagateTags: optional('boolean'),
  Auth: optional('map'),
  GatewayResponses: optional('map'),
  Models: optional('map'),
  Tags: optional('map'),
};
