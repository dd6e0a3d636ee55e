// Random values of an SDK schema, as a client program would pass them. Deterministic by seed.
import { NormalizedSchema } from '@smithy/core/schema';

type Place = 'body' | 'header' | 'query' | 'label';

const TEXTS = [
  'abc',
  'x<y>&"z\'',
  'ünï',
  'a b',
  'line\nfeed',
  '0',
  'true',
  '{"j":1}',
  'a/b?c=d&e',
  '+%20',
  'end ',
  '__proto__',
];
const HEADER_TEXTS = ['abc', 'a-b_c', '0', 'x;y=z', 'token'];
const LABEL_TEXTS = ['abc', 'a b', 'a:b/c', 'ü', 'a+b', '100%'];
const DEPTH_MAX = 5;
const OPTIONAL_LEFT_OUT = 0.35;

export class RandomValues {
  #state: number;

  /** the service drops fractions of seconds */
  readonly #wholeSeconds: boolean;

  constructor(seed: number, wholeSeconds = false) {
    this.#state = seed;
    this.#wholeSeconds = wholeSeconds;
  }

  #random(): number {
    this.#state = (Math.imul(this.#state, 1103515245) + 12345) & 0x7fffffff;
    return this.#state / 0x7fffffff;
  }

  below(end: number): number {
    return Math.floor(this.#random() * end);
  }

  #pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)]!;
  }

  /** undefined: nothing of this schema can be said at this depth */
  value(schema: NormalizedSchema, depth = 0, place: Place = 'body'): any {
    if (schema.isUnitSchema()) return {};
    if (schema.isStructSchema()) return this.#structure(schema, depth, place);
    if (schema.isListSchema()) return this.#list(schema, depth, place);
    if (schema.isMapSchema()) return this.#map(schema, depth, place);
    if (schema.isBlobSchema()) return new Uint8Array([1, 2, 250, this.below(256)]);
    if (schema.isTimestampSchema()) return this.#time(schema, place);
    if (schema.isBooleanSchema()) return this.below(2) === 0;
    if (schema.isNumericSchema()) return this.below(1000);
    if (schema.isDocumentSchema()) return { a: [1, 'x', { b: true }] };
    if (schema.getMergedTraits().mediaType?.includes('json')) return '{"a":1}';
    if (place === 'header') return this.#pick(HEADER_TEXTS);
    return this.#pick(place === 'label' ? LABEL_TEXTS : TEXTS);
  }

  #time(schema: NormalizedSchema, place: Place): Date {
    const coarse = this.#wholeSeconds || place !== 'body' || schema.getSchema() === 6; // HTTP dates have no fractions
    return new Date(1_760_000_000_000 + this.below(1e6) * 1000 + (coarse ? 0 : 125));
  }

  #list(schema: NormalizedSchema, depth: number, place: Place): unknown[] | undefined {
    const out: unknown[] = [];
    for (let left = 1 + this.below(2); left > 0; left--) {
      const value = this.value(schema.getValueSchema(), depth + 1, place);
      if (value === undefined) return undefined;
      out.push(value);
    }
    return out;
  }

  #map(schema: NormalizedSchema, depth: number, place: Place): Record<string, unknown> | undefined {
    const out: Record<string, unknown> = {};
    for (let n = 1 + this.below(2); n > 0; n--) {
      const value = this.value(schema.getValueSchema(), depth + 1, place);
      if (value === undefined) return undefined;
      out[(place === 'header' ? 'k' : 'K&') + n] = value;
    }
    return out;
  }

  #structure(schema: NormalizedSchema, depth: number, place: Place): Record<string, unknown> | undefined {
    const members = [...schema.structIterator()];
    if (schema.isUnionSchema()) return this.#union(members, depth, place);
    const required = (schema.getSchema() as any)[6] ?? 0;
    const out: Record<string, unknown> = {};
    for (const [index, [name, member]] of members.entries()) {
      const traits = member.getMergedTraits();
      if (traits.httpResponseCode || isEventStream(member)) continue;
      if (depth >= DEPTH_MAX && isComplex(member)) continue;
      if (depth > 1 && index >= required && this.#random() < OPTIONAL_LEFT_OUT) continue;
      const value = this.value(member, depth + 1, placeOf(traits));
      if (value !== undefined) out[name] = value;
    }
    // the query protocols cannot say an empty structure
    return depth > 0 && Object.keys(out).length === 0 ? undefined : out;
  }

  #union(members: [string, NormalizedSchema][], depth: number, place: Place): Record<string, unknown> | undefined {
    const possible = depth < DEPTH_MAX ? members : members.filter(([, member]) => !isComplex(member));
    if (possible.length === 0) return undefined;
    const [name, member] = this.#pick(possible);
    const value = this.value(member, depth + 1, place);
    return value === undefined ? undefined : { [name]: value };
  }
}

function placeOf(traits: Record<string, any>): Place {
  if (traits['httpLabel']) return 'label';
  if (traits['httpHeader'] || traits['httpPrefixHeaders'] !== undefined) return 'header';
  return traits['httpQuery'] || traits['httpQueryParams'] ? 'query' : 'body';
}

const isComplex = (schema: NormalizedSchema): boolean =>
  schema.isStructSchema() || schema.isListSchema() || schema.isMapSchema();

export const isEventStream = (schema: NormalizedSchema): boolean => schema.isStructSchema() && schema.isStreaming();

/** Values in a form that deepEqual compares by meaning: bytes, dates and absent members. */
export function comparable(value: any): unknown {
  if (value instanceof Uint8Array) return `bytes:${Buffer.from(value).toString('hex')}`;
  if (value instanceof Date) return `date:${value.getTime()}`;
  if (Array.isArray(value)) return value.map(comparable);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => inner !== undefined && key !== '$metadata')
      .map(([key, inner]) => [key, comparable(inner)])
      .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1)),
  );
}
