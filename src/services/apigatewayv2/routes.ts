import type { Route } from '@aws-sdk/client-apigatewayv2';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { requireApi } from './api-settings.ts';
import { authorizerRequired, badRequest, requestParameterNotFound, routeNotFound, webSocketOnly } from './errors.ts';
import { pageOf } from './page.ts';
import { deployChanges } from './publish.ts';
import { checkRouteKey, refuseSameRoute } from './route-key.ts';
import { authorizers, deleteResponses, integrations, placeOf, routes, type RouteRecord } from './store.ts';
import { checkModels } from './websocket/models.ts';
import { webSocketRouteOf } from './websocket/rules.ts';

/** Quota "Routes per API" */
const ROUTES_MAX = 300;
const SCOPES_MAX = 10;
const WEB_SOCKET_ONLY = [
  'ModelSelectionExpression',
  'RequestModels',
  'RequestParameters',
  'RouteResponseSelectionExpression',
] as const;

/** What a caller may say about a route. */
export type RouteInput = Partial<Omit<Route, 'RouteId' | 'ApiGatewayManaged'>>;

/** A route of an HTTP API with API Gateway's defaults. */
function httpRouteOf(before: Pick<RouteRecord, 'RouteId'> & Partial<RouteRecord>, input: RouteInput): RouteRecord {
  for (const member of WEB_SOCKET_ONLY) if (input[member] !== undefined) throw webSocketOnly(member);
  if (input.ApiKeyRequired) throw webSocketOnly('ApiKeyRequired');
  const { RouteKey, AuthorizationType, AuthorizerId, AuthorizationScopes, OperationName, Target } = {
    ...before,
    ...input,
  };
  const route: RouteRecord = {
    RouteId: before.RouteId,
    RouteKey: RouteKey ?? '',
    ApiKeyRequired: false,
    AuthorizationType: AuthorizationType ?? 'NONE',
    ...(before.ApiGatewayManaged && { ApiGatewayManaged: true }),
    ...(AuthorizationScopes?.length && { AuthorizationScopes }),
    ...(AuthorizerId && { AuthorizerId }),
    ...(OperationName && { OperationName }),
    ...(Target && { Target }),
  };
  checkRouteKey(route.RouteKey);
  return route;
}

/** A route, checked against its API; `all` has its routes, where somebody knows them already. */
async function routeOf(
  tx: Transaction,
  context: Context,
  apiId: string,
  before: Pick<RouteRecord, 'RouteId'> & Partial<RouteRecord>,
  input: RouteInput,
  all?: readonly RouteRecord[],
): Promise<RouteRecord> {
  const api = await requireApi(context, apiId, tx);
  const isWebSocket = api.ProtocolType === 'WEBSOCKET';
  const route = isWebSocket ? webSocketRouteOf(before, { ...before, ...input }) : httpRouteOf(before, input);
  const known = all ?? (await routes.list(tx, placeOf(context), apiId));
  const others = known.filter((each) => each.RouteId !== route.RouteId);
  if (others.length >= ROUTES_MAX)
    throw badRequest(`The maximum number of routes for this API has been reached: ${ROUTES_MAX}`);
  refuseSameRoute(
    route.RouteKey,
    others.map((each) => each.RouteKey),
  );
  await checkTarget(tx, context, apiId, route.Target);
  if (isWebSocket) await checkModels(tx, context, apiId, route.RequestModels ?? {});
  await checkAuthorization(tx, context, apiId, route);
  return route;
}

async function checkTarget(
  tx: Transaction,
  context: Context,
  apiId: string,
  target: string | undefined,
): Promise<void> {
  if (target === undefined) return;
  const id = /^integrations\/([a-z0-9]+)$/.exec(target)?.[1];
  if (id === undefined || !(await integrations.find(tx, placeOf(context), apiId, id))) {
    throw badRequest(
      `Invalid target specified: ${target}. The target must be integrations/{integrationId} of this API.`,
    );
  }
}

async function checkAuthorization(
  tx: Transaction,
  context: Context,
  apiId: string,
  { AuthorizationType: type, AuthorizerId, AuthorizationScopes }: RouteRecord,
): Promise<void> {
  if (!['NONE', 'AWS_IAM', 'CUSTOM', 'JWT'].includes(type)) {
    throw badRequest(`Invalid authorization type specified: ${type}. Valid types are AWS_IAM, CUSTOM, JWT and NONE`);
  }
  if (AuthorizationScopes && type !== 'JWT') {
    throw badRequest('Authorization scopes are supported only for the authorization type JWT');
  }
  if (AuthorizationScopes && AuthorizationScopes.length > SCOPES_MAX) {
    throw badRequest(`At most ${SCOPES_MAX} authorization scopes can be set for a route`);
  }
  if (type !== 'CUSTOM' && type !== 'JWT') return;
  const authorizer = AuthorizerId && (await authorizers.find(tx, placeOf(context), apiId, AuthorizerId));
  const kind = type === 'JWT' ? 'JWT' : 'REQUEST';
  if (!authorizer || authorizer.AuthorizerType !== kind) {
    throw authorizerRequired(type, type === 'JWT' ? 'JWT authorizer' : 'CUSTOM authorizer');
  }
}

/**
 * Adds a route, for CreateRoute, quick create and imports; `id` keeps that of a route that an import replaces, `all` has the
 * API's routes.
 */
export async function putRoute(
  tx: Transaction,
  context: Context,
  apiId: string,
  input: RouteInput & { RouteKey: string },
  given: { id?: string | undefined; isManaged?: boolean; all?: readonly RouteRecord[] } = {},
): Promise<RouteRecord> {
  const before = { RouteId: given.id ?? context.ids.lower(7), ...(given.isManaged && { ApiGatewayManaged: true }) };
  const route = await routeOf(tx, context, apiId, before, input, given.all);
  routes.put(tx, placeOf(context), apiId, route);
  return route;
}

async function requireRoute(context: Context, apiId: string, id: string, reader?: Transaction): Promise<RouteRecord> {
  await requireApi(context, apiId, reader);
  const route = await routes.find(reader ?? context.store, placeOf(context), apiId, id);
  if (!route) throw routeNotFound();
  return route;
}

export const createRoute: Operation<'apigatewayv2', 'CreateRoute'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, ...rest } = input;
    const api = await requireApi(context, ApiId, tx);
    const route = await putRoute(tx, context, ApiId, rest);
    await deployChanges(tx, context, api);
    return route;
  });

export const getRoute: Operation<'apigatewayv2', 'GetRoute'> = (input, context) =>
  requireRoute(context, input.ApiId, input.RouteId);

export const getRoutes: Operation<'apigatewayv2', 'GetRoutes'> = async (input, context) => {
  await requireApi(context, input.ApiId);
  const all = await routes.list(context.store, placeOf(context), input.ApiId);
  return pageOf(all, (each) => each.RouteId, input);
};

export const updateRoute: Operation<'apigatewayv2', 'UpdateRoute'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, RouteId, ...rest } = input;
    const api = await requireApi(context, ApiId, tx);
    const before = await requireRoute(context, ApiId, RouteId, tx);
    // "You can't modify the $default route key" of a quick-created API (API reference, Route).
    if (before.ApiGatewayManaged && rest.RouteKey !== undefined && rest.RouteKey !== before.RouteKey) {
      throw badRequest('The route key of a route that is managed by API Gateway cannot be changed');
    }
    const route = await routeOf(tx, context, ApiId, before, rest);
    // An authorizer belongs to the type it was set for.
    if (route.AuthorizationType === 'NONE' || route.AuthorizationType === 'AWS_IAM') delete route.AuthorizerId;
    routes.put(tx, placeOf(context), ApiId, route);
    await deployChanges(tx, context, api);
    return route;
  });

export const deleteRoute: Operation<'apigatewayv2', 'DeleteRoute'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const api = await requireApi(context, input.ApiId, tx);
    await requireRoute(context, input.ApiId, input.RouteId, tx);
    routes.remove(tx, placeOf(context), input.ApiId, input.RouteId);
    await deleteResponses(tx, placeOf(context), input.ApiId, input.RouteId);
    await deployChanges(tx, context, api);
  });
  return {};
};

export const deleteRouteRequestParameter: Operation<'apigatewayv2', 'DeleteRouteRequestParameter'> = async (
  input,
  context,
) => {
  const { ApiId, RouteId, RequestParameterKey } = input;
  await context.store.transact(async (tx) => {
    const api = await requireApi(context, ApiId, tx);
    const route = await requireRoute(context, ApiId, RouteId, tx);
    const { [RequestParameterKey]: removed, ...RequestParameters } = route.RequestParameters ?? {};
    if (!removed) throw requestParameterNotFound();
    routes.put(tx, placeOf(context), ApiId, await routeOf(tx, context, ApiId, route, { RequestParameters }));
    await deployChanges(tx, context, api);
  });
  return {};
};
