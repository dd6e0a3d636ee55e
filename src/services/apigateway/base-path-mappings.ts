// Which API and stage a path of a custom domain leads to.
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { publishMappings, requireDomain } from './domain-names.ts';
import { badRequest, conflict, mappingNotFound, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, type PatchRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { basePathMappings, placeOf, stages, type BasePathMappingRecord } from './store.ts';

/** How the API names the mapping of the domain itself. */
const NO_PATH = '(none)';
const BASE_PATH = /^[A-Za-z0-9$\-_.+!*'()]{1,300}$/;

const pathOf = (given: string | undefined): string => {
  if (given === undefined || given === '' || given === NO_PATH) return NO_PATH;
  if (!BASE_PATH.test(given)) {
    throw badRequest(
      "API Gateway V1 doesn't support the slash character (/) in base path mappings. " +
        'To create a multi-level base path mapping, use API Gateway V2.',
    );
  }
  return given;
};

async function checkTarget(tx: Transaction, context: Context, mapping: BasePathMappingRecord): Promise<void> {
  const { restApiId, stage } = mapping;
  await requireApi(context, restApiId, tx);
  if (stage !== undefined && !(await stages.find(tx, placeOf(context), restApiId, stage))) throw stageNotFound();
}

async function requireMapping(
  reader: Reader,
  context: Context,
  domainName: string,
  basePath: string,
): Promise<BasePathMappingRecord> {
  const mapping = await basePathMappings.find(reader, placeOf(context), domainName, pathOf(basePath));
  if (!mapping) throw mappingNotFound();
  return mapping;
}

export const createBasePathMapping: Operation<'apigateway', 'CreateBasePathMapping'> = (input, context) =>
  context.store.transact(async (tx) => {
    const { domainName } = await requireDomain(tx, context, input.domainName);
    const mapping: BasePathMappingRecord = {
      basePath: pathOf(input.basePath),
      restApiId: input.restApiId,
      ...(input.stage && { stage: input.stage }),
    };
    await checkTarget(tx, context, mapping);
    if (await basePathMappings.find(tx, placeOf(context), domainName, mapping.basePath)) {
      throw conflict('Base path already exists for this domain name');
    }
    basePathMappings.put(tx, placeOf(context), domainName, mapping);
    await publishMappings(tx, context, domainName);
    return mapping;
  });

export const getBasePathMapping: Operation<'apigateway', 'GetBasePathMapping'> = async (input, context) => {
  const { domainName } = await requireDomain(context.store, context, input.domainName);
  return requireMapping(context.store, context, domainName, input.basePath);
};

export const getBasePathMappings: Operation<'apigateway', 'GetBasePathMappings'> = async (input, context) => {
  const { domainName } = await requireDomain(context.store, context, input.domainName);
  const all = await basePathMappings.list(context.store, placeOf(context), domainName);
  return pageOf(all, (mapping) => mapping.basePath, input);
};

/** `restapiId`: AWS spells it so. */
const RULES: readonly PatchRule<BasePathMappingRecord>[] = [
  { path: '/basePath', ops: ['replace'], apply: (mapping, value) => void (mapping.basePath = pathOf(value)) },
  { path: '/restapiId', ops: ['replace'], apply: (mapping, value) => void (mapping.restApiId = value) },
  {
    path: '/stage',
    ops: ['replace'],
    apply(mapping, value) {
      if (value === '') delete mapping.stage;
      else mapping.stage = value;
    },
  },
];

export const updateBasePathMapping: Operation<'apigateway', 'UpdateBasePathMapping'> = (input, context) =>
  context.store.transact(async (tx) => {
    const at = placeOf(context);
    const { domainName } = await requireDomain(tx, context, input.domainName);
    const before = await requireMapping(tx, context, domainName, input.basePath);
    const mapping = { ...before };
    applyPatch(mapping, input.patchOperations, RULES);
    await checkTarget(tx, context, mapping);
    if (mapping.basePath !== before.basePath) {
      if (await basePathMappings.find(tx, at, domainName, mapping.basePath)) {
        throw conflict('Base path already exists for this domain name');
      }
      basePathMappings.remove(tx, at, domainName, before.basePath);
    }
    basePathMappings.put(tx, at, domainName, mapping);
    await publishMappings(tx, context, domainName);
    return mapping;
  });

export const deleteBasePathMapping: Operation<'apigateway', 'DeleteBasePathMapping'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const { domainName } = await requireDomain(tx, context, input.domainName);
    const { basePath } = await requireMapping(tx, context, domainName, input.basePath);
    basePathMappings.remove(tx, placeOf(context), domainName, basePath);
    await publishMappings(tx, context, domainName);
  });
  return {};
};
