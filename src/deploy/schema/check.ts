// Checks property values against a type's schema and gives scalars their declared types, as CloudFormation does.
import type { Json } from '../template/document.ts';
import { Unknown, isRecord, type Value } from '../template/value.ts';
import { resolveReference, type PropertySchema, type ResourceSchema } from './schema.ts';

export interface Violation {
  /** below Properties */
  path: (string | number)[];
  /** `extraneous key [X] is not permitted` and the like */
  text: string;
  kind: 'unknown' | 'other';
}

export interface Checked {
  value: Value;
  violations: Violation[];
}

/** `#/Environment/Variables: extraneous key [X] is not permitted` */
export const formatViolation = (violation: Violation): string =>
  `#${violation.path.map((step) => `/${step}`).join('')}: ${violation.text}`;

const JAVA_NAMES: Readonly<Record<string, string>> = {
  string: 'String',
  number: 'Number',
  integer: 'Integer',
  boolean: 'Boolean',
  array: 'JSONArray',
  object: 'JSONObject',
};

class Checker {
  readonly violations: Violation[] = [];
  readonly #root: ResourceSchema;

  constructor(root: ResourceSchema) {
    this.#root = root;
  }

  #report(path: (string | number)[], text: string, kind: Violation['kind'] = 'other'): void {
    this.violations.push({ path, text, kind });
  }

  check(value: Value, declared: PropertySchema, path: (string | number)[]): Value {
    // Functions that are not evaluated yet, and secrets that are read at the last moment, are taken on trust.
    if (value instanceof Unknown) return value;
    if (typeof value === 'string' && value.includes('{{resolve:')) return value;
    const schema = resolveReference(declared, this.#root);
    const types = schema.type === undefined ? [] : Array.isArray(schema.type) ? schema.type : [schema.type];
    const typed = types.length === 0 ? value : coerce(value, types);
    if (typed === undefined) {
      this.#report(
        path,
        `expected type: ${types.map((type) => JAVA_NAMES[type] ?? type).join(' or ')}, found: ${nameOf(value)}`,
      );
      return value;
    }
    if (Array.isArray(typed)) return this.#list(typed, schema, path);
    if (isRecord(typed)) return this.#object(typed, schema, path);
    this.#scalar(typed as Json, schema, path);
    return typed;
  }

  #list(value: Value[], schema: PropertySchema, path: (string | number)[]): Value {
    const { minItems, maxItems, items } = schema;
    if (minItems !== undefined && value.length < minItems) {
      this.#report(path, `expected minimum item count: ${minItems}, found: ${value.length}`);
    }
    if (maxItems !== undefined && value.length > maxItems) {
      this.#report(path, `expected maximum item count: ${maxItems}, found: ${value.length}`);
    }
    if (schema.uniqueItems) {
      const seen = new Set(value.filter((item) => !(item instanceof Unknown)).map((item) => JSON.stringify(item)));
      if (seen.size < value.filter((item) => !(item instanceof Unknown)).length)
        this.#report(path, 'array items are not unique');
    }
    return items ? value.map((item, i) => this.check(item, items, [...path, i])) : value;
  }

  #object(value: { [name: string]: Value }, schema: PropertySchema, path: (string | number)[]): Value {
    const patterns = Object.entries(schema.patternProperties ?? {}).map(
      ([pattern, inner]) => [new RegExp(pattern), inner] as const,
    );
    const out: { [name: string]: Value } = {};
    for (const name of schema.required ?? []) {
      if (value[name] === undefined) this.#report(path, `required key [${name}] not found`);
    }
    for (const [name, inner] of Object.entries(value)) {
      const known = schema.properties && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
      const matched = known ?? patterns.find(([pattern]) => pattern.test(name))?.[1];
      if (matched) out[name] = this.check(inner, matched, [...path, name]);
      else if ((schema.properties ?? schema.patternProperties) && schema.additionalProperties === false) {
        this.#report(path, `extraneous key [${name}] is not permitted`, 'unknown');
      } else out[name] = inner;
    }
    return out;
  }

  #scalar(value: Json, schema: PropertySchema, path: (string | number)[]): void {
    if (schema.enum && !schema.enum.some((allowed) => String(allowed) === String(value))) {
      this.#report(path, `${String(value)} is not a valid enum value`);
    }
    if (typeof value === 'number') {
      const { minimum, maximum } = schema;
      if (minimum !== undefined && value < minimum)
        this.#report(path, `${value} is not greater or equal to ${minimum}`);
      if (maximum !== undefined && value > maximum) this.#report(path, `${value} is not less or equal to ${maximum}`);
    }
    if (typeof value !== 'string') return;
    const { minLength, maxLength, pattern } = schema;
    if (minLength !== undefined && value.length < minLength) {
      this.#report(path, `expected minLength: ${minLength}, actual: ${value.length}`);
    }
    if (maxLength !== undefined && value.length > maxLength) {
      this.#report(path, `expected maxLength: ${maxLength}, actual: ${value.length}`);
    }
    if (pattern !== undefined && !(patternOf(pattern)?.test(value) ?? true)) {
      this.#report(path, `string [${value}] does not match pattern ${pattern}`);
    }
  }
}

const patternCache = new Map<string, RegExp | undefined>();

/**
 * The schemas' patterns are Java's: \A, \Z and \z are its ends of the text. What JavaScript does not know (possessive
 * quantifiers, inline flags) is not checked here; the service checks.
 */
function patternOf(pattern: string): RegExp | undefined {
  if (!patternCache.has(pattern)) {
    const source = pattern.replaceAll(/\\[Zz]/g, '$').replaceAll(String.raw`\A`, '^');
    patternCache.set(pattern, compile(source, 'u') ?? compile(source, ''));
  }
  return patternCache.get(pattern);
}

function compile(source: string, flags: string): RegExp | undefined {
  try {
    return new RegExp(source, flags);
  } catch {
    return undefined;
  }
}

function nameOf(value: Value): string {
  if (value === null) return 'Null';
  if (Array.isArray(value)) return 'JSONArray';
  if (typeof value === 'object') return 'JSONObject';
  return typeof value === 'string' ? 'String' : typeof value === 'boolean' ? 'Boolean' : 'Integer';
}

/** The value as one of the types, or undefined. Templates write 'true' and '128' as well as true and 128. */
function coerce(value: Value, types: readonly string[]): Value | undefined {
  const direct = types.find((type) => isOfType(value, type));
  if (direct) return value;
  for (const type of types) {
    if (type === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return String(value);
    if (type === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
    const numeric = typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim());
    if (type === 'number' && numeric) return Number(value);
    if (type === 'integer' && numeric && Number.isInteger(Number(value))) return Number(value);
  }
  return undefined;
}

function isOfType(value: Value, type: string): boolean {
  switch (type) {
    case 'array':
      return Array.isArray(value);
    case 'object':
      return isRecord(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

/** Checks a resource's properties. Unknown ones are violations and are left out of the value. */
export function checkProperties(properties: Value, schema: ResourceSchema): Checked {
  const checker = new Checker(schema);
  const value = checker.check(properties, schema, []);
  const readOnly = new Set((schema.readOnlyProperties ?? []).filter((name) => !name.includes('/')));
  if (isRecord(value)) {
    for (const name of Object.keys(value)) {
      // Read-only properties are refused by AWS; createOnly ones that are also listed (ids) are the exception.
      if (readOnly.has(name) && !schema.createOnlyProperties?.includes(name)) {
        checker.violations.push({ path: [], text: `extraneous key [${name}] is not permitted`, kind: 'unknown' });
        delete value[name];
      }
    }
  }
  return { value, violations: checker.violations };
}
