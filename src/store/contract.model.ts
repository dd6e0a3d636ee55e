// A model of the store in a few lines, and random histories to compare a driver with it. Knows nothing of the encoding.
import assert from 'node:assert/strict';
import {
  LIMITS,
  type Entry,
  type Key,
  type ListOptions,
  type Part,
  type Range,
  type Reader,
  type Store,
  type Value,
  type Writer,
} from './contract.ts';

/** mulberry32 */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

const RANKS = ['null', 'bytes', 'string', 'integer', 'double', 'boolean'];
function rank(part: Part): number {
  if (part === null) return 0;
  if (part instanceof Uint8Array) return 1;
  if (typeof part === 'number') return RANKS.indexOf(Number.isSafeInteger(part) ? 'integer' : 'double');
  return RANKS.indexOf(typeof part);
}

function compareParts(a: Part, b: Part): number {
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b);
  if (typeof a === 'string' && typeof b === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b));
  return Number(a) - Number(b);
}

export function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compareParts(a[i]!, b[i]!);
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

interface Held {
  key: Key;
  value: Value;
  expires?: number;
}

/** Entries in key order. */
class Model {
  entries: Held[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  copy(): Model {
    const copy = new Model(this.#now);
    copy.entries = [...this.entries];
    return copy;
  }

  get(key: Key): Held | undefined {
    return this.#live().find((entry) => compareKeys(entry.key, key) === 0);
  }

  list(range: Range, options: ListOptions): Held[] {
    const { prefix, from, to } = range;
    const { reverse, after, limit = LIMITS.listRows } = options;
    const found = this.#live().filter(({ key }) => {
      if (compareKeys(key.slice(0, prefix.length), prefix) !== 0) return false;
      if (from && compareKeys(key, from) < 0) return false;
      if (to && compareKeys(key, to) >= 0) return false;
      return !after || (reverse ? compareKeys(key, after) < 0 : compareKeys(key, after) > 0);
    });
    return (reverse ? found.toReversed() : found).slice(0, limit);
  }

  set(entry: Held): void {
    this.delete(entry.key);
    this.entries.push(entry);
    this.entries.sort((a, b) => compareKeys(a.key, b.key));
  }

  delete(key: Key): void {
    this.entries = this.entries.filter((entry) => compareKeys(entry.key, key) !== 0);
  }

  clear(prefix: Key): void {
    this.entries = this.entries.filter(({ key }) => compareKeys(key.slice(0, prefix.length), prefix) !== 0);
  }

  #live(): Held[] {
    return this.entries.filter((entry) => entry.expires === undefined || entry.expires > this.#now());
  }
}

const PARTS: Part[] = [
  'a', 'b', 'a\0', 'ab', '', 'é', '\u{10000}', '\uffff', 0, 1, -1, 255, 256, -255, -256, 2 ** 40, -(2 ** 53) + 1, 0.5, -0.5,
  1e300, -1e300, true, false, null, Buffer.of(), Buffer.of(0), Buffer.of(0, 255), Buffer.of(255),
]; // prettier-ignore

interface Chance {
  pick: (below: number) => number;
  key: () => Key;
  value: () => Value;
  range: () => Range;
  options: () => ListOptions;
}

function chances(seed: number, parts: Part[]): Chance {
  const pick = random(seed);
  const some = <T>(from: readonly T[]): T => from[pick(from.length)]!;
  const key = (): Key => Array.from({ length: 1 + pick(3) }, () => some(parts));
  return {
    pick,
    key,
    value: () => (pick(4) === 0 ? Buffer.alloc(pick(50), pick(256)) : { n: pick(1000), text: 'x'.repeat(pick(100)) }),
    range: () => ({
      prefix: key().slice(0, pick(3)),
      ...(pick(3) === 0 && { from: key() }),
      ...(pick(3) === 0 && { to: key() }),
    }),
    options: () => ({
      ...(pick(2) === 0 && { limit: 1 + pick(6) }),
      ...(pick(2) === 0 && { reverse: true }),
      ...(pick(4) === 0 && { after: key() }),
    }),
  };
}

const plain = (entries: (Entry | Held)[]): unknown[] => entries.map(({ key, value }) => ({ key, value }));

async function compareReads(reader: Reader, model: Model, chance: Chance, where: string): Promise<void> {
  if (chance.pick(2) === 0) {
    const key = chance.key();
    assert.deepEqual((await reader.get(key))?.value, model.get(key)?.value, `get ${where}`);
  } else {
    const [range, options] = [chance.range(), chance.options()];
    const found = plain(await reader.list(range, options));
    const context = `${where}: list ${JSON.stringify([range, options])}`;
    assert.deepEqual(found, plain(model.list(range, options)), context);
  }
}

function write(writer: Writer, model: Model, chance: Chance, now: number): void {
  const key = chance.key();
  if (chance.pick(3) === 0) {
    writer.delete(key);
    model.delete(key);
    return;
  }
  const value = chance.value();
  const expires = chance.pick(5) === 0 ? now + chance.pick(300) : undefined;
  writer.set(key, value, expires === undefined ? {} : { expires });
  model.set({ key, value, ...(expires !== undefined && { expires }) });
}

/** One step after the other: transactions that read what they write, mutates, clears, time. */
export async function checkHistory(
  store: Store,
  steps: number,
  clock: { now: () => number; advance: (ms: number) => void },
): Promise<void> {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
  const chance = chances(seed, PARTS);
  let model = new Model(clock.now);
  for (let step = 0; step < steps; step++) {
    const where = `seed ${seed} step ${step}`;
    const kind = chance.pick(20);
    const options = chance.pick(3) === 0 ? ({ durability: 'lazy' } as const) : {};
    if (kind < 10) {
      model = await store.transact(async (tx) => {
        const after = model.copy(); // the function may run again: the store sweeps what expired
        for (let i = chance.pick(4); i >= 0; i--) {
          write(tx, after, chance, clock.now());
          await compareReads(tx, after, chance, where);
        }
        return after;
      }, options);
    } else if (kind < 14) {
      const key = chance.key();
      const expected = model.get(key)?.value;
      const found = await store.mutate([key], ([value], tx) => (write(tx, model, chance, clock.now()), value), options);
      assert.deepEqual(found, expected, `mutate ${where}`);
    } else if (kind < 15 && chance.pick(10) === 0) {
      const prefix = chance.key();
      await store.clear(prefix);
      model.clear(prefix);
    } else if (kind < 17) clock.advance(chance.pick(100));
    else await compareReads(store, model, chance, where);
  }
  assert.deepEqual(plain(await store.list({ prefix: [] })), plain(model.list({ prefix: [] }, {})), `seed ${seed}`);
}

/** What a transaction saw and did, to be repeated on the model. */
type Step = (model: Model) => void;

/** Many at once on few keys. Each appends its number, so the log tells the order in which to replay them against the model. */
export async function checkSerializable(store: Store, transactions: number): Promise<void> {
  const seed = Number(process.env['SEED'] ?? Date.now() % 1e9);
  const chance = chances(seed, ['a', 'b', 1, 2]);
  const done = new Map<number, Step[]>();
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < transactions) {
      const id = next++;
      await store.transact(async (tx) => {
        const steps: Step[] = [];
        for (let i = chance.pick(5); i >= 0; i--) {
          steps.push(await randomStep(tx, chance, `seed ${seed} transaction ${id}`));
          if (chance.pick(2) === 0) await new Promise((resolve) => setImmediate(resolve));
        }
        tx.append(['log'], id);
        done.set(id, steps); // of the last run, the one that was committed
      });
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  await replay(store, done);
}

async function randomStep(tx: Reader & Writer, chance: Chance, where: string): Promise<Step> {
  const key = ['k', ...chance.key()];
  const kind = chance.pick(5);
  if (kind === 0) {
    tx.delete(key);
    return (model) => model.delete(key);
  }
  if (kind === 1) {
    const value = chance.value();
    tx.set(key, value);
    return (model) => model.set({ key, value });
  }
  if (kind === 2) {
    const found = (await tx.get(key))?.value;
    return (model) => assert.deepEqual(found, model.get(key)?.value, where);
  }
  const range = { prefix: ['k', ...chance.range().prefix] };
  const { after: _, ...page } = chance.options();
  const found = plain(await tx.list(range, page));
  return (model) => assert.deepEqual(found, plain(model.list(range, page)), where);
}

async function replay(store: Store, done: Map<number, Step[]>): Promise<void> {
  const model = new Model(() => 0);
  let count = 0;
  for (let after: Key | undefined; ;) {
    const page = await store.list<number>({ prefix: ['log'] }, after ? { after } : {});
    if (page.length === 0) break;
    for (const { value: id } of page) {
      count++;
      for (const step of done.get(id)!) step(model);
    }
    after = page.at(-1)!.key;
  }
  assert.equal(count, done.size);
  assert.deepEqual(plain(await store.list({ prefix: ['k'] })), plain(model.list({ prefix: ['k'] }, {})));
}
