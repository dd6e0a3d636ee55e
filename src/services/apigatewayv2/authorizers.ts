import type { Authorizer } from '@aws-sdk/client-apigatewayv2';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { requireApi } from './api-settings.ts';
import { authorizerNotFound, badRequest, conflict } from './errors.ts';
import { isFunctionUri } from './integration-rules.ts';
import { pageOf } from './page.ts';
import { deployChanges } from './publish.ts';
import { authorizers, placeOf, routes, type AuthorizerRecord } from './store.ts';
import { webSocketAuthorizerOf } from './websocket/rules.ts';

const TTL_SECONDS_MAX = 3600;
/** Quota "Authorizers per API" */
const AUTHORIZERS_MAX = 10;
const JWT_SOURCE = /^\$request\.(header|querystring)\.[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/;
const REQUEST_SOURCE =
  /^(\$request\.(header|querystring)\.[A-Za-z0-9!#$%&'*+\-.^_`|~]+|\$context\.[A-Za-z0-9_.]+|\$stageVariables\.[A-Za-z0-9_]+)$/;

export type AuthorizerInput = Partial<Omit<Authorizer, 'AuthorizerId'>>;

/** Checks and defaults. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html */
export function authorizerOf(id: string, given: AuthorizerInput, isWebSocket: boolean): AuthorizerRecord {
  if (!given.Name) throw badRequest('Authorizer name cannot be empty');
  if (given.IdentityValidationExpression)
    throw badRequest('IdentityValidationExpression is not supported for HTTP APIs');
  if (isWebSocket) return webSocketAuthorizerOf(id, given, given.Name);
  if (given.AuthorizerType === 'JWT') return jwtAuthorizer(id, given, given.Name);
  if (given.AuthorizerType === 'REQUEST') return requestAuthorizer(id, given, given.Name);
  throw badRequest('Invalid authorizer type specified. Valid types are JWT and REQUEST');
}

function jwtAuthorizer(id: string, given: AuthorizerInput, Name: string): AuthorizerRecord {
  const { Issuer, Audience } = given.JwtConfiguration ?? {};
  if (!Issuer || !/^https?:\/\/[^\s/]+/.test(Issuer)) throw badRequest(`Invalid issuer: ${Issuer ?? ''}`);
  if (!Audience?.length) throw badRequest('JWT authorizers must have at least one audience');
  const IdentitySource = given.IdentitySource ?? [];
  if (IdentitySource.length !== 1 || !JWT_SOURCE.test(IdentitySource[0] ?? '')) {
    throw badRequest(
      'JWT authorizers must have exactly one identity source: $request.header.name or $request.querystring.name',
    );
  }
  return { AuthorizerId: id, AuthorizerType: 'JWT', IdentitySource, JwtConfiguration: { Audience, Issuer }, Name };
}

function requestAuthorizer(id: string, given: AuthorizerInput, Name: string): AuthorizerRecord {
  const { AuthorizerUri, AuthorizerCredentialsArn, AuthorizerPayloadFormatVersion, EnableSimpleResponses } = given;
  const ttlSeconds = given.AuthorizerResultTtlInSeconds ?? 0;
  const IdentitySource = given.IdentitySource ?? [];
  if (!AuthorizerUri || !isFunctionUri(AuthorizerUri)) throw badRequest('Invalid Authorizer URI specified');
  if (AuthorizerPayloadFormatVersion !== '1.0' && AuthorizerPayloadFormatVersion !== '2.0') {
    throw badRequest('AuthorizerPayloadFormatVersion is a required parameter for HTTP APIs: 1.0 or 2.0');
  }
  if (EnableSimpleResponses && AuthorizerPayloadFormatVersion !== '2.0') {
    throw badRequest('EnableSimpleResponses is only supported for the authorizer payload format version 2.0');
  }
  if (ttlSeconds < 0 || ttlSeconds > TTL_SECONDS_MAX) {
    throw badRequest(`Authorizer result TTL must be between 0 and ${TTL_SECONDS_MAX} seconds`);
  }
  if (ttlSeconds > 0 && IdentitySource.length === 0) {
    throw badRequest('Identity sources are required if caching is enabled for an authorizer of type REQUEST');
  }
  for (const source of IdentitySource) {
    if (!REQUEST_SOURCE.test(source)) throw badRequest(`Invalid identity source specified: ${source}`);
  }
  return {
    ...(AuthorizerCredentialsArn && { AuthorizerCredentialsArn }),
    AuthorizerId: id,
    AuthorizerPayloadFormatVersion,
    AuthorizerResultTtlInSeconds: ttlSeconds,
    AuthorizerType: 'REQUEST',
    AuthorizerUri,
    EnableSimpleResponses: EnableSimpleResponses ?? false,
    IdentitySource,
    Name,
  };
}

/** Adds or replaces an authorizer, for the API and for imports. */
export async function putAuthorizer(
  tx: Transaction,
  context: Context,
  apiId: string,
  input: AuthorizerInput,
  id: string = context.ids.lower(6),
): Promise<AuthorizerRecord> {
  const { ProtocolType } = await requireApi(context, apiId, tx);
  const authorizer = authorizerOf(id, input, ProtocolType === 'WEBSOCKET');
  const others = (await authorizers.list(tx, placeOf(context), apiId)).filter((each) => each.AuthorizerId !== id);
  if (others.some((each) => each.Name === authorizer.Name)) {
    throw badRequest(`Authorizer name must be unique. Authorizer ${authorizer.Name} already exists in this Api.`);
  }
  if (others.length >= AUTHORIZERS_MAX)
    throw badRequest('The maximum number of authorizers for this API has been reached');
  authorizers.put(tx, placeOf(context), apiId, authorizer);
  return authorizer;
}

async function requireAuthorizer(
  context: Context,
  apiId: string,
  id: string,
  reader?: Transaction,
): Promise<AuthorizerRecord> {
  await requireApi(context, apiId, reader);
  const authorizer = await authorizers.find(reader ?? context.store, placeOf(context), apiId, id);
  if (!authorizer) throw authorizerNotFound();
  return authorizer;
}

export const createAuthorizer: Operation<'apigatewayv2', 'CreateAuthorizer'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, ...rest } = input;
    const api = await requireApi(context, ApiId, tx);
    const authorizer = await putAuthorizer(tx, context, ApiId, rest);
    await deployChanges(tx, context, api);
    return authorizer;
  });

export const getAuthorizer: Operation<'apigatewayv2', 'GetAuthorizer'> = (input, context) =>
  requireAuthorizer(context, input.ApiId, input.AuthorizerId);

export const getAuthorizers: Operation<'apigatewayv2', 'GetAuthorizers'> = async (input, context) => {
  await requireApi(context, input.ApiId);
  const all = await authorizers.list(context.store, placeOf(context), input.ApiId);
  return pageOf(all, (each) => each.AuthorizerId, input);
};

export const updateAuthorizer: Operation<'apigatewayv2', 'UpdateAuthorizer'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, AuthorizerId, ...rest } = input;
    const api = await requireApi(context, ApiId, tx);
    const before = await requireAuthorizer(context, ApiId, AuthorizerId, tx);
    const authorizer = await putAuthorizer(tx, context, ApiId, { ...before, ...rest }, AuthorizerId);
    await deployChanges(tx, context, api);
    return authorizer;
  });

export const deleteAuthorizer: Operation<'apigatewayv2', 'DeleteAuthorizer'> = async (input, context) => {
  const { ApiId, AuthorizerId } = input;
  await context.store.transact(async (tx) => {
    const api = await requireApi(context, ApiId, tx);
    await requireAuthorizer(context, ApiId, AuthorizerId, tx);
    const using = (await routes.list(tx, placeOf(context), ApiId)).find((route) => route.AuthorizerId === AuthorizerId);
    if (using) throw conflict(`Cannot delete authorizer '${AuthorizerId}', is referenced in route: ${using.RouteKey}`);
    authorizers.remove(tx, placeOf(context), ApiId, AuthorizerId);
    await deployChanges(tx, context, api);
  });
  return {};
};
