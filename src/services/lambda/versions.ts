import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Transaction } from '#store/contract.ts';
import { changing, describe } from './configuration.ts';
import { invalidParameter, notOffered, preconditionFailed } from './errors.ts';
import { requireFunction, updateFunction } from './record.ts';
import { parseFunctionName } from './names.ts';
import {
  buildOf,
  findVersion,
  listVersions,
  placeOf,
  putVersion,
  retainCode,
  type FunctionRecord,
  type Place,
  type VersionRecord,
} from './store.ts';

const PAGE_MAX = 50;

/** Settings of $LATEST that differ ask for another version; the same ones give back the version that is there. */
function fingerprint({ ofDescription, ...record }: VersionRecord): string {
  const description = ofDescription ?? record.description;
  return JSON.stringify({ ...record, version: '', revisionId: '', build: '', lastModified: 0, description });
}

/** Another revision of the same code and settings: its environments go on. */
export const revised = (version: VersionRecord, context: Context): VersionRecord => ({
  ...version,
  revisionId: context.ids.uuid(),
  build: buildOf(version),
});

export async function publishLatest(
  tx: Transaction,
  context: Context,
  at: Place,
  record: FunctionRecord,
  options: { description?: string | undefined },
): Promise<VersionRecord> {
  const last =
    record.nextVersion > 1 ? await findVersion(tx, at, record.name, String(record.nextVersion - 1)) : undefined;
  if (last && fingerprint(last) === fingerprint(record.latest)) return last;
  const { build: _ofLatest, ...latest } = record.latest;
  const version: VersionRecord = {
    ...latest,
    version: String(record.nextVersion),
    ...(options.description !== undefined && {
      description: options.description,
      ofDescription: record.latest.description,
    }),
    revisionId: context.ids.uuid(),
  };
  record.nextVersion++;
  record.latest = revised(record.latest, context);
  await retainCode(tx, context, version.codeSha256);
  for (const layer of version.layers) await retainCode(tx, context, layer.codeSha256);
  putVersion(tx, at, record.name, version);
  return version;
}

export const publishVersion: Operation<'lambda', 'PublishVersion'> = (input, context) => {
  if (input.PublishTo !== undefined) throw notOffered('PublishTo');
  return updateFunction(context, input.FunctionName, async (record, tx, ref) => {
    if (input.RevisionId !== undefined && input.RevisionId !== record.latest.revisionId) throw preconditionFailed();
    if (input.CodeSha256 !== undefined && input.CodeSha256 !== record.latest.codeSha256) {
      throw invalidParameter(
        `CodeSHA256 (${input.CodeSha256}) is different from current CodeSHA256 in $LATEST (${record.latest.codeSha256}). Please try again with the CodeSHA256 in $LATEST.`,
      );
    }
    const next = String(record.nextVersion);
    const version = await publishLatest(tx, context, ref, record, { description: input.Description });
    return describe(ref, record.name, version, version.version === next ? changing(context, 'creating') : {});
  });
};

export const listVersionsByFunction: Operation<'lambda', 'ListVersionsByFunction'> = async (input, context) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  const record = await requireFunction(context, ref);
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const first = input.Marker === undefined ? [record.latest] : [];
  // a page of one ends with $LATEST, which comes before all numbers
  const after = input.Marker === '$LATEST' ? 0 : Number(input.Marker ?? 0);
  const page = await listVersions(context.store, ref, ref.name, after, limit + 1 - first.length);
  const all = [...first, ...page];
  const shown = all.slice(0, limit);
  return {
    Versions: shown.map((version) => describe(ref, ref.name, version, { qualified: true, listed: true })),
    ...(all.length > limit && { NextMarker: shown.at(-1)?.version }),
  };
};
