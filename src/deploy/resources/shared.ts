// Small conversions that several services' resource types need.
import { ServiceError } from '#core/errors.ts';
import type { Properties } from './contract.ts';

/** The named properties that are set. */
export function pick(properties: Properties, names: readonly string[]): Record<string, any> {
  return Object.fromEntries(
    names.filter((name) => properties[name] !== undefined).map((name) => [name, properties[name]]),
  );
}

/** The properties without some. */
export function omit(properties: Properties, names: readonly string[]): Record<string, any> {
  return Object.fromEntries(Object.entries(properties).filter(([name]) => !names.includes(name)));
}

/** A policy or other JSON text property, which templates write as an object or as text. */
export const jsonText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

export type Tag = { Key: string; Value: string };

export const tagMap = (tags: readonly Tag[] | undefined): Record<string, string> =>
  Object.fromEntries((tags ?? []).map(({ Key, Value }) => [Key, String(Value ?? '')]));

/** What a tag update has to add or change, and which keys to take away. */
export function tagChanges(
  before: Record<string, string>,
  after: Record<string, string>,
): { set: Record<string, string>; remove: string[] } {
  const set = Object.fromEntries(Object.entries(after).filter(([key, value]) => before[key] !== value));
  return { set, remove: Object.keys(before).filter((key) => !Object.hasOwn(after, key)) };
}

export function listChanges(
  before: readonly string[] = [],
  after: readonly string[] = [],
): { add: string[]; remove: string[] } {
  return {
    add: after.filter((item) => !before.includes(item)),
    remove: before.filter((item) => !after.includes(item)),
  };
}

export const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The first letter small: API Gateway's and CloudWatch Logs' member names. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

/** Member names with a small first letter, all the way down; `maps` are properties whose keys are the user's. */
export function camelCase(value: any, maps: ReadonlySet<string> = new Set()): any {
  if (Array.isArray(value)) return value.map((item) => camelCase(item, maps));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [lowerFirst(key), maps.has(key) ? inner : camelCase(inner, maps)]),
  );
}

/** A setting that would have no effect here is refused, not stored. */
export function refuse(type: string, properties: Properties, names: readonly string[]): void {
  const given = names.filter((name) => properties[name] !== undefined);
  if (given.length === 0) return;
  throw new ServiceError('InvalidRequest', `Gatehouse does not support ${given.join(', ')} of ${type}`, 400);
}

/** What is gone already needs no deletion. */
export async function ignoreMissing(run: () => Promise<unknown>): Promise<void> {
  try {
    await run();
  } catch (error) {
    const missing =
      error instanceof ServiceError &&
      (error.status === 404 || /NotFound|NoSuch|NonExistent|DoesNotExist/.test(error.code));
    if (!missing) throw error;
  }
}
