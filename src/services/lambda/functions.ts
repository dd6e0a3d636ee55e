import type { FunctionCodeLocation } from '@aws-sdk/client-lambda';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { codeLocation } from './code-location.ts';
import { readCodeInput, type Code, type CodeInput } from './code.ts';
import { checkSignature } from './code-signing.ts';
import { checkTags } from './concurrency.ts';
import { changing, describe } from './configuration.ts';
import { conflict, invalidParameter, notOffered, preconditionFailed } from './errors.ts';
import { checkPackageCode, packageTypeOf } from './images.ts';
import { functionArn, parseFunctionName, whole, type FunctionRef } from './names.ts';
import { resolveVersion } from './resolve.ts';
import { settingsOf, type SettingsInput } from './settings.ts';
import { poolOf } from './pools.ts';
import { snapshotOf } from './snapshots.ts';
import {
  buildOf,
  deleteAttachments,
  deleteFunctionEntry,
  deleteQualified,
  deleteVersionEntry,
  findFunction,
  findVersion,
  listAliases,
  listFunctions as listRecords,
  listVersions,
  placeOf,
  putFunction,
  releaseCode,
  retainCode,
  type FunctionRecord,
  type VersionRecord,
} from './store.ts';
import { publishLatest } from './versions.ts';
import { requireFunction, updateFunction } from './record.ts';

const PAGE_MAX = 50;
const NAME_LENGTH_MAX = 64;

const nameTooLong = (name: string): ServiceError =>
  new ServiceError(
    'ValidationException',
    `1 validation error detected: Value '${name}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to ${NAME_LENGTH_MAX}`,
  );

async function retainAll(tx: Transaction, context: Context, version: VersionRecord): Promise<void> {
  for (const layer of version.layers) await retainCode(tx, context, layer.codeSha256);
}
async function releaseAll(tx: Transaction, context: Context, version: VersionRecord): Promise<void> {
  await releaseCode(tx, context, version.codeSha256);
  for (const layer of version.layers) await releaseCode(tx, context, layer.codeSha256);
}

/** Sandboxes of what is no version any more finish what they do and end. */
async function retireOld(context: Context, ref: FunctionRef): Promise<void> {
  const record = await findFunction(context.store, ref, ref.name);
  const versions = await listVersions(context.store, ref, ref.name, undefined, 1000);
  const keep = [...versions, ...(record ? [record.latest] : [])].map(buildOf);
  poolOf(context.platform).retire(functionArn(ref, ref.name), keep);
}

/** Somebody else was quicker: what was computed from the former settings would undo his. */
const updateInProgress = (arn: string): ServiceError =>
  conflict(`The operation cannot be performed at this time. An update is in progress for resource: ${arn}`);

/** A function is made in one's own account, whatever a policy says. */
const crossAccount = ({ principal }: Context, arn: string): ServiceError =>
  new ServiceError(
    'AccessDeniedException',
    `User: ${'arn' in principal ? principal.arn : 'anonymous'} is not authorized to perform: lambda:CreateFunction on resource: ${arn} because no resource-based policy allows the lambda:CreateFunction action`,
    403,
  );

const manyArchitectures = (): ServiceError =>
  invalidParameter('Function architectures cannot contain more than one architecture.');

/** Unpacks now: a package that is none is refused before anything is written. */
async function checkCode(context: Context, name: string, version: VersionRecord, code: Code): Promise<void> {
  const snapshot = snapshotOf(context.platform, placeOf(context), { name, policies: {} } as FunctionRecord, version);
  await poolOf(context.platform).prepare({
    ...snapshot,
    async *readCode() {
      if (code.bytes) yield code.bytes;
    },
  });
}

async function prepareCode(
  context: Context,
  name: string,
  version: VersionRecord,
  code: Code,
): Promise<{ blob: string; size: number } | undefined> {
  await checkCode(context, name, version, code);
  return code.bytes && { blob: (await context.blobs.put(code.bytes)).id, size: code.size };
}

export const createFunction: Operation<'lambda', 'CreateFunction'> = async (input, context) => {
  const at = placeOf(context);
  const { name, accountId } = parseFunctionName(input.FunctionName, at);
  if (accountId !== at.accountId) throw crossAccount(context, functionArn({ ...at, accountId }, name));
  if (name.length > NAME_LENGTH_MAX) throw nameTooLong(name);
  if ((input.Architectures?.length ?? 0) > 1) {
    throw manyArchitectures();
  }
  const exists = (): ServiceError => conflict(`Function already exist: ${name}`);
  if (await findFunction(context.store, at, name)) throw exists();
  checkTags(input.Tags ?? {});
  await checkSignature(context, name, input.CodeSigningConfigArn);
  const settings = await settingsOf(context, name, input as SettingsInput);
  checkPackageCode(input.PackageType ?? 'Zip', input.Code?.ImageUri, 'creating');
  const code = await readCodeInput(context, input.Code as CodeInput);
  const now = context.clock.now();
  const latest: VersionRecord = {
    version: '$LATEST',
    ...settings,
    codeSha256: code.sha256,
    codeSize: code.size,
    ...(code.image && { image: code.image }),
    architecture: input.Architectures?.[0] ?? 'x86_64',
    lastModified: now,
    revisionId: context.ids.uuid(),
  };
  const blob = await prepareCode(context, name, latest, code);
  const record: FunctionRecord = {
    name,
    createdAt: now,
    latest,
    nextVersion: 1,
    tags: { ...input.Tags },
    policies: {},
    ...(input.CodeSigningConfigArn !== undefined && { codeSigningConfigArn: input.CodeSigningConfigArn }),
  };
  const published = await context.store.transact(async (tx) => {
    if (await findFunction(tx, at, name)) throw exists();
    await retainCode(tx, context, code.sha256, blob);
    await retainAll(tx, context, latest);
    const version = input.Publish ? await publishLatest(tx, context, at, record, {}) : undefined;
    putFunction(tx, at, record);
    return version;
  });
  return describe(at, name, published ?? record.latest, changing(context, 'creating'));
};

export const updateFunctionCode: Operation<'lambda', 'UpdateFunctionCode'> = async (input, context) => {
  const ref = whole(parseFunctionName(input.FunctionName, placeOf(context)));
  const before = await requireFunction(context, ref);
  if (input.RevisionId !== undefined && input.RevisionId !== before.latest.revisionId) throw preconditionFailed();
  if (input.PublishTo !== undefined) throw notOffered('PublishTo');
  if ((input.Architectures?.length ?? 0) > 1) throw manyArchitectures();
  checkPackageCode(packageTypeOf(before.latest), input.ImageUri, 'updating');
  await checkSignature(context, ref.name, before.codeSigningConfigArn);
  const code = await readCodeInput(context, input as CodeInput);
  const changed: Partial<VersionRecord> = {
    codeSha256: code.sha256,
    codeSize: code.size,
    ...(code.image && { image: code.image }),
    architecture: input.Architectures?.[0] ?? before.latest.architecture,
  };
  if (input.DryRun) {
    await checkCode(context, ref.name, { ...before.latest, ...changed }, code);
    return describe(ref, ref.name, { ...before.latest, ...changed });
  }
  const blob = await prepareCode(context, ref.name, { ...before.latest, ...changed }, code);
  const answer = await updateFunction(context, input.FunctionName, async (record, tx) => {
    if (input.RevisionId !== undefined && input.RevisionId !== record.latest.revisionId) throw preconditionFailed();
    await retainCode(tx, context, code.sha256, blob);
    await releaseCode(tx, context, record.latest.codeSha256);
    const { build: _before, ...kept } = record.latest;
    record.latest = { ...kept, ...changed, lastModified: context.clock.now(), revisionId: context.ids.uuid() };
    const published = input.Publish ? await publishLatest(tx, context, ref, record, {}) : undefined;
    return published
      ? describe(ref, ref.name, published, changing(context, 'updating'))
      : describe(ref, ref.name, record.latest, changing(context, 'updating'));
  });
  await retireOld(context, ref);
  return answer;
};

export const updateFunctionConfiguration: Operation<'lambda', 'UpdateFunctionConfiguration'> = async (
  input,
  context,
) => {
  const ref = whole(parseFunctionName(input.FunctionName, placeOf(context)));
  const before = await requireFunction(context, ref);
  if (input.Layers?.length) await checkSignature(context, ref.name, before.codeSigningConfigArn);
  const settings = await settingsOf(context, ref.name, input as SettingsInput, before.latest);
  // a runtime that this machine does not run
  if (settings.runtime !== before.latest.runtime) {
    await poolOf(context.platform).prepare(
      snapshotOf(context.platform, ref, before, { ...before.latest, ...settings }),
    );
  }
  const answer = await updateFunction(context, input.FunctionName, async (record, tx) => {
    if (input.RevisionId !== undefined && input.RevisionId !== record.latest.revisionId) throw preconditionFailed();
    const old = record.latest;
    if (buildOf(old) !== buildOf(before.latest)) throw updateInProgress(functionArn(ref, ref.name));
    const { codeSha256, codeSize, image, architecture } = old;
    record.latest = {
      version: '$LATEST',
      ...settings,
      codeSha256,
      codeSize,
      ...(image && { image }),
      architecture,
      lastModified: context.clock.now(),
      revisionId: context.ids.uuid(),
    };
    await retainAll(tx, context, record.latest);
    for (const layer of old.layers) await releaseCode(tx, context, layer.codeSha256);
    return describe(ref, ref.name, record.latest, changing(context, 'updating'));
  });
  await retireOld(context, ref);
  return answer;
};

export const getFunctionConfiguration: Operation<'lambda', 'GetFunctionConfiguration'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  const { version } = await resolveVersion(context, ref);
  return describe(ref, ref.name, version, ref.qualifier === undefined ? {} : { qualifier: ref.qualifier });
};

export const getFunction: Operation<'lambda', 'GetFunction'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  const { record, version } = await resolveVersion(context, ref);
  return {
    Configuration: describe(ref, ref.name, version, ref.qualifier === undefined ? {} : { qualifier: ref.qualifier }),
    Code: await describeCode(context, version),
    ...(Object.keys(record.tags).length > 0 && { Tags: record.tags }),
    ...(record.reservedConcurrency !== undefined && {
      Concurrency: { ReservedConcurrentExecutions: record.reservedConcurrency },
    }),
  };
};

async function describeCode(context: Context, { image, codeSha256 }: VersionRecord): Promise<FunctionCodeLocation> {
  if (image) return { RepositoryType: 'ECR', ImageUri: image.uri, ResolvedImageUri: image.resolvedUri };
  return { RepositoryType: 'S3', Location: await codeLocation(context, codeSha256) };
}

export const listFunctions: Operation<'lambda', 'ListFunctions'> = async (input, context) => {
  const at = placeOf(context);
  if (input.MasterRegion !== undefined) throw notOffered('MasterRegion (Lambda@Edge)');
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const page = await listRecords(context.store, at, input.Marker, limit + 1);
  const shown = page.slice(0, limit);
  const configurations = [];
  for (const record of shown) {
    if (input.FunctionVersion === 'ALL') {
      configurations.push(describe(at, record.name, record.latest, { qualified: true, listed: true }));
      for (const version of await listVersions(context.store, at, record.name, undefined, 1000)) {
        configurations.push(describe(at, record.name, version, { listed: true }));
      }
    } else configurations.push(describe(at, record.name, record.latest, { listed: true }));
  }
  return { Functions: configurations, ...(page.length > limit && { NextMarker: shown.at(-1)?.name }) };
};

export const deleteFunction: Operation<'lambda', 'DeleteFunction'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  if (ref.qualifier === '$LATEST')
    throw invalidParameter('$LATEST version cannot be deleted without deleting the function.');
  await context.store.transact(async (tx) => {
    const record = await requireFunction(context, ref, tx);
    if (ref.qualifier === undefined) {
      for (const version of await deleteAttachments(tx, ref, ref.name)) await releaseAll(tx, context, version);
      await releaseAll(tx, context, record.latest);
      deleteFunctionEntry(tx, ref, ref.name);
      return;
    }
    if (!/^\d+$/.test(ref.qualifier)) throw invalidParameter('Deletion of aliases is not currently supported.');
    const version = await findVersion(tx, ref, ref.name, ref.qualifier);
    if (!version) return; // AWS answers 204 for a version that is not there
    const aliases = await listAliases(tx, ref, ref.name, undefined, 1000);
    const using = aliases.filter(
      (alias) => alias.functionVersion === version.version || alias.routing?.version === version.version,
    );
    if (using.length > 0) {
      throw conflict(
        `Version ${version.version} of function ${ref.name} is referenced by ${using.length} alias(es): ${using.map((alias) => alias.name).join(', ')}`,
      );
    }
    deleteVersionEntry(tx, ref, ref.name, version.version);
    await deleteQualified(tx, ref, record, version.version);
    await releaseAll(tx, context, version);
  });
  if (ref.qualifier === undefined) poolOf(context.platform).retire(functionArn(ref, ref.name));
  return { StatusCode: 204 };
};
