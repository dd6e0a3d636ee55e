import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { join, sub } from '../intrinsics.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { isAlphanumeric } from '../logical-id.ts';
import type { SamResource } from '../sam-resource.ts';
import type { WebSocketAuth } from './authorizer.ts';

const connectRoute = '$connect';

/** API Gateway's own routes, by the part that they have in logical ids. */
const specialRoutes: Readonly<Record<string, string>> = {
  [connectRoute]: 'Connect',
  $disconnect: 'Disconnect',
  $default: 'Default',
};

/** A route, its integration with the function and the permission, for each of `Routes`. */
export function routeResources(
  resource: SamResource,
  api: CfnResource,
  stageName: Json,
  auth: WebSocketAuth | undefined,
  authorizer: CfnResource | undefined,
): CfnResource[] {
  const expect = expectOf(resource.logicalId);
  const routes = expect.map(resource.properties['Routes'], 'Routes');
  return Object.entries(routes).flatMap(([key, given]) => {
    const prefix = resource.logicalId + routeIdPart(resource.logicalId, key);
    const settings = expect.map(given, `Routes.${key}`);
    if (settings['FunctionArn'] === undefined) {
      throw new InvalidResource(resource.logicalId, 'Route must have associated function.');
    }
    const integration = integrationOf(prefix, api, settings, resource.passedOn);
    const authorization = key === connectRoute ? authorizationOf(auth, authorizer) : {};
    return [
      routeOf(prefix, key, api, integration, settings, authorization, resource.passedOn),
      integration,
      permission(prefix, key, api, stageName, settings, resource.passedOn),
    ];
  });
}

function routeIdPart(logicalId: string, key: string): string {
  const special = specialRoutes[key];
  if (special !== undefined) return special;
  if (isAlphanumeric(key)) return key;
  throw new InvalidResource(
    logicalId,
    `Route key '${key}' must be alphanumeric. Only $connect, $disconnect, and $default special routes are supported.`,
  );
}

function authorizationOf(
  auth: WebSocketAuth | undefined,
  authorizer: CfnResource | undefined,
): Record<string, Json | undefined> {
  if (auth === undefined) return {};
  return { AuthorizationType: auth.type, AuthorizerId: authorizer === undefined ? undefined : refTo(authorizer) };
}

function integrationOf(prefix: string, api: CfnResource, settings: JsonMap, attributes: JsonMap): CfnResource {
  return cfnResource(
    `${prefix}Integration`,
    'AWS::ApiGatewayV2::Integration',
    {
      ApiId: refTo(api),
      IntegrationType: 'AWS_PROXY',
      IntegrationUri: sub(
        'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${FunctionArn}/invocations',
        { FunctionArn: settings['FunctionArn'] ?? null },
      ),
      TimeoutInMillis: settings['IntegrationTimeout'],
    },
    attributes,
  );
}

function routeOf(
  prefix: string,
  key: string,
  api: CfnResource,
  integration: CfnResource,
  settings: JsonMap,
  authorization: Record<string, Json | undefined>,
  attributes: JsonMap,
): CfnResource {
  return cfnResource(
    `${prefix}Route`,
    'AWS::ApiGatewayV2::Route',
    {
      ApiId: refTo(api),
      ApiKeyRequired: settings['ApiKeyRequired'],
      ...authorization,
      ModelSelectionExpression: settings['ModelSelectionExpression'],
      OperationName: settings['OperationName'],
      RequestModels: settings['RequestModels'],
      RequestParameters: settings['RequestParameters'],
      RouteKey: key,
      RouteResponseSelectionExpression: settings['RouteResponseSelectionExpression'],
      Target: join('/', ['integrations', refTo(integration)]),
    },
    attributes,
  );
}

function permission(
  prefix: string,
  key: string,
  api: CfnResource,
  stageName: Json,
  settings: JsonMap,
  attributes: JsonMap,
): CfnResource {
  const arn = `arn:\${AWS::Partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${${api.logicalId}.ApiId}`;
  const sourceArn =
    typeof stageName === 'string'
      ? sub(`${arn}/${stageName}/${key}`)
      : sub(`${arn}/\${__Stage__}/${key}`, { __Stage__: stageName });
  return lambdaPermission(
    `${prefix}Permission`,
    { functionName: settings['FunctionArn'] ?? null, principal: 'apigateway.amazonaws.com', sourceArn },
    attributes,
  );
}
