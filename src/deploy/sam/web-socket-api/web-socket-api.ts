import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { customDomainV2 } from '../http-api/domain.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { isAlphanumeric, suffixedId } from '../logical-id.ts';
import { resolveParameters } from '../parameter-values.ts';
import { optional, passedOn, required } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';
import type { SamResource } from '../sam-resource.ts';
import { authorizer, readAuth } from './authorizer.ts';
import { routeResources } from './routes.ts';

export const webSocketApiProperties: PropertyTable = {
  ...passedOn(`ApiKeySelectionExpression AccessLogSettings Description DisableExecuteApiEndpoint
    DisableSchemaValidation Domain FailOnWarnings IpAddressType Name StageName`),
  Auth: optional('map'),
  DefaultRouteSettings: optional('map'),
  PropagateTags: optional('boolean'),
  Routes: required('map'),
  RouteSelectionExpression: required('string'),
  RouteSettings: optional('map'),
  StageVariables: optional('map'),
  Tags: optional('map'),
};

const ownTag = { 'websocketapi:createdBy': 'SAM' };
const defaultStage = 'default';

/**
 * AWS::Serverless::WebSocketApi.
 * https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-websocketapi.html
 */
export function transformWebSocketApi(given: SamResource, context: TransformContext): CfnResource[] {
  const domain = resolveParameters(given.properties['Domain'], context.parameters);
  const properties = domain === undefined ? given.properties : { ...given.properties, Domain: domain };
  const resource = { ...given, properties };
  checkSettings(resource);
  const tags: JsonMap = { ...(isMap(properties['Tags']) ? properties['Tags'] : {}), ...ownTag };
  const passedTags = properties['PropagateTags'] === true ? tags : { ...ownTag };
  const api = webSocketApi(resource, tags);
  const stageName = properties['StageName'] ?? defaultStage;
  const stage = apiStage(resource, api, stageName, passedTags);
  context.references.add(resource.logicalId, 'Stage', stage.logicalId);
  const auth = readAuth(resource);
  const made = auth === undefined ? undefined : authorizer(resource, api, auth);
  return [
    api,
    ...routeResources(resource, api, stageName, auth, made?.authorizer),
    ...(made === undefined ? [] : [made.authorizer, ...made.permissions]),
    stage,
    ...customDomainV2(resource, api, stage, passedTags, context),
  ];
}

function checkSettings(resource: SamResource): void {
  const { properties, logicalId } = resource;
  if (properties['StageName'] === '$default') {
    throw new InvalidResource(logicalId, 'Stages cannot be named $default for WebSocket APIs.');
  }
  if (properties['AccessLogSettings'] !== undefined) {
    expectOf(logicalId).map(properties['AccessLogSettings'], 'AccessLogSettings');
  }
}

function webSocketApi(resource: SamResource, tags: JsonMap): CfnResource {
  const { properties } = resource;
  return cfnResource(
    resource.logicalId,
    'AWS::ApiGatewayV2::Api',
    {
      ApiKeySelectionExpression: properties['ApiKeySelectionExpression'],
      Description: properties['Description'],
      DisableExecuteApiEndpoint: properties['DisableExecuteApiEndpoint'],
      DisableSchemaValidation: properties['DisableSchemaValidation'],
      FailOnWarnings: properties['FailOnWarnings'],
      IpAddressType: properties['IpAddressType'],
      Name: properties['Name'],
      ProtocolType: 'WEBSOCKET',
      RouteSelectionExpression: properties['RouteSelectionExpression'],
      Tags: tags,
    },
    resource.attributes,
  );
}

function apiStage(resource: SamResource, api: CfnResource, name: Json, tags: JsonMap): CfnResource {
  const { properties } = resource;
  return cfnResource(
    stageId(resource.logicalId, name),
    'AWS::ApiGatewayV2::Stage',
    {
      ApiId: refTo(api),
      AccessLogSettings: properties['AccessLogSettings'],
      AutoDeploy: true,
      DefaultRouteSettings: properties['DefaultRouteSettings'],
      RouteSettings: properties['RouteSettings'],
      StageName: name,
      StageVariables: properties['StageVariables'],
      Tags: tags,
    },
    resource.passedOn,
  );
}

function stageId(apiId: string, name: Json): string {
  if (name === defaultStage) return `${apiId}DefaultStage`;
  if (typeof name !== 'string') return `${apiId}Stage`;
  return isAlphanumeric(name) ? `${apiId}${name}Stage` : suffixedId(`${apiId}Stage`, name);
}
