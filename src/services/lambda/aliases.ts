import type { AliasConfiguration } from '@aws-sdk/client-lambda';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { conflict, functionNotFound, invalidParameter, notFound, preconditionFailed } from './errors.ts';
import { checkAliasMove } from './provisioned.ts';
import { requireFunction } from './record.ts';
import { functionArn, parseFunctionName, type FunctionRef } from './names.ts';
import { versionOfAlias } from './resolve.ts';
import {
  deleteAliasEntry,
  deleteQualified,
  findAlias,
  listAliases as listRecords,
  placeOf,
  putAlias,
  type AliasRecord,
} from './store.ts';

const PAGE_MAX = 50;

const describeAlias = (ref: FunctionRef, alias: AliasRecord): AliasConfiguration => ({
  AliasArn: functionArn(ref, ref.name, alias.name),
  Name: alias.name,
  FunctionVersion: alias.functionVersion,
  Description: alias.description,
  ...(alias.routing && {
    RoutingConfig: { AdditionalVersionWeights: { [alias.routing.version]: alias.routing.weight } },
  }),
  RevisionId: alias.revisionId,
});

interface Routing {
  AdditionalVersionWeights?: Record<string, number>;
}

/** At most one other version, with a share between 0 and 1; neither of the two may be $LATEST. */
async function routingOf(
  context: Context,
  reader: Reader,
  ref: FunctionRef,
  version: string,
  given: Routing | undefined,
): Promise<AliasRecord['routing']> {
  const entries = Object.entries(given?.AdditionalVersionWeights ?? {});
  const [first] = entries;
  if (!first) return undefined;
  const [other, weight] = first;
  if (entries.length > 1)
    throw invalidParameter('Number of items in AdditionalVersionWeights cannot be greater than 1');
  if (other === version)
    throw invalidParameter(
      `Invalid function version ${other}. Function version ${other} is already included in routing configuration.`,
    );
  if (other === '$LATEST' || version === '$LATEST')
    throw invalidParameter('$LATEST is not supported for an alias pointing to more than 1 version');
  if (weight < 0 || weight > 1) throw invalidParameter(`Invalid weight ${weight} for version ${other}`);
  await requireVersion(context, reader, ref, other);
  return { version: other, weight };
}

async function requireVersion(context: Context, reader: Reader, ref: FunctionRef, version: string): Promise<void> {
  const record = await requireFunction(context, ref, reader);
  if (!(await versionOfAlias(reader, ref, record, version)))
    throw functionNotFound(functionArn(ref, ref.name, version));
}

const missing = (ref: FunctionRef, name: string): Error =>
  notFound(`Cannot find alias arn: ${functionArn(ref, ref.name, name)}`);

export const createAlias: Operation<'lambda', 'CreateAlias'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  return context.store.transact(async (tx) => {
    await requireVersion(context, tx, ref, input.FunctionVersion);
    if (await findAlias(tx, ref, ref.name, input.Name)) {
      throw conflict(`Alias already exists: ${functionArn(ref, ref.name, input.Name)}`);
    }
    const routing = await routingOf(context, tx, ref, input.FunctionVersion, input.RoutingConfig as Routing);
    const alias: AliasRecord = {
      name: input.Name,
      functionVersion: input.FunctionVersion,
      description: input.Description ?? '',
      ...(routing && { routing }),
      revisionId: context.ids.uuid(),
    };
    putAlias(tx, ref, ref.name, alias);
    return describeAlias(ref, alias);
  });
};

export const updateAlias: Operation<'lambda', 'UpdateAlias'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  return context.store.transact(async (tx) => {
    const before = await findAlias(tx, ref, ref.name, input.Name);
    if (!before) throw notFound(`Alias not found: ${functionArn(ref, ref.name, input.Name)}`);
    if (input.RevisionId !== undefined && input.RevisionId !== before.revisionId) throw preconditionFailed();
    const functionVersion = input.FunctionVersion ?? before.functionVersion;
    await requireVersion(context, tx, ref, functionVersion);
    const routing = input.RoutingConfig
      ? await routingOf(context, tx, ref, functionVersion, input.RoutingConfig as Routing)
      : before.routing;
    const alias: AliasRecord = {
      name: before.name,
      functionVersion,
      description: input.Description ?? before.description,
      ...(routing && { routing }),
      revisionId: context.ids.uuid(),
    };
    await checkAliasMove(tx, ref, alias);
    putAlias(tx, ref, ref.name, alias);
    return describeAlias(ref, alias);
  });
};

export const getAlias: Operation<'lambda', 'GetAlias'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  const alias = await findAlias(context.store, ref, ref.name, input.Name);
  if (!alias) throw missing(ref, input.Name);
  return describeAlias(ref, alias);
};

export const deleteAlias: Operation<'lambda', 'DeleteAlias'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  await context.store.transact(async (tx) => {
    const record = await requireFunction(context, ref, tx);
    deleteAliasEntry(tx, ref, ref.name, input.Name);
    await deleteQualified(tx, ref, record, input.Name);
  });
  return {};
};

export const listAliases: Operation<'lambda', 'ListAliases'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  await requireFunction(context, ref);
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const all = (await listRecords(context.store, ref, ref.name, input.Marker, 1000)).filter(
    (alias) =>
      input.FunctionVersion === undefined ||
      alias.functionVersion === input.FunctionVersion ||
      alias.routing?.version === input.FunctionVersion,
  );
  const shown = all.slice(0, limit);
  return {
    Aliases: shown.map((alias) => describeAlias(ref, alias)),
    ...(all.length > limit && { NextMarker: shown.at(-1)?.name }),
  };
};
