// Route responses: a route that has one is two-way. Their models describe what goes out; nothing is checked, as on AWS.
import type { RouteResponse } from '@aws-sdk/client-apigatewayv2';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { badRequest, conflict, notOffered, responseNotFound, routeNotFound } from '../errors.ts';
import { pageOf } from '../page.ts';
import { deployChanges } from '../publish.ts';
import { placeOf, routeResponses, routes, type ApiRecord, type RouteResponseRecord } from '../store.ts';
import { checkModels } from './models.ts';
import { requireWebSocketApi } from './require-api.ts';

interface RoutePath {
  ApiId: string | undefined;
  RouteId: string | undefined;
}

const parentOf = ({ ApiId, RouteId }: RoutePath): string => `${ApiId}/${RouteId}`;

async function requireRoute(
  context: Context,
  { ApiId = '', RouteId = '' }: RoutePath,
  reader?: Reader,
): Promise<ApiRecord> {
  const api = await requireWebSocketApi(context, ApiId, 'RouteResponse', reader);
  if (!(await routes.find(reader ?? context.store, placeOf(context), ApiId, RouteId))) throw routeNotFound();
  return api;
}

async function requireResponse(
  context: Context,
  path: RoutePath & { RouteResponseId: string | undefined },
  reader: Reader = context.store,
): Promise<RouteResponseRecord> {
  const found = await routeResponses.find(reader, placeOf(context), parentOf(path), path.RouteResponseId ?? '');
  if (!found) throw responseNotFound();
  return found;
}

/** A response with API Gateway's checks. */
async function responseOf(
  tx: Transaction,
  context: Context,
  apiId: string,
  { RouteResponseId }: Pick<RouteResponseRecord, 'RouteResponseId'>,
  given: RouteResponse,
): Promise<RouteResponseRecord> {
  const { RouteResponseKey = '', ModelSelectionExpression, ResponseModels = {}, ResponseParameters = {} } = given;
  if (RouteResponseKey !== '$default') {
    throw badRequest('Invalid route response key specified. The only valid value is $default');
  }
  if (Object.keys(ResponseParameters).length > 0) throw notOffered('parameters of WebSocket route responses');
  await checkModels(tx, context, apiId, ResponseModels);
  return {
    ...(ModelSelectionExpression && { ModelSelectionExpression }),
    ...(Object.keys(ResponseModels).length > 0 && { ResponseModels }),
    RouteResponseId,
    RouteResponseKey,
  };
}

export const createRouteResponse: Operation<'apigatewayv2', 'CreateRouteResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    const api = await requireRoute(context, input, tx);
    const response = await responseOf(tx, context, api.ApiId, { RouteResponseId: context.ids.lower(7) }, input);
    if ((await routeResponses.list(tx, placeOf(context), parentOf(input))).length > 0) {
      throw conflict('Route response key already exists for this route');
    }
    routeResponses.put(tx, placeOf(context), parentOf(input), response);
    await deployChanges(tx, context, api);
    return response;
  });

export const getRouteResponse: Operation<'apigatewayv2', 'GetRouteResponse'> = async (input, context) => {
  await requireRoute(context, input);
  return requireResponse(context, input);
};

export const getRouteResponses: Operation<'apigatewayv2', 'GetRouteResponses'> = async (input, context) => {
  await requireRoute(context, input);
  const all = await routeResponses.list(context.store, placeOf(context), parentOf(input));
  return pageOf(all, (each) => each.RouteResponseId, input);
};

export const updateRouteResponse: Operation<'apigatewayv2', 'UpdateRouteResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, RouteId: _route, RouteResponseId: _id, ...given } = input;
    const api = await requireRoute(context, input, tx);
    const before = await requireResponse(context, input, tx);
    const response = await responseOf(tx, context, ApiId ?? '', before, { ...before, ...given });
    routeResponses.put(tx, placeOf(context), parentOf(input), response);
    await deployChanges(tx, context, api);
    return response;
  });

export const deleteRouteResponse: Operation<'apigatewayv2', 'DeleteRouteResponse'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const api = await requireRoute(context, input, tx);
    const { RouteResponseId } = await requireResponse(context, input, tx);
    routeResponses.remove(tx, placeOf(context), parentOf(input), RouteResponseId);
    await deployChanges(tx, context, api);
  });
  return {};
};
