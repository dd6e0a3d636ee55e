import { cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidResource } from '../errors.ts';
import { sub } from '../intrinsics.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { pythonText } from '../python-text.ts';
import type { SamResource } from '../sam-resource.ts';

/** The `Auth` of a WebSocket API: one authorizer, for the connection. */
export interface WebSocketAuth {
  readonly type: 'NONE' | 'AWS_IAM' | 'CUSTOM';
  readonly settings: JsonMap;
}

export function readAuth(resource: SamResource): WebSocketAuth | undefined {
  const settings = resource.properties['Auth'];
  if (!isMap(settings)) return undefined;
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  const type = settings['AuthType'];
  if (type === undefined) {
    if (Object.keys(settings).length > 0) throw fail('AuthType must be specified for additional auth configurations.');
    return undefined;
  }
  const routes = resource.properties['Routes'];
  if (!isMap(routes) || !('$connect' in routes)) {
    throw fail('Authorization is only available if there is a $connect route.');
  }
  if (type !== 'NONE' && type !== 'AWS_IAM' && type !== 'CUSTOM') {
    throw fail(`AuthType ${pythonText(type)} is not supported. Only NONE, AWS_IAM and CUSTOM are supported.`);
  }
  if (type === 'CUSTOM' && settings['AuthArn'] === undefined) {
    throw fail('AuthArn must be specified if AuthType is CUSTOM.');
  }
  return { type, settings };
}

/** The authorizer and, unless a role invokes it, the permission to do so. */
export function authorizer(
  resource: SamResource,
  api: CfnResource,
  auth: WebSocketAuth,
): { authorizer: CfnResource; permissions: CfnResource[] } | undefined {
  if (auth.type !== 'CUSTOM') return undefined;
  const { settings } = auth;
  const functionArn: Json = settings['AuthArn'] ?? null;
  const logicalId = `${resource.logicalId}ConnectAuthorizer`;
  const made = cfnResource(
    logicalId,
    'AWS::ApiGatewayV2::Authorizer',
    {
      ApiId: refTo(api),
      AuthorizerCredentialsArn: settings['InvokeRole'],
      AuthorizerPayloadFormatVersion: settings['PayloadFormatVersion'],
      AuthorizerType: 'REQUEST',
      AuthorizerUri: sub(
        'arn:${AWS::Partition}:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${AuthArn}/invocations',
        { AuthArn: functionArn },
      ),
      IdentitySource: settings['IdentitySource'],
      Name: settings['Name'] ?? logicalId,
    },
    resource.passedOn,
  );
  return {
    authorizer: made,
    permissions: settings['InvokeRole'] === undefined ? [permission(resource, api, functionArn)] : [],
  };
}

function permission(resource: SamResource, api: CfnResource, functionName: Json): CfnResource {
  const sourceArn = sub(
    'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${__ApiId__}/authorizers/*',
    { __ApiId__: refTo(api) },
  );
  return lambdaPermission(
    `${resource.logicalId}AuthorizerPermission`,
    { functionName, principal: 'apigateway.amazonaws.com', sourceArn },
    resource.passedOn,
  );
}
