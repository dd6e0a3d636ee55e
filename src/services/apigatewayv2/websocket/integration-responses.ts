// Integration responses: what becomes of a backend's answer, by its status or error message.
import type { IntegrationResponse } from '@aws-sdk/client-apigatewayv2';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { badRequest, conflict, integrationNotFound, notOffered, responseNotFound } from '../errors.ts';
import { pageOf } from '../page.ts';
import { deployChanges } from '../publish.ts';
import {
  integrationResponses,
  integrations,
  placeOf,
  type ApiRecord,
  type IntegrationResponseRecord,
} from '../store.ts';
import { requireWebSocketApi } from './require-api.ts';
import { checkContentHandling } from './rules.ts';

const RESPONSE_KEY = /^(\$default|\/.+\/)$/s;

interface IntegrationPath {
  ApiId: string | undefined;
  IntegrationId: string | undefined;
}

const parentOf = ({ ApiId, IntegrationId }: IntegrationPath): string => `${ApiId}/${IntegrationId}`;

async function requireIntegration(
  context: Context,
  { ApiId = '', IntegrationId = '' }: IntegrationPath,
  reader?: Reader,
): Promise<ApiRecord> {
  const api = await requireWebSocketApi(context, ApiId, 'IntegrationResponse', reader);
  const found = await integrations.find(reader ?? context.store, placeOf(context), ApiId, IntegrationId);
  if (!found) throw integrationNotFound();
  return api;
}

async function requireResponse(
  context: Context,
  path: IntegrationPath & { IntegrationResponseId: string | undefined },
  reader: Reader = context.store,
): Promise<IntegrationResponseRecord> {
  const id = path.IntegrationResponseId ?? '';
  const found = await integrationResponses.find(reader, placeOf(context), parentOf(path), id);
  if (!found) throw responseNotFound();
  return found;
}

/** A response with API Gateway's checks; `others` has none with its key. */
function responseOf(
  id: string,
  given: IntegrationResponse,
  others: readonly IntegrationResponseRecord[],
): IntegrationResponseRecord {
  const { IntegrationResponseKey = '', ContentHandlingStrategy, TemplateSelectionExpression } = given;
  const { ResponseParameters = {}, ResponseTemplates = {} } = given;
  if (!RESPONSE_KEY.test(IntegrationResponseKey)) throw badRequest('Invalid integration response key specified');
  if (Object.keys(ResponseParameters).length > 0) throw notOffered('parameters of WebSocket integration responses');
  checkContentHandling(ContentHandlingStrategy);
  if (others.some((each) => each.IntegrationResponseKey === IntegrationResponseKey)) {
    throw conflict('Integration response key already exists for this integration');
  }
  return {
    ...(ContentHandlingStrategy && { ContentHandlingStrategy }),
    IntegrationResponseId: id,
    IntegrationResponseKey,
    ...(Object.keys(ResponseTemplates).length > 0 && { ResponseTemplates }),
    ...(TemplateSelectionExpression && { TemplateSelectionExpression }),
  };
}

export const createIntegrationResponse: Operation<'apigatewayv2', 'CreateIntegrationResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    const api = await requireIntegration(context, input, tx);
    const others = await integrationResponses.list(tx, at, parentOf(input));
    const response = responseOf(context.ids.lower(7), input, others);
    integrationResponses.put(tx, at, parentOf(input), response);
    await deployChanges(tx, context, api);
    return response;
  });

export const getIntegrationResponse: Operation<'apigatewayv2', 'GetIntegrationResponse'> = async (input, context) => {
  await requireIntegration(context, input);
  return requireResponse(context, input);
};

export const getIntegrationResponses: Operation<'apigatewayv2', 'GetIntegrationResponses'> = async (input, context) => {
  await requireIntegration(context, input);
  const all = await integrationResponses.list(context.store, placeOf(context), parentOf(input));
  return pageOf(all, (each) => each.IntegrationResponseId, input);
};

export const updateIntegrationResponse: Operation<'apigatewayv2', 'UpdateIntegrationResponse'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId: _api, IntegrationId: _integration, IntegrationResponseId: id, ...given } = input;
    const at = placeOf(context);
    const api = await requireIntegration(context, input, tx);
    const before = await requireResponse(context, input, tx);
    const all = await integrationResponses.list(tx, at, parentOf(input));
    const others = all.filter((each) => each.IntegrationResponseId !== id);
    const response = responseOf(before.IntegrationResponseId, { ...before, ...given }, others);
    integrationResponses.put(tx, at, parentOf(input), response);
    await deployChanges(tx, context, api);
    return response;
  });

export const deleteIntegrationResponse: Operation<'apigatewayv2', 'DeleteIntegrationResponse'> = async (
  input,
  context,
) => {
  await context.store.transact(async (tx) => {
    const api = await requireIntegration(context, input, tx);
    const { IntegrationResponseId } = await requireResponse(context, input, tx);
    integrationResponses.remove(tx, placeOf(context), parentOf(input), IntegrationResponseId);
    await deployChanges(tx, context, api);
  });
  return {};
};
