import { InvalidEvent, InvalidResource } from './errors.ts';
import type { Json, JsonMap } from './json.ts';
import { isKind } from './properties.ts';
import type { PropertyKind } from './properties.ts';

// Checks of values deep inside a property. AWS words them all alike: `Property 'A.B' should be a map.`

type Fail = (detail: string) => Error;

export interface Expect {
  map(value: Json | undefined, name: string): JsonMap;
  list(value: Json | undefined, name: string): Json[];
  string(value: Json | undefined, name: string): string;
  boolean(value: Json | undefined, name: string): boolean;
  present(value: Json | undefined, name: string): Json;
}

const articles: Partial<Record<PropertyKind, string>> = {
  map: 'a map',
  list: 'a list',
  string: 'a string',
  boolean: 'a boolean',
};

/** Expectations whose failure is told about a resource. */
export function expectOf(logicalId: string): Expect {
  return expectations((detail) => new InvalidResource(logicalId, detail));
}

/** Expectations whose failure is told about an event. */
export function expectOfEvent(eventId: string): Expect {
  return expectations((detail) => new InvalidEvent(eventId, detail));
}

function expectations(fail: Fail): Expect {
  function check(value: Json | undefined, name: string, kind: PropertyKind): Json {
    if (value === undefined || value === null) throw fail(`Property '${name}' is required.`);
    if (!isKind(value, kind)) throw fail(`Property '${name}' should be ${articles[kind]}.`);
    return value;
  }
  return {
    map: (value, name) => check(value, name, 'map') as JsonMap,
    list: (value, name) => check(value, name, 'list') as Json[],
    string: (value, name) => check(value, name, 'string') as string,
    boolean: (value, name) => check(value, name, 'boolean') as boolean,
    present: (value, name) => check(value, name, 'any'),
  };
}
