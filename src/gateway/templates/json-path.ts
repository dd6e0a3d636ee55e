// JSONPath as Jayway's library reads it, which API Gateway uses: `$.a['b'][0]`, `[*]`, `..x`, `[1:3]`, `[0,2]`, `['a','b']`,
// `[-1]`, filters `[?(@.price < 10 && @.tag in ['x'])]`, and functions at the end (`.length()`).
// A path that can only mean one place is definite and answers the value; the others answer a list.
import { compileJsonFilter, type Filter } from './json-path-filter.ts';
import { isNumber, JavaDouble, JsonArray, TemplateError, type Value } from './values.ts';

const CACHE_MAX = 500;
const VISITS_MAX = 1_000_000;

export interface JsonPath {
  /** undefined when a definite path leads nowhere */
  find(root: Value): Value | undefined;
  /** the same with null for nowhere */
  read(root: Value): Value;
}

type Selector = (values: Value[], root: Value) => Value[];

const cache = new Map<string, JsonPath>();

/** Throws TemplateError for a path that is none. */
export function compileJsonPath(path: string): JsonPath {
  const known = cache.get(path);
  if (known) return known;
  const compiled = new PathReader(path).compile();
  if (cache.size >= CACHE_MAX) cache.delete(cache.keys().next().value!);
  cache.set(path, compiled);
  return compiled;
}

const NAME = /[^.[\]()\s'"]+/y;
const QUOTED = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/y;
const SLICE = /(-?\d+)?\s*:\s*(-?\d+)?(?:\s*:\s*(-?\d+)?)?/y;
const INTEGERS = /-?\d+(?:\s*,\s*-?\d+)*/y;
const FUNCTION = /\.(length|size|min|max|avg|sum|keys)\(\)$/y;

class PathReader {
  readonly #path: string;
  readonly #selectors: Selector[] = [];
  #at = 0;
  #definite = true;

  constructor(path: string) {
    // A path may be given without `$.`; the library adds it.
    const trimmed = path.trim();
    this.#path = trimmed.startsWith('$') || trimmed.startsWith('@') ? trimmed : `$.${trimmed}`;
  }

  compile(): JsonPath {
    this.#at = 1;
    let last: ((value: Value) => Value) | undefined;
    while (this.#at < this.#path.length) {
      const call = this.#match(FUNCTION);
      if (call) last = functions[call[1]!]!;
      else this.#step();
    }
    const selectors = this.#selectors;
    const definite = this.#definite;
    const find = (root: Value): Value | undefined => {
      const found = selectors.reduce((values, select) => select(values, root), [root]);
      if (definite) return last && found.length ? last(found[0]!) : found[0];
      const list = new JsonArray();
      for (const item of found) list.push(item);
      return last ? last(list) : list;
    };
    return { find, read: (root) => find(root) ?? null };
  }

  #step(): void {
    if (this.#path.startsWith('..', this.#at)) {
      this.#at += 2;
      this.#definite = false;
      this.#selectors.push(descend);
      if (this.#path[this.#at] === '[') this.#bracket();
      else this.#nameOrAll();
    } else if (this.#path[this.#at] === '.') {
      this.#at++;
      this.#nameOrAll();
    } else if (this.#path[this.#at] === '[') {
      this.#bracket();
    } else {
      this.#fail();
    }
  }

  #nameOrAll(): void {
    const name = this.#match(NAME)?.[0] ?? this.#fail();
    if (name === '*') this.#all();
    else this.#selectors.push(member(name));
  }

  #all(): void {
    this.#definite = false;
    this.#selectors.push((values) => values.flatMap(children));
  }

  #bracket(): void {
    this.#at++;
    this.#space();
    if (this.#path[this.#at] === '*') {
      this.#at++;
      this.#all();
    } else if (this.#path[this.#at] === '?') {
      this.#filter();
    } else if (this.#path[this.#at] === "'" || this.#path[this.#at] === '"') {
      this.#names();
    } else if (this.#peek(SLICE)) {
      const [, from, to, step] = this.#match(SLICE)!;
      this.#definite = false;
      this.#selectors.push(slice(from, to, step));
    } else {
      const integers = this.#match(INTEGERS)?.[0] ?? this.#fail();
      const indexes = integers.split(',').map(Number);
      if (indexes.length > 1) this.#definite = false;
      this.#selectors.push((values) => values.flatMap((value) => indexes.flatMap((index) => element(value, index))));
    }
    this.#space();
    if (this.#path[this.#at] !== ']') this.#fail();
    this.#at++;
  }

  #names(): void {
    const names: string[] = [];
    do {
      this.#space();
      const quoted = this.#match(QUOTED) ?? this.#fail();
      names.push((quoted[1] ?? quoted[2]!).replace(/\\(.)/g, '$1'));
      this.#space();
    } while (this.#path[this.#at] === ',' && this.#at++);
    if (names.length === 1) {
      this.#selectors.push(member(names[0]!));
      return;
    }
    // Several names of one object make an object of those that are there.
    this.#selectors.push((values) =>
      values.flatMap((value) => {
        if (!(value instanceof Map)) return [];
        return [new Map(names.filter((name) => value.has(name)).map((name) => [name, value.get(name)!]))];
      }),
    );
  }

  #filter(): void {
    const { filter, end } = compileJsonFilter(this.#path, this.#at + 1, (path) => compileJsonPath(path));
    this.#at = end;
    this.#definite = false;
    this.#selectors.push(keep(filter));
  }

  #space(): void {
    while (this.#path[this.#at] === ' ') this.#at++;
  }

  #peek(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#path);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    const match = this.#peek(pattern);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  #fail(): never {
    throw new TemplateError(`invalid JSONPath ${this.#path} at ${this.#at}`);
  }
}

const children = (value: Value): Value[] => {
  if (value instanceof Map) return [...value.values()];
  return Array.isArray(value) ? Array.from(value) : [];
};

const member =
  (name: string): Selector =>
  (values) => {
    const found: Value[] = [];
    for (const value of values) {
      if (value instanceof Map && value.has(name)) found.push(value.get(name)!);
    }
    return found;
  };

const element = (value: Value, index: number): Value[] => {
  if (!Array.isArray(value)) return [];
  const at = index < 0 ? value.length + index : index;
  return at >= 0 && at < value.length ? [value[at]!] : [];
};

/** The values themselves and everything below them. */
const descend: Selector = (values) => {
  const found: Value[] = [];
  const waiting = [...values].reverse();
  while (waiting.length) {
    const value = waiting.pop()!;
    if (value === null || typeof value !== 'object') continue;
    found.push(value);
    if (found.length > VISITS_MAX) throw new TemplateError('a JSONPath visits too many values');
    const below = children(value);
    for (let i = below.length - 1; i >= 0; i--) waiting.push(below[i]!);
  }
  return found;
};

const slice = (from: string | undefined, to: string | undefined, step: string | undefined): Selector => {
  const stride = Math.max(1, Number(step ?? 1));
  return (values) =>
    values.flatMap((value) => {
      if (!Array.isArray(value)) return [];
      const part = Array.from(value).slice(
        from === undefined ? undefined : Number(from),
        to === undefined ? undefined : Number(to),
      );
      return stride === 1 ? part : part.filter((_item, i) => i % stride === 0);
    });
};

/** A filter looks at the elements of a list, or at an object itself. */
const keep =
  (filter: Filter): Selector =>
  (values, root) =>
    values.flatMap((value) => {
      if (Array.isArray(value)) return Array.from(value).filter((item) => filter(item, root));
      return value instanceof Map && filter(value, root) ? [value] : [];
    });

const numbers = (value: Value): number[] =>
  (Array.isArray(value) ? Array.from(value) : [])
    .filter(isNumber)
    .map((item) => (item instanceof JavaDouble ? item.value : Number(item)));

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

const length = (value: Value): Value => {
  if (value instanceof Map) return value.size;
  return Array.isArray(value) || typeof value === 'string' ? value.length : null;
};

const functions: Record<string, (value: Value) => Value> = {
  length,
  size: length,
  keys: (value) => (value instanceof Map ? [...value.keys()] : null),
  min: (value) => new JavaDouble(Math.min(...numbers(value))),
  max: (value) => new JavaDouble(Math.max(...numbers(value))),
  sum: (value) => new JavaDouble(sum(numbers(value))),
  avg: (value) => new JavaDouble(sum(numbers(value)) / (numbers(value).length || 1)),
};
