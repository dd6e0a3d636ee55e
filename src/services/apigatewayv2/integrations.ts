import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { requireApi } from './api-settings.ts';
import { conflict, integrationNotFound } from './errors.ts';
import { integrationOf, type IntegrationInput } from './integration-rules.ts';
import { pageOf } from './page.ts';
import { deployChanges } from './publish.ts';
import { deleteResponses, integrations, placeOf, routes, type IntegrationRecord } from './store.ts';
import { webSocketIntegrationOf } from './websocket/rules.ts';

/** Adds an integration, for CreateIntegration, quick create and imports. */
export function putIntegration(
  tx: Transaction,
  context: Context,
  apiId: string,
  input: IntegrationInput,
  given: { isManaged?: boolean } = {},
): IntegrationRecord {
  const kept = { IntegrationId: context.ids.lower(7), ApiGatewayManaged: given.isManaged };
  const integration = integrationOf(context, kept, input);
  integrations.put(tx, placeOf(context), apiId, integration);
  return integration;
}

async function requireIntegration(
  context: Context,
  apiId: string,
  id: string,
  reader?: Transaction,
): Promise<IntegrationRecord> {
  await requireApi(context, apiId, reader);
  const integration = await integrations.find(reader ?? context.store, placeOf(context), apiId, id);
  if (!integration) throw integrationNotFound();
  return integration;
}

export const createIntegration: Operation<'apigatewayv2', 'CreateIntegration'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, ...rest } = input;
    const api = await requireApi(context, ApiId, tx);
    const integration =
      api.ProtocolType === 'WEBSOCKET'
        ? webSocketIntegrationOf(context, { IntegrationId: context.ids.lower(7) }, rest)
        : putIntegration(tx, context, ApiId, rest);
    integrations.put(tx, placeOf(context), ApiId, integration);
    await deployChanges(tx, context, api);
    return integration;
  });

export const getIntegration: Operation<'apigatewayv2', 'GetIntegration'> = (input, context) =>
  requireIntegration(context, input.ApiId, input.IntegrationId);

export const getIntegrations: Operation<'apigatewayv2', 'GetIntegrations'> = async (input, context) => {
  await requireApi(context, input.ApiId);
  const all = await integrations.list(context.store, placeOf(context), input.ApiId);
  return pageOf(all, (each) => each.IntegrationId, input);
};

export const updateIntegration: Operation<'apigatewayv2', 'UpdateIntegration'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { ApiId, IntegrationId, ...rest } = input;
    const api = await requireApi(context, ApiId, tx);
    const before = await requireIntegration(context, ApiId, IntegrationId, tx);
    const changed = { ...before, ...rest };
    const integration =
      api.ProtocolType === 'WEBSOCKET'
        ? webSocketIntegrationOf(context, before, changed)
        : integrationOf(context, before, changed);
    integrations.put(tx, placeOf(context), ApiId, integration);
    await deployChanges(tx, context, api);
    return integration;
  });

export const deleteIntegration: Operation<'apigatewayv2', 'DeleteIntegration'> = async (input, context) => {
  const { ApiId, IntegrationId } = input;
  await context.store.transact(async (tx) => {
    const api = await requireApi(context, ApiId, tx);
    const integration = await requireIntegration(context, ApiId, IntegrationId, tx);
    // "You can update a managed integration, but you can't delete it" (API reference, Integration).
    if (integration.ApiGatewayManaged) {
      throw conflict(`Cannot delete Integration ${IntegrationId}, it is managed by API Gateway`);
    }
    const using = await routes.list(tx, placeOf(context), ApiId);
    if (using.some((route) => route.Target === `integrations/${IntegrationId}`)) {
      throw conflict(`Cannot delete Integration ${IntegrationId}, it is referenced by a Route`);
    }
    integrations.remove(tx, placeOf(context), ApiId, IntegrationId);
    await deleteResponses(tx, placeOf(context), ApiId, IntegrationId);
    await deployChanges(tx, context, api);
  });
  return {};
};
