import { domainsLeadingTo, removeApi } from '#gateway/index.ts';
import type { Operation } from '#kernel/service.ts';
import { describeApi, putNewApi, requireApi, settingsOf } from './api-settings.ts';
import { badRequest } from './errors.ts';
import { pageOf } from './page.ts';
import { deployChanges, republishStages } from './publish.ts';
import { quickCreate, updateQuickCreated } from './quick-create.ts';
import { apis, deleteBelow, deleteResponses, integrations, placeOf, routes } from './store.ts';

export const createApi: Operation<'apigatewayv2', 'CreateApi'> = async (input, context) => {
  const { ProtocolType, Target, RouteKey, CredentialsArn, Tags, ...given } = input;
  if (ProtocolType !== 'HTTP' && ProtocolType !== 'WEBSOCKET')
    throw badRequest('Invalid protocol specified. Must be one of [HTTP, WEBSOCKET]');
  const api = await context.store.transact(async (tx) => {
    const created = putNewApi(tx, context, given, Tags, ProtocolType);
    await quickCreate(tx, context, created, { Target, RouteKey, CredentialsArn });
    return created;
  });
  return describeApi(api, context);
};

export const getApi: Operation<'apigatewayv2', 'GetApi'> = async (input, context) =>
  describeApi(await requireApi(context, input.ApiId), context);

export const getApis: Operation<'apigatewayv2', 'GetApis'> = async (input, context) => {
  const all = await apis.list(context.store, placeOf(context), '');
  const { Items, ...next } = pageOf(all, (api) => api.ApiId, input);
  return { Items: Items.map((api) => describeApi(api, context)), ...next };
};

export const updateApi: Operation<'apigatewayv2', 'UpdateApi'> = async (input, context) => {
  const { ApiId, Target, RouteKey, CredentialsArn, ...given } = input;
  const api = await context.store.transact(async (tx) => {
    const before = await requireApi(context, ApiId, tx);
    const changed = settingsOf(before, { ...before, ...given });
    apis.put(tx, placeOf(context), '', changed);
    await updateQuickCreated(tx, context, changed, { Target, RouteKey, CredentialsArn });
    await republishStages(tx, context, changed);
    await deployChanges(tx, context, changed);
    return changed;
  });
  return describeApi(api, context);
};

export const deleteApi: Operation<'apigatewayv2', 'DeleteApi'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const api = await requireApi(context, input.ApiId, tx);
    if ((await domainsLeadingTo(tx, api.ApiId)).length > 0) {
      throw badRequest(
        `Deleting API ${api.ApiId} failed. Please remove all API mappings for the API from your custom domain names.`,
      );
    }
    apis.remove(tx, placeOf(context), '', api.ApiId);
    const at = placeOf(context);
    for (const { RouteId } of await routes.list(tx, at, api.ApiId)) await deleteResponses(tx, at, api.ApiId, RouteId);
    for (const { IntegrationId } of await integrations.list(tx, at, api.ApiId)) {
      await deleteResponses(tx, at, api.ApiId, IntegrationId);
    }
    await deleteBelow(tx, at, api.ApiId);
    await removeApi(tx, api.ApiId);
  });
  return {};
};

export const deleteCorsConfiguration: Operation<'apigatewayv2', 'DeleteCorsConfiguration'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const { CorsConfiguration: _removed, ...api } = await requireApi(context, input.ApiId, tx);
    apis.put(tx, placeOf(context), '', api);
    await deployChanges(tx, context, api);
  });
  return {};
};
