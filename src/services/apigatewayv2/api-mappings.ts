// Which API and stage a path of a custom domain leads to: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
import { findPublishedApi } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { publishMappings, requireDomain } from './domain-names.ts';
import { apiNotFound, badRequest, conflict, mappingNotFound, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { apiMappings, placeOf, type ApiMappingRecord } from './store.ts';

/** Several levels are allowed, without slashes at the ends. */
const MAPPING_KEY = /^[A-Za-z0-9$\-_.+!*'()]+(\/[A-Za-z0-9$\-_.+!*'()]+)*$/;
const MAPPING_KEY_MAX = 300;

async function checkMapping(
  tx: Transaction,
  context: Context,
  domainName: string,
  { ApiId, ApiMappingId, ApiMappingKey = '', Stage }: ApiMappingRecord,
): Promise<void> {
  if (ApiMappingKey !== '' && (!MAPPING_KEY.test(ApiMappingKey) || ApiMappingKey.length > MAPPING_KEY_MAX)) {
    throw badRequest(`Invalid API mapping key specified: ${ApiMappingKey}`);
  }
  // REST APIs may be mapped as well: the index of published APIs knows both.
  const api = await findPublishedApi(tx, ApiId);
  if (!api || api.accountId !== context.accountId || api.region !== context.region) {
    throw apiNotFound(context.accountId, ApiId);
  }
  if (!api.stageNames.includes(Stage)) throw stageNotFound();
  const others = await apiMappings.list(tx, placeOf(context), domainName);
  if (others.some((other) => other.ApiMappingId !== ApiMappingId && (other.ApiMappingKey ?? '') === ApiMappingKey)) {
    throw conflict('ApiMapping key already exists for this domain name');
  }
}

async function requireMapping(
  reader: Reader,
  context: Context,
  domainName: string,
  id: string,
): Promise<ApiMappingRecord> {
  const mapping = await apiMappings.find(reader, placeOf(context), domainName, id);
  if (!mapping) throw mappingNotFound();
  return mapping;
}

export const createApiMapping: Operation<'apigatewayv2', 'CreateApiMapping'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { DomainName: name } = await requireDomain(tx, context, input.DomainName);
    const mapping: ApiMappingRecord = {
      ApiId: input.ApiId,
      ApiMappingId: context.ids.lower(6),
      ...(input.ApiMappingKey && { ApiMappingKey: input.ApiMappingKey }),
      Stage: input.Stage,
    };
    await checkMapping(tx, context, name, mapping);
    apiMappings.put(tx, placeOf(context), name, mapping);
    await publishMappings(tx, context, name);
    return mapping;
  });

export const getApiMapping: Operation<'apigatewayv2', 'GetApiMapping'> = async (input, context) => {
  const { DomainName: name } = await requireDomain(context.store, context, input.DomainName);
  return requireMapping(context.store, context, name, input.ApiMappingId);
};

export const getApiMappings: Operation<'apigatewayv2', 'GetApiMappings'> = async (input, context) => {
  const { DomainName: name } = await requireDomain(context.store, context, input.DomainName);
  const all = await apiMappings.list(context.store, placeOf(context), name);
  return pageOf(all, (mapping) => mapping.ApiMappingId, input);
};

export const updateApiMapping: Operation<'apigatewayv2', 'UpdateApiMapping'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { DomainName: name } = await requireDomain(tx, context, input.DomainName);
    const before = await requireMapping(tx, context, name, input.ApiMappingId);
    const { ApiMappingKey = before.ApiMappingKey, Stage = before.Stage } = input;
    const mapping: ApiMappingRecord = {
      ApiId: input.ApiId,
      ApiMappingId: before.ApiMappingId,
      ...(ApiMappingKey && { ApiMappingKey }),
      Stage,
    };
    await checkMapping(tx, context, name, mapping);
    apiMappings.put(tx, placeOf(context), name, mapping);
    await publishMappings(tx, context, name);
    return mapping;
  });

export const deleteApiMapping: Operation<'apigatewayv2', 'DeleteApiMapping'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const { DomainName: name } = await requireDomain(tx, context, input.DomainName);
    const { ApiMappingId } = await requireMapping(tx, context, name, input.ApiMappingId);
    apiMappings.remove(tx, placeOf(context), name, ApiMappingId);
    await publishMappings(tx, context, name);
  });
  return {};
};
