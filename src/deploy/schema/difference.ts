// Which properties differ between two states of a resource, and whether a change replaces it.
import { isDeepStrictEqual } from 'node:util';
import type { Value } from '../template/value.ts';
import { isRecord, Unknown } from '../template/value.ts';
import { resolveReference, type PropertySchema, type ResourceSchema } from './schema.ts';

export interface PropertyChange {
  name: string;
  kind: 'Add' | 'Modify' | 'Remove';
  before: Value | undefined;
  after: Value | undefined;
  /** a value that is only known once another resource is done */
  dynamic: boolean;
  replaces: boolean;
}

function hasUnknown(value: Value | undefined): boolean {
  if (value instanceof Unknown) return true;
  if (Array.isArray(value)) return value.some(hasUnknown);
  return isRecord(value) && Object.values(value).some(hasUnknown);
}

/** Sorts lists whose order means nothing, so that they compare as sets. */
function canonical(value: Value, schema: PropertySchema | undefined, root: ResourceSchema | undefined): Value {
  const resolved = schema && root ? resolveReference(schema, root) : undefined;
  if (Array.isArray(value)) {
    const items = value.map((item) => canonical(item, resolved?.items, root));
    if (resolved?.insertionOrder !== false) return items;
    return items
      .map((item) => [JSON.stringify(item), item] as const)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([, item]) => item);
  }
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => [
    name,
    canonical(inner, resolved?.properties?.[name], root),
  ]);
  return Object.fromEntries(entries) as Value;
}

type Bag = { [name: string]: Value };

/** `Template/TemplateName`: the value at a path of names. */
const at = (properties: Bag, path: string): Value | undefined =>
  path.split('/').reduce<Value | undefined>((value, name) => (isRecord(value) ? value[name] : undefined), properties);

/** Top-level properties that differ, in the order of their names. */
export function differences(
  before: Bag,
  after: Bag,
  schema: ResourceSchema | undefined,
  replaceOn: readonly string[] = [],
): PropertyChange[] {
  const createOnly = [...(schema?.createOnlyProperties ?? []), ...replaceOn];
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
  const changes: PropertyChange[] = [];
  for (const name of names) {
    const declared = schema?.properties?.[name];
    const old = before[name];
    const now = after[name];
    const left = old === undefined ? undefined : canonical(old, declared, schema);
    const right = now === undefined ? undefined : canonical(now, declared, schema);
    if (isDeepStrictEqual(left, right)) continue;
    const kind = old === undefined ? 'Add' : now === undefined ? 'Remove' : 'Modify';
    const replaces =
      // Of all types here it is a function's DurableConfig: it may change, but neither come nor go.
      (kind !== 'Modify' && schema?.conditionalCreateOnlyProperties?.includes(name) === true) ||
      createOnly.some((path) => path.split('/')[0] === name && !isDeepStrictEqual(at(before, path), at(after, path)));
    changes.push({
      name,
      kind,
      before: old,
      after: now,
      dynamic: hasUnknown(now),
      replaces,
    });
  }
  return changes;
}
