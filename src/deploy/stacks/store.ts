// The only file that knows where stacks lie in the store.
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
  return (await listAll<ResourceRecord>(reader, prefix)).map((entry) => entry.value);
}

export const putResource = (tx: Writer, stack: StackKey, resource: ResourceRecord): void =>
  tx.set(resourceKey(stack, resource.logicalId), resource);
export const deleteResource = (tx: Writer, stack: StackKey, logicalId: string): void =>
  tx.delete(resourceKey(stack, logicalId));

// Events

export const appendEvent = (tx: Writer, stack: StackKey, event: EventRecord): void =>
  tx.append(eventPrefix(stack), event);

/** Newest first. */
export async function listEvents(
  reader: Reader,
  stack: StackKey,
  limit: number,
  after?: Key,
): Promise<Entry<EventRecord>[]> {
  return reader.list<EventRecord>({ prefix: eventPrefix(stack) }, { reverse: true, limit, ...(after && { after }) });
}

/** Everything of a stack but its record. */
export async function clearStack(store: Store, stack: StackKey): Promise<void> {
  for (const kind of ['event', 'template', 'resource', 'change-set', 'signal', 'imports-of']) {
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
export const deleteChangeSet = (tx: Writer, stack: StackKey, uuid: string): void =>
  tx.delete(changeSetKey(stack, uuid));

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
