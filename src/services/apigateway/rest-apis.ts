import type { CreateRestApiRequest, RestApi } from '@aws-sdk/client-api-gateway';
import { domainsLeadingTo, publishApi, removeApi } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { cloneInto } from './clone.ts';
import { apiNotFound, badRequest, invalidValue, notOneOf } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, booleanRule, listRule, textRule, toNumber, type PatchRule } from './patch.ts';
import { republishStages } from './publish.ts';
import { checkCompression, checkKeySource, checkPolicy, checkSecurity, endpointOf } from './rest-api-rules.ts';
import {
  deleteBelow,
  models,
  placeOf,
  resources,
  restApis,
  type ModelRecord,
  type ResourceRecord,
  type RestApiRecord,
} from './store.ts';
import { checkTags } from './tags.ts';

/** The record as the API answers it. */
export const describeApi = (api: RestApiRecord): RestApi => ({
  ...(api as unknown as RestApi),
  // AWS answers the policy escaped, as if it stood in a JSON text already; clients count on it.
  ...(api.policy !== undefined && { policy: JSON.stringify(api.policy).slice(1, -1).replaceAll('/', '\\/') }),
  createdDate: new Date(Math.floor(api.createdDate / 1000) * 1000),
});

export async function requireApi(
  context: Context,
  id: string,
  reader: Pick<Transaction, 'get'> = context.store,
): Promise<RestApiRecord> {
  const api = await restApis.find(reader as Transaction, placeOf(context), '', id);
  if (!api) throw apiNotFound(context.accountId, id);
  return api;
}

/** Every new API has these two (API Gateway developer guide, "Data models"). */
const defaultModels = (context: Context): ModelRecord[] => [
  {
    id: context.ids.lower(6),
    name: 'Empty',
    description: 'This is a default empty schema model',
    contentType: 'application/json',
    schema:
      '{\n  "$schema": "http://json-schema.org/draft-04/schema#",\n  "title" : "Empty Schema",\n  "type" : "object"\n}',
  },
  {
    id: context.ids.lower(6),
    name: 'Error',
    description: 'This is a default error schema model',
    contentType: 'application/json',
    schema:
      '{\n  "$schema" : "http://json-schema.org/draft-04/schema#",\n  "title" : "Error Schema",\n  "type" : "object",\n  "properties" : {\n    "message" : { "type" : "string" }\n  }\n}',
  },
];

export interface NewApi {
  name: string;
  description?: string | undefined;
  version?: string | undefined;
  binaryMediaTypes?: string[] | undefined;
  minimumCompressionSize?: number | undefined;
  apiKeySource?: string | undefined;
  endpointConfiguration?: { types?: string[]; vpcEndpointIds?: string[]; ipAddressType?: string } | undefined;
  policy?: string | undefined;
  tags?: Record<string, string> | undefined;
  disableExecuteApiEndpoint?: boolean | undefined;
  securityPolicy?: string | undefined;
  endpointAccessMode?: string | undefined;
}

/** A new API with its root resource and default models. */
export function putNewApi(tx: Transaction, context: Context, given: NewApi, { isClone = false } = {}): RestApiRecord {
  if (given.name === '') throw badRequest('Rest API name cannot be empty');
  checkCompression(given.minimumCompressionSize);
  checkPolicy(given.policy);
  checkKeySource(given.apiKeySource);
  checkTags(given.tags ?? {});
  const at = placeOf(context);
  const root: ResourceRecord = { id: context.ids.lower(10), path: '/', resourceMethods: {} };
  const api: RestApiRecord = {
    id: context.ids.lower(10),
    name: given.name,
    ...(given.description !== undefined && { description: given.description }),
    createdDate: context.clock.now(),
    ...(given.version !== undefined && { version: given.version }),
    ...(given.binaryMediaTypes?.length && { binaryMediaTypes: given.binaryMediaTypes }),
    ...(given.minimumCompressionSize !== undefined && { minimumCompressionSize: given.minimumCompressionSize }),
    apiKeySource: (given.apiKeySource ?? 'HEADER') as 'HEADER',
    endpointConfiguration: endpointOf(given.endpointConfiguration),
    ...(given.policy !== undefined && { policy: given.policy }),
    ...(given.tags && Object.keys(given.tags).length > 0 && { tags: given.tags }),
    disableExecuteApiEndpoint: given.disableExecuteApiEndpoint ?? false,
    rootResourceId: root.id,
    ...(given.securityPolicy !== undefined && { securityPolicy: given.securityPolicy }),
    ...(given.endpointAccessMode !== undefined && { endpointAccessMode: given.endpointAccessMode as 'BASIC' }),
  };
  checkSecurity(api);
  restApis.put(tx, at, '', api);
  resources.put(tx, at, api.id, root);
  // A clone has the models of its source.
  if (!isClone) for (const model of defaultModels(context)) models.put(tx, at, api.id, model);
  publishApi(tx, { kind: 'REST', ...at, apiId: api.id });
  return api;
}

const KEY_SOURCES = ['AUTHORIZER', 'HEADER'];
const ENDPOINT_TYPES = ['PRIVATE', 'EDGE', 'REGIONAL'];

/** What the front checks before the service looks. */
function checkInput({ apiKeySource, endpointConfiguration }: Omit<CreateRestApiRequest, 'name'>): void {
  if (apiKeySource !== undefined && !KEY_SOURCES.includes(apiKeySource)) {
    throw notOneOf(apiKeySource, 'createRestApiInput.apiKeySource', KEY_SOURCES);
  }
  const types = endpointConfiguration?.types ?? [];
  if (types.some((type) => !ENDPOINT_TYPES.includes(type))) {
    throw invalidValue(
      `[${types.join(', ')}]`,
      'createRestApiInput.endpointConfiguration.types',
      `Member must satisfy constraint: [Member must satisfy enum value set: [${ENDPOINT_TYPES.join(', ')}]]`,
    );
  }
}

export const createRestApi: Operation<'apigateway', 'CreateRestApi'> = async (input, context) => {
  const { cloneFrom, ...given } = input;
  checkInput(given);
  if (given.description === '') throw badRequest('Description cannot be an empty string');
  return context.store.transact(async (tx) => {
    if (cloneFrom === undefined) return describeApi(putNewApi(tx, context, given as NewApi));
    const source = await requireApi(context, cloneFrom, tx);
    const { description, version, binaryMediaTypes, minimumCompressionSize, apiKeySource, policy } = source;
    const inherited = { description, version, binaryMediaTypes, minimumCompressionSize, apiKeySource, policy };
    const { types } = source.endpointConfiguration;
    const endpointConfiguration = { types };
    const api = putNewApi(
      tx,
      context,
      { ...inherited, endpointConfiguration, ...(given as NewApi) },
      { isClone: true },
    );
    await cloneInto(tx, context, source, api);
    return describeApi(api);
  });
};

export const getRestApi: Operation<'apigateway', 'GetRestApi'> = async (input, context) =>
  describeApi(await requireApi(context, input.restApiId));

export const getRestApis: Operation<'apigateway', 'GetRestApis'> = async (input, context) => {
  const all = await restApis.list(context.store, placeOf(context), '');
  const { items, position } = pageOf(all, (api) => api.id, input);
  return { items: items.map(describeApi), ...(position !== undefined && { position }) };
};

const RULES: readonly PatchRule<RestApiRecord>[] = [
  textRule('name'),
  textRule('description'),
  textRule('version'),
  textRule('policy'),
  booleanRule('disableExecuteApiEndpoint'),
  listRule('binaryMediaTypes'),
  {
    path: '/apiKeySource',
    ops: ['replace'],
    apply: (api, value) => {
      checkKeySource(value);
      api.apiKeySource = value as 'HEADER';
    },
  },
  {
    path: '/minimumCompressionSize',
    ops: ['replace'],
    apply: (api, value) => {
      if (value === '') delete api.minimumCompressionSize;
      else {
        checkCompression(toNumber(value));
        api.minimumCompressionSize = toNumber(value);
      }
    },
  },
  {
    path: '/endpointConfiguration/types/*',
    ops: ['replace'],
    apply: (api, value) => {
      api.endpointConfiguration = endpointOf({ types: [value] });
    },
  },
  {
    path: '/securityPolicy',
    ops: ['replace'],
    apply(api, value) {
      api.securityPolicy = value;
      // The access mode belongs to the names since 2025.
      if (!value.startsWith('SecurityPolicy_')) delete api.endpointAccessMode;
    },
  },
  {
    path: '/endpointAccessMode',
    ops: ['replace'],
    apply: (api, value) => void (api.endpointAccessMode = value as 'BASIC'),
  },
  {
    path: '/endpointConfiguration/ipAddressType',
    ops: ['replace'],
    apply: (api, value) => {
      api.endpointConfiguration = { ...api.endpointConfiguration, ipAddressType: value };
    },
  },
];

export const updateRestApi: Operation<'apigateway', 'UpdateRestApi'> = (input, context) =>
  context.store.transact(async (tx) => {
    const api = await requireApi(context, input.restApiId, tx);
    applyPatch(api, input.patchOperations, RULES);
    if (api.policy === '') delete api.policy;
    checkPolicy(api.policy);
    checkSecurity(api);
    if (!api.name) throw badRequest('Rest API name cannot be empty');
    restApis.put(tx, placeOf(context), '', api);
    await republishStages(tx, context, api);
    return describeApi(api);
  });

export const deleteRestApi: Operation<'apigateway', 'DeleteRestApi'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const api = await requireApi(context, input.restApiId, tx);
    const domains = await domainsLeadingTo(tx, api.id);
    if (domains.length > 0) {
      throw badRequest(
        `Deleting RestApi ${api.id} failed. Please remove all base path mappings related to the RestApi in your domains: ${domains.join(', ')}`,
      );
    }
    restApis.remove(tx, placeOf(context), '', api.id);
    await deleteBelow(tx, tx, placeOf(context), api.id);
    await removeApi(tx, api.id);
  });
  return {};
};
