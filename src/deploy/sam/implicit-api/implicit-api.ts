import { combineConditions } from '../conditions.ts';
import { whenCondition } from '../intrinsics.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { pathsOf } from '../openapi/paths.ts';

// What the API that a template does not declare takes over from the resources whose events are in it.

export interface EventOwner {
  readonly condition: Json | undefined;
  readonly deletionPolicy: Json | undefined;
  readonly updateReplacePolicy: Json | undefined;
}

/** The owners of events in one API, of all and of each path. */
export class EventOwners {
  readonly #owners: EventOwner[] = [];
  readonly #byPath = new Map<string, EventOwner[]>();

  add(path: string, owner: EventOwner): void {
    this.#owners.push(owner);
    this.#byPath.set(path, [...(this.#byPath.get(path) ?? []), owner]);
  }

  /** The API exists when any owner does, and is kept when any owner is. */
  applyToApi(apiId: string, api: JsonMap, conditions: JsonMap): void {
    const names = conditionNames(this.#owners);
    if (names !== undefined) api['Condition'] = combineConditions(conditions, `${apiId}Condition`, names);
    setPolicy(
      api,
      'DeletionPolicy',
      this.#owners.map((owner) => owner.deletionPolicy),
    );
    setPolicy(
      api,
      'UpdateReplacePolicy',
      this.#owners.map((owner) => owner.updateReplacePolicy),
    );
  }

  /** A path is there when any owner of an event at it is. */
  applyToPaths(apiId: string, body: JsonMap, conditions: JsonMap): void {
    const paths = pathsOf(body);
    for (const [path, owners] of this.#byPath) {
      const names = conditionNames(owners);
      const item = paths[path];
      if (names === undefined || item === undefined) continue;
      const condition = combineConditions(conditions, `${apiId}${pathIdPart(path)}PathCondition`, names);
      paths[path] = whenCondition(condition, item);
    }
  }
}

/** The conditions of the owners in alphabetical order, or undefined when an owner has none: it is always there. */
function conditionNames(owners: readonly EventOwner[]): string[] | undefined {
  const names = new Set<string>();
  for (const { condition } of owners) {
    if (typeof condition !== 'string') return undefined;
    names.add(condition);
  }
  return names.size === 0 ? undefined : [...names].sort();
}

function setPolicy(api: JsonMap, name: string, values: (Json | undefined)[]): void {
  const given = values.filter((value) => value !== undefined);
  if (given.length > 0) api[name] = given.includes('Retain') ? 'Retain' : (given[0] ?? null);
}

function pathIdPart(path: string): string {
  return path
    .replaceAll('/', 'SLASH')
    .replaceAll('{', 'OB')
    .replaceAll('}', 'CB')
    .replace(/[^A-Za-z0-9]/g, '');
}

/** PropagateTags of a function or state machine reaches the API that is made for it. */
export function passTags(api: JsonMap, owner: JsonMap): void {
  if (owner['PropagateTags'] !== true || !isMap(owner['Tags'])) return;
  const properties = isMap(api['Properties']) ? api['Properties'] : {};
  const present = isMap(properties['Tags']) ? properties['Tags'] : {};
  properties['Tags'] = { ...present, ...owner['Tags'] };
  properties['PropagateTags'] = true;
  api['Properties'] = properties;
}
