// [account, region, 'lambda', 'event-source', uuid]   the mapping
// ['global', 'lambda', 'event-source', uuid]          where it is, for the pollers of this node
import type { Key, Reader, Writer } from '#store/contract.ts';
import { root, type Place } from '../store.ts';

export interface EventSourceMapping extends Place {
  uuid: string;
  /** changes with every update: pollers begin anew */
  revision: string;
  eventSourceArn: string;
  /** with qualifier, as given */
  functionArn: string;
  enabled: boolean;
  batchSize: number;
  windowSeconds: number;
  responseTypes: string[];
  maximumConcurrency?: number;
  /** JSON texts */
  filters: string[];
  tags: Record<string, string>;
  lastModified: number;
}

interface Pointer extends Place {
  revision: string;
}

const mappingKey = (at: Place, uuid: string): Key => [...root(at), 'event-source', uuid];
export const POINTERS: Key = ['global', 'lambda', 'event-source'];

export const findMapping = async (reader: Reader, at: Place, uuid: string): Promise<EventSourceMapping | undefined> =>
  (await reader.get<EventSourceMapping>(mappingKey(at, uuid)))?.value;

export function putMapping(tx: Writer, mapping: EventSourceMapping): void {
  const { accountId, region, uuid, revision } = mapping;
  tx.set(mappingKey(mapping, uuid), mapping);
  tx.set([...POINTERS, uuid], { accountId, region, revision } satisfies Pointer);
}

export function deleteMapping(tx: Writer, mapping: EventSourceMapping): void {
  tx.delete(mappingKey(mapping, mapping.uuid));
  tx.delete([...POINTERS, mapping.uuid]);
}

export async function listMappings(
  reader: Reader,
  at: Place,
  after: string | undefined,
  limit: number,
): Promise<EventSourceMapping[]> {
  const prefix = [...root(at), 'event-source'];
  const options = { limit, ...(after !== undefined && { after: mappingKey(at, after) }) };
  return (await reader.list<EventSourceMapping>({ prefix }, options)).map((entry) => entry.value);
}

const PAGE = 1000;

/** Every mapping of every account. */
export async function listPointers(reader: Reader): Promise<(Pointer & { uuid: string })[]> {
  const all: (Pointer & { uuid: string })[] = [];
  for (let after: Key | undefined; ;) {
    const page = await reader.list<Pointer>({ prefix: POINTERS }, { limit: PAGE, ...(after && { after }) });
    for (const { key, value } of page) all.push({ ...value, uuid: String(key.at(-1)) });
    after = page.at(-1)?.key;
    if (page.length < PAGE) return all;
  }
}
