import type { CfnResource } from '../cfn-resource.ts';
import { refTo } from '../cfn-resource.ts';
import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { isIntrinsic, sub } from '../intrinsics.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { addResourcePolicyToPaths } from '../openapi/resource-policy.ts';
import {
  addApiKeyDefinition,
  addIamDefinition,
  addSecurityDefinitions,
  iamAuthorizer,
  setDefaultApiKey,
  setDefaultAuthorizer,
} from '../openapi/security.ts';
import type { SamResource } from '../sam-resource.ts';
import { readAuthorizers, securityDefinition } from './authorizers.ts';
import type { Authorizer } from './authorizers.ts';
import { isSwagger } from './definition.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-api-apiauth.html

const allowedNames = new Set([
  'AddApiKeyRequiredToCorsPreflight',
  'AddDefaultAuthorizerToCorsPreflight',
  'ApiKeyRequired',
  'Authorizers',
  'DefaultAuthorizer',
  'InvokeRole',
  'ResourcePolicy',
  'UsagePlan',
]);

/** Writes the API's `Auth` into its document; methods that events gave settings of their own keep them. */
export function addAuth(resource: SamResource, body: JsonMap | undefined, context: TransformContext): void {
  const auth = resource.properties['Auth'];
  if (!isMap(auth) || isBlank(auth)) return;
  const { logicalId } = resource;
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  if (body === undefined) throw fail("Auth works only with inline Swagger specified in 'DefinitionBody' property.");
  if (!Object.keys(auth).every((name) => allowedNames.has(name))) throw fail("Invalid value for 'Auth' property");
  if (!isSwagger(body)) {
    throw fail(
      "Unable to add Auth configuration because 'DefinitionBody' does not contain a valid Swagger definition.",
    );
  }
  addAuthorizers(resource, auth, body, context);
  if (!isBlank(auth['ApiKeyRequired'])) {
    addApiKeyDefinition(body);
    setDefaultApiKey(body, auth['AddApiKeyRequiredToCorsPreflight'] !== false);
  }
  const policy = auth['ResourcePolicy'];
  if (policy !== undefined && !isBlank(policy)) {
    addResourcePolicyToPaths(body, policy, resource.properties['StageName'] ?? null);
  }
}

function addAuthorizers(resource: SamResource, auth: JsonMap, body: JsonMap, context: TransformContext): void {
  const { logicalId } = resource;
  const authorizers = readAuthorizers(logicalId, auth['Authorizers']);
  const name = auth['DefaultAuthorizer'];
  if (authorizers.length > 0) {
    const definitions = authorizers.map((authorizer) => [
      authorizer.name,
      securityDefinition(logicalId, authorizer, context),
    ]);
    addSecurityDefinitions(body, Object.fromEntries(definitions));
  }
  if (isBlank(name) || name === undefined) return;
  if (name === iamAuthorizer) addIamDefinition(body);
  else if (authorizers.length === 0) return;
  applyDefault(logicalId, name, authorizers, auth, body);
}

function applyDefault(
  logicalId: string,
  name: Json,
  authorizers: readonly Authorizer[],
  auth: JsonMap,
  body: JsonMap,
): void {
  if (typeof name !== 'string' || isIntrinsic(name)) {
    throw new InvalidResource(logicalId, 'DefaultAuthorizer is not a string.');
  }
  if (name !== iamAuthorizer && !authorizers.some((authorizer) => authorizer.name === name)) {
    throw new InvalidResource(
      logicalId,
      `Unable to set DefaultAuthorizer because '${name}' was not defined in 'Authorizers'.`,
    );
  }
  const usesIam = setDefaultAuthorizer(body, {
    name,
    known: authorizers.map((authorizer) => authorizer.name),
    onPreflight: auth['AddDefaultAuthorizerToCorsPreflight'] !== false,
    scopes: (wanted) => authorizers.find((authorizer) => authorizer.name === wanted)?.scopes,
  });
  if (usesIam) addIamDefinition(body);
}

/** Lets API Gateway call the functions of the API's authorizers. */
export function authorizerPermissions(
  resource: SamResource,
  api: CfnResource,
  context: TransformContext,
): CfnResource[] {
  const auth = resource.properties['Auth'];
  const authorizers = isMap(auth) ? readAuthorizers(resource.logicalId, auth['Authorizers']) : [];
  return authorizers.filter(needsPermission).map((authorizer) =>
    lambdaPermission(
      `${resource.logicalId}${authorizer.name}AuthorizerPermission`,
      {
        functionName: authorizer.settings['FunctionArn'] ?? null,
        principal: 'apigateway.amazonaws.com',
        sourceArn: sub(
          `arn:${context.partition}:execute-api:\${AWS::Region}:\${AWS::AccountId}:\${__ApiId__}/authorizers/*`,
          { __ApiId__: refTo(api) },
        ),
      },
      resource.passedOn,
    ),
  );
}

function needsPermission(authorizer: Authorizer): boolean {
  const { settings, kind } = authorizer;
  return (
    kind !== 'cognito' && !isBlank(settings['FunctionArn']) && settings['DisableFunctionDefaultPermissions'] !== true
  );
}
