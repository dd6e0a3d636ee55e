// Which API and stage a path of a custom domain leads to: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-mappings.html
import type { ApiMapping } from '@aws-sdk/client-apigatewayv2';
import { findPublishedApi, putDomain, requireDomain, type Domain, type DomainMapping } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { apiNotFound, badRequest, conflict, mappingNotFound, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';

/** Several levels are allowed, without slashes at the ends. */
const MAPPING_KEY = /^[A-Za-z0-9$\-_.+!*'()]+(\/[A-Za-z0-9$\-_.+!*'()]+)*$/;
const MAPPING_KEY_MAX = 300;
/** Quota "API mappings per domain" */
const MAPPINGS_MAX = 200;

const describe = ({ id, path, apiId, stage }: DomainMapping): ApiMapping => ({
  ApiId: apiId,
  ApiMappingId: id,
  ...(path !== '' && { ApiMappingKey: path }),
  // A mapping that REST APIs made may leave the stage to the path.
  Stage: stage ?? '',
});

/** REST and WebSocket APIs may be mapped as well: the index of published APIs knows all. */
export async function checkTarget(tx: Transaction, context: Context, apiId: string, stage: string): Promise<void> {
  const api = await findPublishedApi(tx, apiId);
  if (!api || api.accountId !== context.accountId || api.region !== context.region) {
    throw apiNotFound(context.accountId, apiId);
  }
  if (!api.stageNames.includes(stage)) throw stageNotFound();
}

function checkKeyText(path: string): void {
  if (path !== '' && (!MAPPING_KEY.test(path) || path.length > MAPPING_KEY_MAX)) {
    throw badRequest(`Invalid API mapping key specified: ${path}`);
  }
}

function refuseTaken({ mappings }: Domain, { id, path }: DomainMapping): void {
  if (mappings.some((other) => other.id !== id && other.path === path)) {
    throw conflict('ApiMapping key already exists for this domain name');
  }
}

function requireMapping({ mappings }: Domain, id: string): DomainMapping {
  const mapping = mappings.find((each) => each.id === id);
  if (!mapping) throw mappingNotFound();
  return mapping;
}

export const createApiMapping: Operation<'apigatewayv2', 'CreateApiMapping'> = (input, context) =>
  context.store.transact(async (tx) => {
    const domain = await requireDomain(tx, context, input.DomainName);
    const mapping: DomainMapping = {
      id: context.ids.lower(6),
      path: input.ApiMappingKey ?? '',
      apiId: input.ApiId,
      stage: input.Stage,
    };
    checkKeyText(mapping.path);
    await checkTarget(tx, context, input.ApiId, input.Stage);
    refuseTaken(domain, mapping);
    if (domain.mappings.length >= MAPPINGS_MAX) {
      throw badRequest('Maximum number of API mappings for this domain name has been reached.');
    }
    putDomain(tx, { ...domain, mappings: [...domain.mappings, mapping] });
    return describe(mapping);
  });

export const getApiMapping: Operation<'apigatewayv2', 'GetApiMapping'> = async (input, context) =>
  describe(requireMapping(await requireDomain(context.store, context, input.DomainName), input.ApiMappingId));

export const getApiMappings: Operation<'apigatewayv2', 'GetApiMappings'> = async (input, context) => {
  const { mappings } = await requireDomain(context.store, context, input.DomainName);
  const { Items, ...next } = pageOf(mappings, (mapping) => mapping.id, input);
  return { Items: Items.map(describe), ...next };
};

export const updateApiMapping: Operation<'apigatewayv2', 'UpdateApiMapping'> = (input, context) =>
  context.store.transact(async (tx) => {
    const domain = await requireDomain(tx, context, input.DomainName);
    const before = requireMapping(domain, input.ApiMappingId);
    const stage = input.Stage ?? before.stage;
    const mapping: DomainMapping = {
      id: before.id,
      path: input.ApiMappingKey ?? before.path,
      apiId: input.ApiId,
      ...(stage !== undefined && { stage }),
    };
    checkKeyText(mapping.path);
    await checkTarget(tx, context, mapping.apiId, stage ?? '');
    refuseTaken(domain, mapping);
    putDomain(tx, { ...domain, mappings: domain.mappings.map((each) => (each === before ? mapping : each)) });
    return describe(mapping);
  });

export const deleteApiMapping: Operation<'apigatewayv2', 'DeleteApiMapping'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const domain = await requireDomain(tx, context, input.DomainName);
    const gone = requireMapping(domain, input.ApiMappingId);
    putDomain(tx, { ...domain, mappings: domain.mappings.filter((each) => each !== gone) });
  });
  return {};
};
