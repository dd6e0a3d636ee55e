import type { Authorizer } from '@aws-sdk/client-api-gateway';
import type { Operation } from '#kernel/service.ts';
import { authorizerNotFound, badRequest, conflict, notOneOf } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, listRule, numberRule, textRule, valueListRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { authorizers, placeOf, resources, type AuthorizerRecord } from './store.ts';

const USER_POOL = /^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool\/[\w-]+$/;
const FUNCTION_URI = /^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:lambda:path\/.+\/invocations$/;
const TYPES: readonly string[] = ['REQUEST', 'TOKEN', 'COGNITO_USER_POOLS'];
const TTL_SECONDS = { default: 300, max: 3600 };

export interface AuthorizerInput {
  name: string;
  type: string;
  providerARNs?: string[] | undefined;
  authType?: string | undefined;
  authorizerUri?: string | undefined;
  authorizerCredentials?: string | undefined;
  identitySource?: string | undefined;
  identityValidationExpression?: string | undefined;
  authorizerResultTtlInSeconds?: number | undefined;
}

/** Checks and defaults, for CreateAuthorizer and for imports. */
export function authorizerOf(id: string, given: AuthorizerInput): AuthorizerRecord {
  const { name, type, providerARNs, identitySource, authorizerUri } = given;
  if (type !== 'TOKEN' && type !== 'REQUEST' && type !== 'COGNITO_USER_POOLS') {
    throw badRequest('Invalid authorizer type specified. Valid types are TOKEN, REQUEST and COGNITO_USER_POOLS');
  }
  const ttl = given.authorizerResultTtlInSeconds ?? TTL_SECONDS.default;
  if (ttl < 0 || ttl > TTL_SECONDS.max)
    throw badRequest(`Authorizer result TTL must be between 0 and ${TTL_SECONDS.max} seconds`);
  if (type === 'COGNITO_USER_POOLS') {
    if (!providerARNs?.length) throw badRequest('Invalid Provider ARN(s) specified');
    if (!providerARNs.every((arn) => USER_POOL.test(arn))) throw badRequest('Invalid Provider ARN(s) specified');
  } else if (!authorizerUri) throw badRequest('Authorizer URI cannot be empty');
  else if (!FUNCTION_URI.test(authorizerUri)) {
    throw badRequest(
      `Invalid Authorizer URI: ${authorizerUri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
    );
  }
  if (type === 'TOKEN' && !identitySource) throw badRequest('Invalid Identity Source specified');
  if (type === 'REQUEST' && ttl > 0 && !identitySource) {
    throw badRequest('Identity sources are required if caching is enabled for an authorizer of type REQUEST');
  }
  const { authType, authorizerCredentials, identityValidationExpression } = given;
  return {
    id,
    name,
    type,
    ...(providerARNs && { providerARNs }),
    authType: authType ?? (type === 'COGNITO_USER_POOLS' ? 'cognito_user_pools' : 'custom'),
    ...(authorizerUri !== undefined && { authorizerUri }),
    ...(authorizerCredentials !== undefined && { authorizerCredentials }),
    ...(identitySource !== undefined && { identitySource }),
    ...(identityValidationExpression !== undefined && { identityValidationExpression }),
    ...(type !== 'COGNITO_USER_POOLS' || given.authorizerResultTtlInSeconds !== undefined
      ? { authorizerResultTtlInSeconds: ttl }
      : {}),
  };
}

export const createAuthorizer: Operation<'apigateway', 'CreateAuthorizer'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    if (!TYPES.includes(input.type)) throw notOneOf(input.type, 'createAuthorizerInput.type', TYPES);
    if ((await authorizers.list(tx, at, input.restApiId)).some((each) => each.name === input.name)) {
      throw badRequest(`Authorizer name must be unique. Authorizer ${input.name} already exists in this RestApi.`);
    }
    const authorizer = authorizerOf(context.ids.lower(6), input as AuthorizerInput);
    authorizers.put(tx, at, input.restApiId, authorizer);
    return authorizer as Authorizer;
  });
export const getAuthorizer: Operation<'apigateway', 'GetAuthorizer'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const authorizer = await authorizers.find(context.store, placeOf(context), input.restApiId, input.authorizerId);
  if (!authorizer) throw authorizerNotFound();
  return authorizer as Authorizer;
};
export const getAuthorizers: Operation<'apigateway', 'GetAuthorizers'> = async (input, context) => {
  await requireApi(context, input.restApiId);
  const { items, position } = pageOf(
    await authorizers.list(context.store, placeOf(context), input.restApiId),
    (each) => each.id,
    input,
  );
  return { items: items as Authorizer[], ...(position !== undefined && { position }) };
};
export const updateAuthorizer: Operation<'apigateway', 'UpdateAuthorizer'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    const authorizer = await authorizers.find(tx, at, input.restApiId, input.authorizerId);
    if (!authorizer) throw authorizerNotFound();
    applyPatch(authorizer, input.patchOperations, [
      textRule<AuthorizerRecord>('name'),
      textRule<AuthorizerRecord>('type'),
      textRule<AuthorizerRecord>('authType'),
      textRule<AuthorizerRecord>('authorizerUri'),
      textRule<AuthorizerRecord>('authorizerCredentials', ['replace', 'remove']),
      textRule<AuthorizerRecord>('identitySource', ['replace', 'remove']),
      textRule<AuthorizerRecord>('identityValidationExpression', ['replace', 'remove']),
      numberRule<AuthorizerRecord>('authorizerResultTtlInSeconds'),
      valueListRule<AuthorizerRecord>('providerARNs'),
      listRule<AuthorizerRecord>('providerARNs'),
    ]);
    const checked = authorizerOf(authorizer.id, authorizer);
    authorizers.put(tx, at, input.restApiId, checked);
    return checked as Authorizer;
  });
export const deleteAuthorizer: Operation<'apigateway', 'DeleteAuthorizer'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const at = placeOf(context);
    await requireApi(context, input.restApiId, tx);
    if (!(await authorizers.find(tx, at, input.restApiId, input.authorizerId))) throw authorizerNotFound();
    const all = await resources.list(tx, at, input.restApiId);
    if (
      all.some((each) =>
        Object.values(each.resourceMethods).some((method) => method.authorizerId === input.authorizerId),
      )
    ) {
      throw conflict(`Cannot delete authorizer '${input.authorizerId}', is referenced in method`);
    }
    authorizers.remove(tx, at, input.restApiId, input.authorizerId);
  });
  return {};
};
