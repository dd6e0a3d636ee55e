// REST bindings: which member of a shape travels in the path, the query, a header, the status or the body.
import { parseTimestamp, scalarReader, scalarWriter, formatTimestamp } from './scalars.ts';
import { setOwn } from './compile.ts';
import { Malformed, wrongType } from './malformed.ts';
import type { Member, Shape, StructureShape } from './model.ts';

export interface Bindings {
  labels: Member[];
  query: Member[];
  queryParams?: Member;
  headers: { name: string; member: Member }[];
  prefixHeaders: { prefix: string; member: Member }[];
  payload?: Member;
  statusCode?: Member;
  /** the members of the body when there is no payload member */
  body: StructureShape;
}

type Side = 'input' | 'output';

function bind(shape: StructureShape, side: Side): Bindings {
  const members: Member[] = [];
  const bindings: Bindings = {
    labels: [],
    query: [],
    headers: [],
    prefixHeaders: [],
    body: { kind: 'structure', name: shape.name, union: false, traits: shape.traits, members },
  };
  for (const member of shape.members) {
    const { traits } = member;
    // an output shape may be an input shape as well (API Gateway's `position`): its path and query traits mean nothing here
    if (side === 'input' && traits.httpLabel) bindings.labels.push(member);
    else if (side === 'input' && traits.httpQuery !== undefined) bindings.query.push(member);
    else if (side === 'input' && traits.httpQueryParams) bindings.queryParams = member;
    else if (traits.httpHeader !== undefined) bindings.headers.push({ name: traits.httpHeader.toLowerCase(), member });
    else if (traits.httpPrefixHeaders !== undefined) {
      bindings.prefixHeaders.push({ prefix: traits.httpPrefixHeaders.toLowerCase(), member });
    } else if (traits.httpPayload) bindings.payload = member;
    else if (traits.httpResponseCode) bindings.statusCode = member;
    else if (isEventStream(member.shape)) bindings.payload = member;
    else members.push(member);
  }
  return bindings;
}

/** A union that travels as a stream of events is the whole body. */
export const isEventStream = (shape: Shape): shape is StructureShape =>
  shape.kind === 'structure' && shape.union && shape.traits.streaming === 1;

const bound: Record<Side, WeakMap<StructureShape, Bindings>> = { input: new WeakMap(), output: new WeakMap() };

export function bindingsOf(shape: StructureShape, side: Side): Bindings {
  let bindings = bound[side].get(shape);
  if (!bindings) {
    bindings = bind(shape, side);
    bound[side].set(shape, bindings);
  }
  return bindings;
}

// ---- reading

export interface HttpParts {
  labels: Readonly<Record<string, string>>;
  query: readonly [string, string][];
  headers: Readonly<Record<string, string>>;
}

function readText(shape: Shape, text: string, where: 'header' | 'query' | 'label'): unknown {
  if (shape.kind === 'list' || shape.kind === 'map' || shape.kind === 'structure')
    return wrongType('Unexpected field type');
  return scalarReader(shape, where === 'header' ? 'http-date' : 'date-time')(text);
}

/** Commas separate, quotes protect; HTTP dates carry a comma of their own. */
function splitHeader(text: string, dates: boolean): string[] {
  const pattern = dates ? /[^,]+,[^,]+/g : /"(?:[^"\\]|\\.)*"|[^,]+/g;
  return (text.match(pattern) ?? []).map((part) => {
    const item = part.trim();
    return item.startsWith('"') && item.endsWith('"') && item.length > 1
      ? item.slice(1, -1).replace(/\\(.)/g, '$1')
      : item;
  });
}

function readHeader(shape: Shape, text: string): unknown {
  if (shape.kind !== 'list') return readText(shape, text, 'header');
  const item = shape.member.shape;
  const dates = item.kind === 'timestamp' && (item.format ?? 'http-date') === 'http-date';
  return splitHeader(text, dates).map((part) =>
    item.kind === 'timestamp' ? parseTimestamp(part, item.format ?? 'http-date') : readText(item, part, 'header'),
  );
}

function readQueryParams(
  member: Member,
  query: HttpParts['query'],
  taken: ReadonlySet<string>,
): Record<string, unknown> {
  const lists = member.shape.kind === 'map' && member.shape.value.shape.kind === 'list';
  const out: Record<string, unknown> = {};
  for (const [name, value] of query) {
    if (taken.has(name)) continue;
    if (!lists) setOwn(out, name, value);
    else if (Object.hasOwn(out, name)) (out[name] as string[]).push(value);
    else setOwn(out, name, [value]);
  }
  return out;
}

/** Names the parameter where its value is refused: S3 does. */
function readQuery(shape: Shape, found: readonly string[], parameter: string): unknown {
  try {
    if (shape.kind !== 'list') return readQueryScalar(shape, found[0]!);
    return found.map((text) => readText(shape.member.shape, text, 'query'));
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new Malformed(error.what, error.message, [parameter, found[0]!]);
  }
}

/** Everything but the body. */
export function readHttpMembers(bindings: Bindings, parts: HttpParts, into: Record<string, unknown>): void {
  for (const { name, shape } of bindings.labels) {
    const text = parts.labels[name];
    if (text !== undefined) into[name] = readText(shape, text, 'label');
  }
  for (const { name, shape, traits } of bindings.query) {
    const found = parts.query.filter(([key]) => key === traits.httpQuery).map(([, value]) => value);
    if (found.length === 0) continue;
    const value = readQuery(shape, found, traits.httpQuery!);
    if (value !== undefined) into[name] = value;
  }
  if (bindings.queryParams) {
    const taken = new Set(bindings.query.map((member) => member.traits.httpQuery!));
    into[bindings.queryParams.name] = readQueryParams(bindings.queryParams, parts.query, taken);
  }
  for (const { name, member } of bindings.headers) {
    const text = parts.headers[name];
    if (text !== undefined) into[member.name] = readHeader(member.shape, text);
  }
  for (const { prefix, member } of bindings.prefixHeaders) {
    const found: Record<string, string> = {};
    for (const [name, value] of Object.entries(parts.headers)) {
      if (name.startsWith(prefix)) setOwn(found, name.slice(prefix.length), value);
    }
    if (Object.keys(found).length > 0) into[member.name] = found;
  }
}

/** Members of a body that older clients put into the query, under their own names. */
export function readQueryMembers(
  members: readonly Member[],
  query: HttpParts['query'],
  into: Record<string, unknown>,
): void {
  for (const { name, shape } of members) {
    const text = query.find(([key]) => key === name)?.[1];
    const value = text === undefined ? undefined : readQueryScalar(shape, text);
    if (value !== undefined) into[name] = value;
  }
}

/** `?limit=` means absent for everything but strings. */
function readQueryScalar(shape: Shape, text: string): unknown {
  return text === '' && shape.kind !== 'string' ? undefined : readText(shape, text, 'query');
}

// ---- writing

const HEADER_NEEDS_QUOTES = /[",]/;

function writeHeader(shape: Shape, value: any): string {
  if (shape.kind === 'list') {
    return value
      .map((item: unknown) => {
        const text = writeHeader(shape.member.shape, item);
        const plain = shape.member.shape.kind === 'timestamp' || !HEADER_NEEDS_QUOTES.test(text);
        return plain ? text : `"${text.replace(/(["\\])/g, '\\$1')}"`;
      })
      .join(', ');
  }
  if (shape.kind === 'timestamp') return formatTimestamp(value, shape.format ?? 'http-date');
  if (shape.kind === 'map' || shape.kind === 'structure') return JSON.stringify(value);
  return scalarWriter(shape, 'http-date')(value);
}

// node refuses such values; a line end in a stored header (Content-Disposition, metadata) must not split an answer
const UNSAFE_HEADER = /[^\t\x20-\x7e\x80-\xff]/g;

export function writeHeaders(bindings: Bindings, output: Record<string, any>): [string, string][] {
  const headers: [string, string][] = [];
  for (const { name, member } of bindings.headers) {
    const value = output[member.name];
    if (value !== undefined && value !== null) {
      headers.push([name, writeHeader(member.shape, value).replace(UNSAFE_HEADER, '?')]);
    }
  }
  for (const { prefix, member } of bindings.prefixHeaders) {
    for (const [name, value] of Object.entries(output[member.name] ?? {})) {
      headers.push([prefix + name.toLowerCase(), String(value).replace(UNSAFE_HEADER, '?')]);
    }
  }
  return headers;
}
