// Which API and stage a path of a custom domain leads to. Mappings of apigatewayv2 are among them.
import type { BasePathMapping } from '@aws-sdk/client-api-gateway';
import { putDomain, requireDomain, type Domain, type DomainMapping } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { refusePrivate } from './domain-names.ts';
import { badRequest, conflict, mappingNotFound, stageNotFound } from './errors.ts';
import { pageOf } from './page.ts';
import { applyPatch, type PatchRule } from './patch.ts';
import { requireApi } from './rest-apis.ts';
import { placeOf, stages } from './store.ts';

/** How the API names the mapping of the domain itself. */
const NO_PATH = '(none)';
const BASE_PATH = /^[A-Za-z0-9$\-_.+!*'()]{1,300}$/;

/** As the record has it. */
const pathOf = (given: string | undefined): string => {
  if (given === undefined || given === '' || given === NO_PATH) return '';
  if (!BASE_PATH.test(given)) {
    throw badRequest(
      "API Gateway V1 doesn't support the slash character (/) in base path mappings. " +
        'To create a multi-level base path mapping, use API Gateway V2.',
    );
  }
  return given;
};

function requirePublicDomain(
  reader: Reader,
  context: Context,
  input: { domainName: string; domainNameId?: string | undefined },
): Promise<Domain> {
  refusePrivate(input);
  return requireDomain(reader, context, input.domainName);
}

const describe = ({ path, apiId, stage }: DomainMapping): BasePathMapping => ({
  basePath: path === '' ? NO_PATH : path,
  restApiId: apiId,
  ...(stage !== undefined && { stage }),
});

async function checkTarget(tx: Transaction, context: Context, { apiId, stage }: DomainMapping): Promise<void> {
  await requireApi(context, apiId, tx);
  if (stage !== undefined && !(await stages.find(tx, placeOf(context), apiId, stage))) throw stageNotFound();
}

function requireMapping({ mappings }: Domain, basePath: string): DomainMapping {
  const path = basePath === NO_PATH ? '' : basePath;
  const mapping = mappings.find((each) => each.path === path);
  if (!mapping) throw mappingNotFound();
  return mapping;
}

export const createBasePathMapping: Operation<'apigateway', 'CreateBasePathMapping'> = (input, context) =>
  context.store.transact(async (tx) => {
    const domain = await requirePublicDomain(tx, context, input);
    const mapping: DomainMapping = {
      id: context.ids.lower(6),
      path: pathOf(input.basePath),
      apiId: input.restApiId,
      ...(input.stage && { stage: input.stage }),
    };
    await checkTarget(tx, context, mapping);
    if (domain.mappings.some(({ path }) => path === mapping.path)) {
      throw conflict('Base path already exists for this domain name');
    }
    putDomain(tx, { ...domain, mappings: [...domain.mappings, mapping] });
    return describe(mapping);
  });

export const getBasePathMapping: Operation<'apigateway', 'GetBasePathMapping'> = async (input, context) =>
  describe(requireMapping(await requirePublicDomain(context.store, context, input), input.basePath));

export const getBasePathMappings: Operation<'apigateway', 'GetBasePathMappings'> = async (input, context) => {
  const { mappings } = await requirePublicDomain(context.store, context, input);
  const { items, position } = pageOf(mappings, (mapping) => mapping.id, input);
  return { items: items.map(describe), ...(position !== undefined && { position }) };
};

/** `restapiId`: AWS spells it so. */
const RULES: readonly PatchRule<DomainMapping>[] = [
  { path: '/basePath', ops: ['replace'], apply: (mapping, value) => void (mapping.path = pathOf(value)) },
  { path: '/restapiId', ops: ['replace'], apply: (mapping, value) => void (mapping.apiId = value) },
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
    const domain = await requirePublicDomain(tx, context, input);
    const before = requireMapping(domain, input.basePath);
    const mapping = { ...before };
    applyPatch(mapping, input.patchOperations, RULES);
    await checkTarget(tx, context, mapping);
    const others = domain.mappings.filter((each) => each !== before);
    if (others.some(({ path }) => path === mapping.path)) {
      throw conflict('Base path already exists for this domain name');
    }
    putDomain(tx, { ...domain, mappings: domain.mappings.map((each) => (each === before ? mapping : each)) });
    return describe(mapping);
  });

export const deleteBasePathMapping: Operation<'apigateway', 'DeleteBasePathMapping'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const domain = await requirePublicDomain(tx, context, input);
    const gone = requireMapping(domain, input.basePath);
    putDomain(tx, { ...domain, mappings: domain.mappings.filter((each) => each !== gone) });
  });
  return {};
};
