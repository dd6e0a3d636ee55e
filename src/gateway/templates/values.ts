// Velocity works on Java objects. This is how they are kept here, and how they print, compare and count as true.
//
//   null            null                       string          String
//   boolean         Boolean                    number          Integer or Long (always a safe integer)
//   bigint          an integer beyond that     JavaDouble      Float, Double, BigDecimal
//   Value[]         ArrayList, String[]        JsonArray       a list that came from JSON: prints as JSON
//   Map             LinkedHashMap              HostObject      $input, $util, $foreach, a map entry

export type Value = null | boolean | number | bigint | string | JavaDouble | Value[] | ValueMap | HostObject;
export type ValueMap = Map<Value, Value>;

export class JavaDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** JSON arrays print as JSON where Java's own lists print as `[a, b]`. */
export class JsonArray extends Array<Value> {
  static override get [Symbol.species](): ArrayConstructor {
    return Array;
  }
}

/** An object with behaviour of its own; what it does not know is null, as with a method that Java does not find. */
export abstract class HostObject {
  get(_name: string): Value {
    return null;
  }
  call(_name: string, _args: Value[]): Value {
    return null;
  }
  set(_name: string, _value: Value): void {}
  toText(): string {
    return '';
  }
}

/** A template that cannot go on: the request ends as AWS ends it, with an internal error. */
export class TemplateError extends Error {}

export const VALUE_CHARS_MAX = 10 * 1024 * 1024;
const DEPTH_MAX = 1000;
const NODES_MAX = 1_000_000;

export function isNumber(value: Value): value is number | bigint | JavaDouble {
  return typeof value === 'number' || typeof value === 'bigint' || value instanceof JavaDouble;
}

/** Java's Double.toString: a fraction always, powers of ten from 10^7 and below 10^-3. */
export function doubleToText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity';
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0';
  const size = Math.abs(value);
  if (size >= 1e-3 && size < 1e7) {
    const plain = String(value);
    return plain.includes('.') ? plain : `${plain}.0`;
  }
  const [mantissa = '', exponent = '0'] = value.toExponential().split('e');
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`;
}

/** toString(), as a reference prints it. Null prints as nothing: API Gateway renders missing values so. */
export function toText(value: Value): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    default:
      return value === null ? '' : new Printer().text(value);
  }
}

export function toJson(value: Value): string {
  return new Printer().json(value);
}

/** Lists may hold themselves, or the same list twice over and over: what is printed is bounded, not what is held. */
class Printer {
  #nodes = 0;
  #depth = 0;

  text(value: Value): string {
    if (value === null) return 'null';
    if (typeof value !== 'object') return String(value);
    if (value instanceof JavaDouble) return doubleToText(value.value);
    if (value instanceof HostObject) return value.toText();
    if (value instanceof JsonArray) return this.json(value);
    this.#enter(Array.isArray(value) ? value.length : value.size);
    const text = Array.isArray(value)
      ? `[${value.map((item) => this.text(item)).join(', ')}]`
      : `{${[...value].map(([key, item]) => `${this.text(key)}=${this.text(item)}`).join(', ')}}`;
    return this.#leave(text);
  }

  json(value: Value): string {
    if (value === null) return 'null';
    if (typeof value === 'string') return JSON.stringify(value);
    if (typeof value !== 'object') return String(value);
    if (value instanceof JavaDouble) return doubleToText(value.value);
    if (value instanceof HostObject) return JSON.stringify(value.toText());
    this.#enter(Array.isArray(value) ? value.length : value.size);
    const text = Array.isArray(value)
      ? `[${value.map((item) => this.json(item)).join(',')}]`
      : `{${[...value].map(([key, item]) => `${JSON.stringify(toText(key))}:${this.json(item)}`).join(',')}}`;
    return this.#leave(text);
  }

  #enter(nodes: number): void {
    this.#nodes += nodes + 1;
    if (++this.#depth > DEPTH_MAX || this.#nodes > NODES_MAX) throw new TemplateError('a value is too large to print');
  }

  #leave(text: string): string {
    this.#depth--;
    if (text.length > VALUE_CHARS_MAX) throw new TemplateError('a value is too large to print');
    return text;
  }
}

/** #if: only null and false are false (Velocity 1.7: the empty string, zero and empty lists are true). */
export function isTrue(value: Value): boolean {
  return value !== null && value !== false;
}

/** equals(): same kind and same content; numbers of the same kind only. */
export function isEqual(left: Value, right: Value): boolean {
  return isSameContent(left, right, { nodes: 0 });
}

function isSameContent(left: Value, right: Value, seen: { nodes: number }): boolean {
  if (left === right) return true;
  if (left === null || right === null || typeof left !== 'object' || typeof right !== 'object') return false;
  if (++seen.nodes > NODES_MAX) throw new TemplateError('the values are too large to compare');
  if (left instanceof JavaDouble) return right instanceof JavaDouble && left.value === right.value;
  if (Array.isArray(left)) {
    if (!Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, i) => isSameContent(item, right[i]!, seen));
  }
  if (left instanceof Map) {
    if (!(right instanceof Map) || left.size !== right.size) return false;
    for (const [key, item] of left) if (!right.has(key) || !isSameContent(item, right.get(key)!, seen)) return false;
    return true;
  }
  return false;
}
