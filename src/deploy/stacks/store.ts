// The only file that knows where stacks lie in the store.
import type { ResourceChange } from '@aws-sdk/client-cloudformation';
import { createHash } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Entry, Key, Reader, Store, Transaction, Writer } from '#store/contract.ts';
import type { EventRecord, ResourceRecord, StackKey, StackRecord } from '../engine/records.ts';
import type { ChangeSetRecord } from './change-set.ts';

interface Place {
  accountId: string;
  region: string;
}

export interface ExportRecord {
  name: string;
  value: string;
  stackId: string;
  uuid: string;
}

const root = ({ accountId, region }: Place, kind: string): Key => [accountId, region, 'cloudformation', kind];
const stackKey = (place: Place, uuid: string): Key => [...root(place, 'stack'), uuid];
const nameKey = (place: Place, name: string): Key => [...root(place, 'name'), name];
const resourceKey = (stack: StackKey, logicalId: string): Key => [...root(stack, 'resource'), stack.uuid, logicalId];
const eventPrefix = (stack: StackKey): Key => [...root(stack, 'event'), stack.uuid];
const templateKey = (stack: StackKey, number: number, stage: TemplateStage): Key => [
  ...root(stack, 'template'),
  stack.uuid,
  number,
  stage,
];
const exportKey = (place: Place, name: string): Key => [...root(place, 'export'), name];
const importKey = (place: Place, name: string, uuid: string): Key => [...root(place, 'import'), name, uuid];
const importedByKey = (stack: StackKey, name: string): Key => [...root(stack, 'imports-of'), stack.uuid, name];
const changeSetKey = (stack: StackKey, uuid: string): Key => [...root(stack, 'change-set'), stack.uuid, uuid];
const changeValuesKey = (stack: StackKey, uuid: string): Key => [...root(stack, 'change-values'), stack.uuid, uuid];
const signalKey = (stack: StackKey, logicalId: string, uniqueId: string): Key => [
  ...root(stack, 'signal'),
  stack.uuid,
  logicalId,
  uniqueId,
];

export type TemplateStage = 'Original' | 'Processed';
/** Deleted stacks can still be described for this long. */
export const DELETED_STACK_MS = 90 * 24 * 3_600_000;
const PAGE = 1_000;

export async function listAll<V>(reader: Reader, prefix: Key, limitPerPage = PAGE): Promise<Entry<V>[]> {
  const all: Entry<V>[] = [];
  for (;;) {
    const after = all.at(-1)?.key;
    const page = await reader.list<V>({ prefix }, { limit: limitPerPage, ...(after && { after }) });
    all.push(...page);
    if (page.length < limitPerPage) return all;
  }
}

// Stacks

export async function getStack(reader: Reader, key: StackKey): Promise<StackRecord | undefined> {
  return (await reader.get<StackRecord>(stackKey(key, key.uuid)))?.value;
}

export function putStack(tx: Writer, stack: StackRecord): void {
  const gone = stack.status === 'DELETE_COMPLETE';
  tx.set(
    stackKey(stack, stack.uuid),
    stack,
    gone ? { expires: (stack.deletionTime ?? 0) + DELETED_STACK_MS } : undefined,
  );
}

/** The stack that has this name now; deleted ones have none. */
export async function findUuid(reader: Reader, place: Place, name: string): Promise<string | undefined> {
  return (await reader.get<string>(nameKey(place, name)))?.value;
}

export const putName = (tx: Writer, stack: StackRecord): void => tx.set(nameKey(stack, stack.name), stack.uuid);
export const deleteName = (tx: Writer, stack: StackRecord): void => tx.delete(nameKey(stack, stack.name));

export async function listStacks(reader: Reader, place: Place): Promise<StackRecord[]> {
  return (await listAll<StackRecord>(reader, root(place, 'stack'))).map((entry) => entry.value);
}

export const watchStack = (store: Store, key: StackKey, listener: () => void): (() => void) =>
  store.watch(stackKey(key, key.uuid), listener);

// Templates

export function putTemplate(tx: Writer, stack: StackKey, number: number, stage: TemplateStage, text: string): void {
  tx.set(templateKey(stack, number, stage), gzipSync(text));
}

export async function getTemplate(
  reader: Reader,
  stack: StackKey,
  number: number,
  stage: TemplateStage,
): Promise<string | undefined> {
  const entry = await reader.get<Uint8Array>(templateKey(stack, number, stage));
  return entry && gunzipSync(entry.value).toString();
}

export function deleteTemplate(tx: Writer, stack: StackKey, number: number): void {
  for (const stage of ['Original', 'Processed'] as const) tx.delete(templateKey(stack, number, stage));
}

// Resources

export async function listResources(reader: Reader, stack: StackKey): Promise<ResourceRecord[]> {
  const prefix = [...root(stack, 'resource'), stack.uuid];
  const all: ResourceRecord[] = [];
  for (const { value } of await listAll<ResourceRecord | Pieces>(reader, prefix)) {
    const resource = isInPieces(value) ? await readPieces(reader, stack, value) : value;
    if (resource) all.push(resource);
  }
  return all;
}

export async function putResource(tx: Transaction, stack: StackKey, resource: ResourceRecord): Promise<void> {
  await removePieces(tx, stack, resource.logicalId);
  const text = JSON.stringify(resource);
  if (text.length <= WHOLE_LENGTH_MAX) tx.set(resourceKey(stack, resource.logicalId), resource);
  else putPieces(tx, stack, resource.logicalId, gzipSync(text));
}

export async function deleteResource(tx: Transaction, stack: StackKey, logicalId: string): Promise<void> {
  await removePieces(tx, stack, logicalId);
  tx.delete(resourceKey(stack, logicalId));
}

/**
 * A resource may have an OpenAPI document as large as its template, once as it stands and once as it shall be: more than an
 * entry holds. (A blob would need its own life cycle beside the commits of an operation.)
 */
const WHOLE_LENGTH_MAX = 256 * 1024;
const PIECE_BYTES_MAX = 512 * 1024;

interface Pieces {
  inPieces: number;
  logicalId: string;
  /** of the bytes: pieces of one writing are never taken for those of another */
  digest: string;
}

const isInPieces = (value: ResourceRecord | Pieces): value is Pieces => 'inPieces' in value;
const pieceKeys = (stack: StackKey, { logicalId, digest, inPieces }: Pieces): Key[] =>
  Array.from({ length: inPieces }, (_each, n) => [...root(stack, 'resource-piece'), stack.uuid, logicalId, digest, n]);

function putPieces(tx: Writer, stack: StackKey, logicalId: string, bytes: Buffer): void {
  const inPieces = Math.ceil(bytes.length / PIECE_BYTES_MAX);
  const head: Pieces = { inPieces, logicalId, digest: createHash('sha256').update(bytes).digest('hex') };
  for (const [n, key] of pieceKeys(stack, head).entries()) {
    tx.set(key, new Uint8Array(bytes.subarray(n * PIECE_BYTES_MAX, (n + 1) * PIECE_BYTES_MAX)));
  }
  tx.set(resourceKey(stack, logicalId), head);
}

/** Undefined when the resource is gone. A reader without a transaction may come between: then it looks again. */
async function readPieces(reader: Reader, stack: StackKey, head: Pieces): Promise<ResourceRecord | undefined> {
  let current: ResourceRecord | Pieces | undefined = head;
  while (current && isInPieces(current)) {
    const pieces: (Entry<Uint8Array> | undefined)[] = await reader.getMany<Uint8Array>(pieceKeys(stack, current));
    if (pieces.every((piece) => piece !== undefined)) {
      const bytes = Buffer.concat(pieces.map((piece) => piece.value));
      return JSON.parse(gunzipSync(bytes).toString()) as ResourceRecord;
    }
    current = (await reader.get<ResourceRecord | Pieces>(resourceKey(stack, head.logicalId)))?.value;
  }
  return current;
}

async function removePieces(tx: Transaction, stack: StackKey, logicalId: string): Promise<void> {
  const before = (await tx.get<ResourceRecord | Pieces>(resourceKey(stack, logicalId)))?.value;
  if (!before || !isInPieces(before)) return;
  for (const key of pieceKeys(stack, before)) tx.delete(key);
}

// Events

/** Properties that are large are packed: an entry holds 1 MiB, and text in text is escaped twice. */
const PROPERTIES_LENGTH_MAX = 64 * 1024;
type StoredEvent = EventRecord & { packedProperties?: string };

export function appendEvent(tx: Writer, stack: StackKey, event: EventRecord): void {
  const { properties, ...rest } = event;
  const isLarge = properties !== undefined && properties.length > PROPERTIES_LENGTH_MAX;
  const stored: StoredEvent = isLarge ? { ...rest, packedProperties: gzipSync(properties).toString('base64') } : event;
  tx.append(eventPrefix(stack), stored);
}

function unpackEvent(entry: Entry<StoredEvent>): Entry<EventRecord> {
  const { packedProperties, ...value } = entry.value;
  if (packedProperties === undefined) return entry;
  const properties = gunzipSync(Buffer.from(packedProperties, 'base64')).toString();
  return { ...entry, value: { ...value, properties } };
}

/** Newest first. */
export async function listEvents(
  reader: Reader,
  stack: StackKey,
  limit: number,
  after?: Key,
): Promise<Entry<EventRecord>[]> {
  const options = { reverse: true, limit, ...(after && { after }) };
  return (await reader.list<StoredEvent>({ prefix: eventPrefix(stack) }, options)).map(unpackEvent);
}

/** Everything of a stack but its record. */
export async function clearStack(store: Store, stack: StackKey): Promise<void> {
  for (const kind of [
    'event',
    'template',
    'resource',
    'resource-piece',
    'change-set',
    'change-values',
    'signal',
    'imports-of',
  ]) {
    await store.clear([...root(stack, kind), stack.uuid]);
  }
}

// Exports and imports

export async function getExport(reader: Reader, place: Place, name: string): Promise<ExportRecord | undefined> {
  return (await reader.get<ExportRecord>(exportKey(place, name)))?.value;
}

export const putExport = (tx: Writer, place: Place, record: ExportRecord): void =>
  tx.set(exportKey(place, record.name), record);
export const deleteExport = (tx: Writer, place: Place, name: string): void => tx.delete(exportKey(place, name));

export async function listExports(reader: Reader, place: Place): Promise<ExportRecord[]> {
  return (await listAll<ExportRecord>(reader, root(place, 'export'))).map((entry) => entry.value);
}

/** Names of the stacks that import this export. */
export async function listImporters(reader: Reader, place: Place, name: string): Promise<string[]> {
  return (await listAll<string>(reader, [...root(place, 'import'), name])).map((entry) => entry.value);
}

/** Replaces what a stack imports. */
export async function setImports(tx: Transaction, stack: StackRecord, names: ReadonlySet<string>): Promise<void> {
  const before = await listAll<boolean>(tx, [...root(stack, 'imports-of'), stack.uuid]);
  for (const { key } of before) {
    const name = key.at(-1) as string;
    if (names.has(name)) continue;
    tx.delete(key);
    tx.delete(importKey(stack, name, stack.uuid));
  }
  for (const name of names) {
    tx.set(importedByKey(stack, name), true);
    tx.set(importKey(stack, name, stack.uuid), stack.name);
  }
}

// Change sets

export async function getChangeSet(
  reader: Reader,
  stack: StackKey,
  uuid: string,
): Promise<ChangeSetRecord | undefined> {
  return (await reader.get<ChangeSetRecord>(changeSetKey(stack, uuid)))?.value;
}

export async function listChangeSets(reader: Reader, stack: StackKey): Promise<ChangeSetRecord[]> {
  const prefix = [...root(stack, 'change-set'), stack.uuid];
  return (await listAll<ChangeSetRecord>(reader, prefix)).map((entry) => entry.value);
}

export const putChangeSet = (tx: Writer, stack: StackKey, record: ChangeSetRecord): void =>
  tx.set(changeSetKey(stack, record.uuid), record);
export function deleteChangeSet(tx: Writer, stack: StackKey, uuid: string): void {
  tx.delete(changeSetKey(stack, uuid));
  tx.delete(changeValuesKey(stack, uuid));
}

/** A change set's changes with the properties before and after: packed, they are as large as two templates. */
export const putChangeValues = (tx: Writer, stack: StackKey, uuid: string, changes: readonly ResourceChange[]): void =>
  tx.set(changeValuesKey(stack, uuid), gzipSync(JSON.stringify(changes)));

export async function getChangeValues(reader: Reader, stack: StackKey, uuid: string): Promise<ResourceChange[]> {
  const entry = await reader.get<Uint8Array>(changeValuesKey(stack, uuid));
  return entry ? (JSON.parse(gunzipSync(entry.value).toString()) as ResourceChange[]) : [];
}

// Signals: answers of custom resources, wait conditions, SignalResource

export interface SignalRecord {
  status: 'SUCCESS' | 'FAILURE';
  uniqueId: string;
  reason?: string;
  data?: unknown;
  /** custom resources */
  physicalId?: string;
  noEcho?: boolean;
}

export const putSignal = (tx: Writer, stack: StackKey, logicalId: string, signal: SignalRecord): void =>
  tx.set(signalKey(stack, logicalId, signal.uniqueId), signal);

export async function listSignals(reader: Reader, stack: StackKey, logicalId: string): Promise<SignalRecord[]> {
  const prefix = [...root(stack, 'signal'), stack.uuid, logicalId];
  return (await listAll<SignalRecord>(reader, prefix)).map((entry) => entry.value);
}

export const clearSignals = (store: Store, stack: StackKey, logicalId: string): Promise<number> =>
  store.clear([...root(stack, 'signal'), stack.uuid, logicalId]);

export const watchSignals = (store: Store, stack: StackKey, logicalId: string, listener: () => void): (() => void) =>
  store.watch([...root(stack, 'signal'), stack.uuid, logicalId], listener);
