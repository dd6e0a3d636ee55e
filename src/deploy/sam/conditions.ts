import { and, not, or } from './intrinsics.ts';
import type { JsonMap } from './json.ts';

/** Fn::Or takes at most this many conditions. */
const orConditionsMax = 10;

/**
 * Adds to `conditions` one named `name` that holds when any of `names` does, chaining further ones when they are too
 * many for one Fn::Or. Returns the condition to use: the only one of `names` needs no new condition.
 */
export function combineConditions(conditions: JsonMap, name: string, names: readonly string[]): string {
  const only = names[0];
  if (names.length === 1 && only !== undefined) return only;
  let rest = [...names];
  for (let index = chainLength(names.length) - 1; index > 0; index -= 1) {
    const link = `${name}${index}`;
    conditions[link] = or(rest.slice(0, orConditionsMax));
    rest = [...rest.slice(orConditionsMax), link];
  }
  conditions[name] = or(rest);
  return name;
}

/** Every condition of the chain after the first spends one place on naming its predecessor. */
function chainLength(count: number): number {
  return count <= orConditionsMax ? 1 : 1 + Math.ceil((count - orConditionsMax) / (orConditionsMax - 1));
}

/** The condition that holds when `name` does not. */
export function negatedCondition(conditions: JsonMap, name: string): string {
  const negated = `NOT${name}`;
  conditions[negated] = not(name);
  return negated;
}

/** The condition that holds when both do. */
export function bothConditions(conditions: JsonMap, one: string, other: string): string {
  const both = `${one}AND${other}`;
  conditions[both] = and([one, other]);
  return both;
}
