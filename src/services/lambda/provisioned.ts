// Provisioned concurrency of versions and aliases (API reference, PutProvisionedConcurrencyConfig; developer guide,
// "Configuring provisioned concurrency", 2026-11). provisioned-plane.ts makes the environments.
import type { GetProvisionedConcurrencyConfigResponse } from '@aws-sdk/client-lambda';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { allFunctions, CONCURRENCY_MAX, UNRESERVED_MIN, unreservedOf } from './concurrency.ts';
import { conflict, invalidParameter } from './errors.ts';
import { functionArn, parseFunctionName, type FunctionRef } from './names.ts';
import { provisionedStatus } from './provisioned-plane.ts';
import { requireFunction } from './record.ts';
import { findResolved, resolveQualified, type Resolved } from './resolve.ts';
import {
  deleteProvisionedEntry,
  findProvisioned,
  listAliases,
  listProvisioned,
  noteConcurrencyPlace,
  placeOf,
  putProvisioned,
  type AliasRecord,
  type FunctionRecord,
  type ProvisionedRecord,
} from './store.ts';

const PAGE_MAX = 50;

type QualifiedRef = FunctionRef & { qualifier: string };

const unpublished = (): ServiceError =>
  invalidParameter('Provisioned Concurrency Configs cannot be applied to unpublished function versions.');
const mustBeQualified = (): ServiceError =>
  invalidParameter('The function resource provided must be an alias or a published version.');
const versionIsProvisioned = (): ServiceError =>
  conflict("Alias can't be used for Provisioned Concurrency configuration on an already Provisioned version");
const aliasIsProvisioned = (): ServiceError => conflict('Version is pointed by a Provisioned Concurrency alias');

/** 2019-12-31T20:28:49+0000: without the milliseconds that other dates of Lambda have. */
const formatSecond = (ms: number): string => new Date(ms).toISOString().replace(/\.\d+Z$/, '+0000');

function refOf(
  input: { FunctionName: string; Qualifier: string },
  context: Context,
  refuse: () => ServiceError,
): QualifiedRef {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  if (ref.qualifier === undefined || ref.qualifier === '$LATEST') throw refuse();
  return { ...ref, qualifier: ref.qualifier };
}

async function describe(
  context: Context,
  ref: FunctionRef,
  record: ProvisionedRecord,
): Promise<GetProvisionedConcurrencyConfigResponse> {
  const resolved = await findResolved(context.store, { ...ref, qualifier: record.qualifier });
  const { available, allocated, failure } = provisionedStatus(context.platform, ref, resolved);
  const Status = available >= record.requested ? 'READY' : failure === undefined ? 'IN_PROGRESS' : 'FAILED';
  return {
    RequestedProvisionedConcurrentExecutions: record.requested,
    AvailableProvisionedConcurrentExecutions: available,
    AllocatedProvisionedConcurrentExecutions: allocated,
    Status,
    ...(Status === 'FAILED' && { StatusReason: failure }),
    LastModified: formatSecond(record.lastModified),
  };
}

/** A version is provisioned by itself or by its alias, not by both. */
async function checkOverlap(reader: Reader, ref: QualifiedRef, { alias, version }: Resolved): Promise<void> {
  if (alias) {
    if (await findProvisioned(reader, ref, ref.name, version.version)) throw versionIsProvisioned();
    return;
  }
  for (const each of await listAliases(reader, ref, ref.name, undefined, 1000)) {
    if (each.functionVersion !== version.version && each.routing?.version !== version.version) continue;
    if (await findProvisioned(reader, ref, ref.name, each.name)) throw aliasIsProvisioned();
  }
}

async function checkAmount(reader: Reader, ref: QualifiedRef, record: FunctionRecord, wanted: number): Promise<void> {
  const all = await listProvisioned(reader, ref);
  const others = all.filter(({ name, qualifier }) => name !== ref.name || qualifier !== ref.qualifier);
  const own = others.filter(({ name }) => name === ref.name).reduce((sum, { requested }) => sum + requested, 0);
  if (record.reservedConcurrency !== undefined) {
    if (own + wanted <= record.reservedConcurrency) return;
    throw invalidParameter(
      'Requested Provisioned Concurrency should not be greater than the reservedConcurrentExecution for function',
    );
  }
  const unreserved = unreservedOf(await allFunctions(reader, ref), others);
  if (wanted > unreserved) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function is greater than account's unreserved concurrency [${unreserved}].`,
    );
  }
  if (unreserved - wanted < UNRESERVED_MIN) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_MIN}].`,
    );
  }
}

export const putProvisionedConcurrencyConfig: Operation<'lambda', 'PutProvisionedConcurrencyConfig'> = async (
  input,
  context,
) => {
  const ref = refOf(input, context, unpublished);
  const requested = input.ProvisionedConcurrentExecutions;
  if (requested > CONCURRENCY_MAX) {
    throw invalidParameter(
      `Specified ConcurrentExecutions for function is greater than account's concurrency limit [${CONCURRENCY_MAX}].`,
    );
  }
  await resolveQualified(context, ref);
  const record = { name: ref.name, qualifier: ref.qualifier, requested, lastModified: context.clock.now() };
  await context.store.transact(async (tx) => {
    const resolved = await findResolved(tx, ref);
    if (!resolved) throw await missing(context, ref);
    if (resolved.version.version === '$LATEST') throw unpublished();
    if (resolved.alias?.routing) {
      throw invalidParameter('Alias with weights can not be used with Provisioned Concurrency');
    }
    await checkOverlap(tx, ref, resolved);
    await checkAmount(tx, ref, resolved.record, requested);
    putProvisioned(tx, ref, record);
    await noteConcurrencyPlace(tx, ref);
  });
  // AWS's answer has no AvailableProvisionedConcurrentExecutions, and begins to count after it
  return {
    RequestedProvisionedConcurrentExecutions: requested,
    AllocatedProvisionedConcurrentExecutions: 0,
    Status: 'IN_PROGRESS',
    LastModified: formatSecond(record.lastModified),
  };
};

/** The words for what went away meanwhile. */
const missing = (context: Context, ref: FunctionRef): Promise<unknown> =>
  resolveQualified(context, ref).catch((error: unknown) => error);

export const getProvisionedConcurrencyConfig: Operation<'lambda', 'GetProvisionedConcurrencyConfig'> = async (
  input,
  context,
) => {
  const ref = refOf(input, context, mustBeQualified);
  await resolveQualified(context, ref);
  const record = await findProvisioned(context.store, ref, ref.name, ref.qualifier);
  if (record) return describe(context, ref, record);
  throw new ServiceError(
    'ProvisionedConcurrencyConfigNotFoundException',
    'No Provisioned Concurrency Config found for this function',
    404,
    { fields: { Type: 'User' } },
  );
};

export const deleteProvisionedConcurrencyConfig: Operation<'lambda', 'DeleteProvisionedConcurrencyConfig'> = async (
  input,
  context,
) => {
  const ref = refOf(input, context, mustBeQualified);
  await resolveQualified(context, ref);
  await context.store.transact(async (tx) => deleteProvisionedEntry(tx, ref, ref.name, ref.qualifier));
  return {};
};

export const listProvisionedConcurrencyConfigs: Operation<'lambda', 'ListProvisionedConcurrencyConfigs'> = async (
  input,
  context,
) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  await requireFunction(context, ref);
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const all = await listProvisioned(context.store, ref, ref.name);
  const left = all.filter(({ qualifier }) => qualifier > (input.Marker ?? ''));
  const shown = left.slice(0, limit);
  return {
    ProvisionedConcurrencyConfigs: await Promise.all(
      shown.map(async (record) => ({
        FunctionArn: functionArn(ref, ref.name, record.qualifier),
        ...(await describe(context, ref, record)),
      })),
    ),
    ...(left.length > limit && { NextMarker: shown.at(-1)?.qualifier }),
  };
};

/** An alias that is provisioned takes that along to where it points: not to $LATEST, nor to a version that has its own. */
export async function checkAliasMove(
  reader: Reader,
  ref: FunctionRef,
  { name, functionVersion, routing }: AliasRecord,
): Promise<void> {
  if (!(await findProvisioned(reader, ref, ref.name, name))) return;
  for (const version of [functionVersion, ...(routing ? [routing.version] : [])]) {
    if (version === '$LATEST') throw unpublished();
    if (await findProvisioned(reader, ref, ref.name, version)) throw versionIsProvisioned();
  }
}
