import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Key, Reader } from '#store/contract.ts';
import { codeLocation } from './code-location.ts';
import { readZip, type CodeInput } from './code.ts';
import { formatModified } from './configuration.ts';
import { checkZip } from './zip-check.ts';
import { invalidParameter, notFound } from './errors.ts';
import { layerArn } from './names.ts';
import {
  placeOf,
  releaseCode,
  retainCode,
  root,
  type LayerReference,
  type Place,
  type ResourcePolicy,
} from './store.ts';

export interface LayerRecord {
  name: string;
  version: number;
  description: string;
  createdAt: number;
  runtimes: string[];
  architectures: string[];
  license?: string;
  codeSha256: string;
  codeSize: number;
  policy?: LayerPolicy;
}
export type LayerPolicy = ResourcePolicy & { revisionId: string };
interface LayerHead {
  name: string;
  nextVersion: number;
}

const PAGE_MAX = 50;

const headKey = (at: Place, name: string): Key => [...root(at), 'layer', name];
const versionKey = (at: Place, name: string, version: number): Key => [...root(at), 'layer-version', name, version];

const LAYER_ARN = /^arn:aws[a-z-]*:lambda:([a-z0-9-]+):(\d{12}):layer:([A-Za-z0-9-_]+)(?::(\d+))?$/;

export function parseLayer(text: string, at: Place): { at: Place; name: string; version?: number } {
  const match = LAYER_ARN.exec(text);
  if (!match) return { at, name: text };
  const [, region = '', accountId = '', name = '', version] = match;
  return { at: { region, accountId }, name, ...(version !== undefined && { version: Number(version) }) };
}

export const findLayer = async (
  reader: Reader,
  at: Place,
  name: string,
  version: number,
): Promise<LayerRecord | undefined> => (await reader.get<LayerRecord>(versionKey(at, name, version)))?.value;

const versionArn = (at: Place, layer: LayerRecord): string => `${layerArn(at, layer.name)}:${layer.version}`;
const missing = (): Error => notFound('The resource you requested does not exist.');
function checkNumber(version: number): void {
  if (version < 1) throw invalidParameter('Layer Version Cannot be less than 1');
}

/** What a function says of its layers: each must be there and be of another name than the rest. */
export async function layerReferences(context: Context, arns: readonly string[]): Promise<LayerReference[]> {
  const chosen = new Map<string, string>();
  const references: LayerReference[] = [];
  for (const arn of arns) {
    const { at, name, version } = parseLayer(arn, placeOf(context));
    if (at.region !== context.region) {
      throw invalidParameter(
        `Layers are not in the same region as the function. Layers are expected to be in region ${context.region}.`,
      );
    }
    const layer = version === undefined ? undefined : await findLayer(context.store, at, name, version);
    if (!layer) throw invalidParameter(`Layer version ${arn} does not exist.`);
    if (at.accountId !== context.accountId) await context.call('lambda', 'GetLayerVersionByArn', { Arn: arn });
    const layerName = layerArn(at, name);
    const other = chosen.get(layerName);
    if (other !== undefined)
      throw invalidParameter(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${arn} and ${other} are versions of the same layer.`,
      );
    chosen.set(layerName, arn);
    references.push({ arn, codeSha256: layer.codeSha256, codeSize: layer.codeSize });
  }
  return references;
}

function describeVersion(at: Place, layer: LayerRecord): any {
  return {
    LayerVersionArn: versionArn(at, layer),
    Version: layer.version,
    Description: layer.description,
    CreatedDate: formatModified(layer.createdAt),
    ...(layer.runtimes.length > 0 && { CompatibleRuntimes: layer.runtimes }),
    ...(layer.architectures.length > 0 && { CompatibleArchitectures: layer.architectures }),
    ...(layer.license !== undefined && { LicenseInfo: layer.license }),
  };
}

async function withContent(context: Context, at: Place, layer: LayerRecord): Promise<any> {
  const { LayerVersionArn, ...rest } = describeVersion(at, layer);
  return {
    Content: {
      Location: await codeLocation(context, layer.codeSha256),
      CodeSha256: layer.codeSha256,
      CodeSize: layer.codeSize,
    },
    LayerArn: layerArn(at, layer.name),
    LayerVersionArn,
    ...rest,
  };
}

export const publishLayerVersion: Operation<'lambda', 'PublishLayerVersion'> = async (input, context) => {
  const at = placeOf(context);
  const { name } = parseLayer(input.LayerName, at);
  const code = await readZip(context, input.Content as CodeInput);
  await checkZip(code.bytes);
  const blob = await context.blobs.put(code.bytes);
  const layer = await context.store.transact(async (tx) => {
    const head = (await tx.get<LayerHead>(headKey(at, name)))?.value ?? { name, nextVersion: 1 };
    const record: LayerRecord = {
      name,
      version: head.nextVersion,
      description: input.Description ?? '',
      createdAt: context.clock.now(),
      runtimes: input.CompatibleRuntimes ?? [],
      architectures: input.CompatibleArchitectures ?? [],
      ...(input.LicenseInfo !== undefined && { license: input.LicenseInfo }),
      codeSha256: code.sha256,
      codeSize: code.bytes.length,
    };
    await retainCode(tx, context, code.sha256, { blob: blob.id, size: code.bytes.length });
    tx.set(headKey(at, name), { name, nextVersion: head.nextVersion + 1 } satisfies LayerHead);
    tx.set(versionKey(at, name, record.version), record);
    return record;
  });
  return withContent(context, at, layer);
};

export async function requireLayer(
  context: Context,
  text: string,
  version: number,
): Promise<{ at: Place; layer: LayerRecord }> {
  checkNumber(version);
  const { at, name } = parseLayer(text, placeOf(context));
  const layer = await findLayer(context.store, at, name, version);
  if (!layer) throw missing();
  return { at, layer };
}

export const getLayerVersion: Operation<'lambda', 'GetLayerVersion'> = async (input, context) => {
  const { at, layer } = await requireLayer(context, input.LayerName, input.VersionNumber);
  return withContent(context, at, layer);
};

export const getLayerVersionByArn: Operation<'lambda', 'GetLayerVersionByArn'> = async (input, context) => {
  const { version } = parseLayer(input.Arn, placeOf(context));
  const { at, layer } = await requireLayer(context, input.Arn, version ?? 0);
  return withContent(context, at, layer);
};

async function versionsOf(reader: Reader, at: Place, name: string): Promise<LayerRecord[]> {
  const entries = await reader.list<LayerRecord>({ prefix: [...root(at), 'layer-version', name] }, { reverse: true });
  return entries.map((entry) => entry.value);
}

const fits = (layer: LayerRecord, runtime: string | undefined, architecture: string | undefined): boolean =>
  (runtime === undefined || layer.runtimes.includes(runtime)) &&
  (architecture === undefined || layer.architectures.length === 0 || layer.architectures.includes(architecture));

export const listLayerVersions: Operation<'lambda', 'ListLayerVersions'> = async (input, context) => {
  const { at, name } = parseLayer(input.LayerName, placeOf(context));
  const all = (await versionsOf(context.store, at, name)).filter((layer) =>
    fits(layer, input.CompatibleRuntime, input.CompatibleArchitecture),
  );
  const below = input.Marker === undefined ? Infinity : Number(input.Marker);
  const rest = all.filter((layer) => layer.version < below);
  const page = rest.slice(0, Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX));
  return {
    LayerVersions: page.map((layer) => describeVersion(at, layer)),
    ...(rest.length > page.length && { NextMarker: String(page.at(-1)?.version) }),
  };
};

export const listLayers: Operation<'lambda', 'ListLayers'> = async (input, context) => {
  const at = placeOf(context);
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const layers: any[] = [];
  let after = input.Marker === undefined ? undefined : headKey(at, input.Marker);
  for (;;) {
    const heads = await context.store.list<LayerHead>(
      { prefix: [...root(at), 'layer'] },
      { limit: 100, ...(after && { after }) },
    );
    for (const { value: head } of heads) {
      const latest = (await versionsOf(context.store, at, head.name)).find((layer) =>
        fits(layer, input.CompatibleRuntime, input.CompatibleArchitecture),
      );
      if (latest)
        layers.push({
          LayerName: head.name,
          LayerArn: layerArn(at, head.name),
          LatestMatchingVersion: describeVersion(at, latest),
        });
    }
    if (heads.length < 100 || layers.length > limit) break;
    after = heads.at(-1)?.key;
  }
  return { Layers: layers.slice(0, limit), ...(layers.length > limit && { NextMarker: layers[limit - 1]?.LayerName }) };
};

/** Functions that have it go on: the code is counted, and they hold it too. */
export const deleteLayerVersion: Operation<'lambda', 'DeleteLayerVersion'> = async (input, context) => {
  checkNumber(input.VersionNumber);
  const { at, name } = parseLayer(input.LayerName, placeOf(context));
  await context.store.transact(async (tx) => {
    const layer = await findLayer(tx, at, name, input.VersionNumber);
    if (!layer) return; // AWS answers 204 all the same
    tx.delete(versionKey(at, name, layer.version));
    await releaseCode(tx, context, layer.codeSha256);
  });
  return {};
};

export async function updateLayerPolicy<T>(
  context: Context,
  text: string,
  version: number,
  change: (layer: LayerRecord, arn: string) => T,
): Promise<T> {
  const { at, name } = parseLayer(text, placeOf(context));
  return context.store.transact(async (tx) => {
    const layer = await findLayer(tx, at, name, version);
    if (!layer) throw notFound(`Layer version ${layerArn(at, name)}:${version} does not exist.`);
    const result = change(layer, versionArn(at, layer));
    tx.set(versionKey(at, name, version), layer);
    return result;
  });
}
