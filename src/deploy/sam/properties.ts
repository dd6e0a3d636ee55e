import { InvalidResource } from './errors.ts';
import { isIntrinsic } from './intrinsics.ts';
import { isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';

/** What a property may be. `any` is passed on for CloudFormation to judge. */
export type PropertyKind = 'any' | 'string' | 'map' | 'list' | 'boolean' | 'integer';

export interface PropertyRule {
  readonly kinds: readonly PropertyKind[];
  readonly required?: true;
  /** Intrinsic functions are refused, because the transform must know the value. */
  readonly plain?: true;
}

export type PropertyTable = Readonly<Record<string, PropertyRule>>;

export function optional(...kinds: PropertyKind[]): PropertyRule {
  return { kinds: kinds.length === 0 ? ['any'] : kinds };
}

export function required(...kinds: PropertyKind[]): PropertyRule {
  return { kinds: kinds.length === 0 ? ['any'] : kinds, required: true };
}

export function plain(rule: PropertyRule): PropertyRule {
  return { ...rule, plain: true };
}

/** `names` that are passed on to CloudFormation as they are. */
export function passedOn(names: string): PropertyTable {
  return Object.fromEntries(names.split(/\s+/).map((name) => [name, optional()]));
}

/**
 * Checks the properties of a SAM resource or event against its table, as the transform does before it reads them:
 * unknown names first, then types, then what is missing.
 */
export function checkProperties(logicalId: string, type: string, properties: JsonMap, table: PropertyTable): JsonMap {
  const checked: JsonMap = {};
  for (const [name, value] of Object.entries(properties)) {
    const rule = Object.hasOwn(table, name) ? table[name] : undefined;
    if (rule === undefined) {
      throw new InvalidResource(logicalId, `property ${name} not defined for resource of type ${type}`);
    }
    if (value === null) continue;
    if (!fits(value, rule)) throw new InvalidResource(logicalId, `Type of property '${name}' is invalid.`);
    checked[name] = value;
  }
  for (const [name, rule] of Object.entries(table)) {
    if (rule.required === true && checked[name] === undefined) {
      throw new InvalidResource(logicalId, `Missing required property '${name}'.`);
    }
  }
  return checked;
}

export function isKind(value: Json | undefined, kind: PropertyKind): boolean {
  switch (kind) {
    case 'any':
      return value !== undefined;
    case 'string':
      return typeof value === 'string';
    case 'map':
      return isMap(value);
    case 'list':
      return isList(value);
    case 'boolean':
      return typeof value === 'boolean';
    case 'integer':
      return Number.isInteger(value);
  }
}

function fits(value: Json, rule: PropertyRule): boolean {
  if (rule.plain !== true && isIntrinsic(value)) return true;
  return rule.kinds.some((kind) => isKind(value, kind));
}
