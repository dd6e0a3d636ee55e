// Route responses and integration responses: what goes back to the client of a two-way route.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { requireApi } from '../api-settings.ts';
import { badRequest, conflict, integrationNotFound, notOffered, responseNotFound, routeNotFound } from '../errors.ts';
import { pageOf } from '../page.ts';
import { deployChanges } from '../publish.ts';
import {
  integrationResponses,
  integrations,
  placeOf,
  routeResponses,
  routes,
  type ApiRecord,
  type IntegrationResponseRecord,
  type RouteResponseRecord,
} from '../store.ts';

const RESPONSE_KEY = /^(\$default|\/.+\/)$/;

async function requireWebSocketApi(context: Context, apiId: string, reader?: Reader): Promise<ApiRecord> {
  const api = await requireApi(context, apiId, reader);
  if (api.ProtocolType !== 'WEBSOCKET')
    throw badRequest('Responses are supported only for APIs with a protocol type of WEBSOCKET');
  return api;
}

function refuseUnheard(input: Record<string, unknown>): void {
  for (const member of [
    'ModelSelectionExpression',
    'ResponseModels',
    'ResponseParameters',
    'ContentHandlingStrategy',
  ]) {
    const value = input[member];
    if (value === undefined || (typeof value === 'object' && Object.keys(value ?? {}).length === 0)) continue;
    throw notOffered(`${member} of WebSocket responses`);
  }
}

export const createRouteResponse: Operation<'apigatewayv2', 'CreateRouteResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    const api = await requireWebSocketApi(context, input.ApiId, tx);
    refuseUnheard({ ...input });
    if (!(await routes.find(tx, at, api.ApiId, input.RouteId))) throw routeNotFound();
    if (input.RouteResponseKey !== '$default')
      throw badRequest('Invalid route response key specified. The only valid value is $default');
    const parent = `${api.ApiId}/${input.RouteId}`;
    if ((await routeResponses.list(tx, at, parent)).length > 0)
      throw conflict('Route response key already exists for this route');
    const response: RouteResponseRecord = {
      RouteResponseId: context.ids.lower(7),
      RouteResponseKey: input.RouteResponseKey,
    };
    routeResponses.put(tx, at, parent, response);
    await deployChanges(tx, context, api);
    return response;
  });

export const getRouteResponse: Operation<'apigatewayv2', 'GetRouteResponse'> = async (input, context) => {
  await requireWebSocketApi(context, input.ApiId);
  const parent = `${input.ApiId}/${input.RouteId}`;
  const response = await routeResponses.find(context.store, placeOf(context), parent, input.RouteResponseId);
  if (!response) throw responseNotFound();
  return response;
};

export const getRouteResponses: Operation<'apigatewayv2', 'GetRouteResponses'> = async (input, context) => {
  await requireWebSocketApi(context, input.ApiId);
  const all = await routeResponses.list(context.store, placeOf(context), `${input.ApiId}/${input.RouteId}`);
  return pageOf(all, (each) => each.RouteResponseId, input);
};

export const deleteRouteResponse: Operation<'apigatewayv2', 'DeleteRouteResponse'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const api = await requireWebSocketApi(context, input.ApiId, tx);
    const parent = `${input.ApiId}/${input.RouteId}`;
    if (!(await routeResponses.find(tx, placeOf(context), parent, input.RouteResponseId))) throw responseNotFound();
    routeResponses.remove(tx, placeOf(context), parent, input.RouteResponseId);
    await deployChanges(tx, context, api);
  });
  return {};
};

export const createIntegrationResponse: Operation<'apigatewayv2', 'CreateIntegrationResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    const api = await requireWebSocketApi(context, input.ApiId, tx);
    refuseUnheard({ ...input });
    if (!(await integrations.find(tx, at, api.ApiId, input.IntegrationId))) throw integrationNotFound();
    const { IntegrationResponseKey, ResponseTemplates, TemplateSelectionExpression } = input;
    if (!RESPONSE_KEY.test(IntegrationResponseKey)) throw badRequest('Invalid integration response key specified');
    const parent = `${api.ApiId}/${input.IntegrationId}`;
    const others = await integrationResponses.list(tx, at, parent);
    if (others.some((each) => each.IntegrationResponseKey === IntegrationResponseKey)) {
      throw conflict('Integration response key already exists for this integration');
    }
    const response: IntegrationResponseRecord = {
      IntegrationResponseId: context.ids.lower(7),
      IntegrationResponseKey,
      ...(ResponseTemplates && { ResponseTemplates }),
      ...(TemplateSelectionExpression && { TemplateSelectionExpression }),
    };
    integrationResponses.put(tx, at, parent, response);
    await deployChanges(tx, context, api);
    return response;
  });

export const getIntegrationResponse: Operation<'apigatewayv2', 'GetIntegrationResponse'> = async (input, context) => {
  await requireWebSocketApi(context, input.ApiId);
  const parent = `${input.ApiId}/${input.IntegrationId}`;
  const response = await integrationResponses.find(
    context.store,
    placeOf(context),
    parent,
    input.IntegrationResponseId,
  );
  if (!response) throw responseNotFound();
  return response;
};

export const getIntegrationResponses: Operation<'apigatewayv2', 'GetIntegrationResponses'> = async (input, context) => {
  await requireWebSocketApi(context, input.ApiId);
  const all = await integrationResponses.list(context.store, placeOf(context), `${input.ApiId}/${input.IntegrationId}`);
  return pageOf(all, (each) => each.IntegrationResponseId, input);
};

export const deleteIntegrationResponse: Operation<'apigatewayv2', 'DeleteIntegrationResponse'> = async (
  input,
  context,
) => {
  await context.store.transact(async (tx) => {
    const api = await requireWebSocketApi(context, input.ApiId, tx);
    const parent = `${input.ApiId}/${input.IntegrationId}`;
    const { IntegrationResponseId } = input;
    if (!(await integrationResponses.find(tx, placeOf(context), parent, IntegrationResponseId)))
      throw responseNotFound();
    integrationResponses.remove(tx, placeOf(context), parent, IntegrationResponseId);
    await deployChanges(tx, context, api);
  });
  return {};
};
