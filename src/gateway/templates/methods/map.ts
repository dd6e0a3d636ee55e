// java.util.LinkedHashMap.
import type { Methods } from '../members.ts';
import { HostObject, isEqual, TemplateError, toText, type Value, type ValueMap } from '../values.ts';

const ENTRIES_MAX = 100_000;

/** Map.Entry: `$entry.key`, `$entry.getValue()`, prints as `key=value`. */
export class MapEntry extends HostObject {
  readonly #map: ValueMap;
  readonly #key: Value;

  constructor(map: ValueMap, key: Value) {
    super();
    this.#map = map;
    this.#key = key;
  }
  override get(name: string): Value {
    if (name === 'key') return this.#key;
    return name === 'value' ? (this.#map.get(this.#key) ?? null) : null;
  }
  override set(name: string, value: Value): void {
    if (name === 'value') this.#map.set(this.#key, value);
  }
  override call(name: string, args: Value[]): Value {
    switch (name) {
      case 'getKey':
        return this.get('key');
      case 'getValue':
        return this.get('value');
      case 'setValue': {
        const before = this.get('value');
        this.set('value', args[0] ?? null);
        return before;
      }
      case 'toString':
        return this.toText();
      default:
        return null;
    }
  }
  override toText(): string {
    return `${toText(this.#key)}=${toText(this.get('value'))}`;
  }
}

function put(self: ValueMap, key: Value, value: Value): Value {
  const before = self.get(key) ?? null;
  if (self.size >= ENTRIES_MAX && !self.has(key)) throw new TemplateError('a map is too large');
  self.set(key, value);
  return before;
}

export const mapMethods: Methods<ValueMap> = {
  get: (self, [key = null]) => self.get(key) ?? null,
  getOrDefault: (self, [key = null, otherwise = null]) => (self.has(key) ? self.get(key)! : otherwise),
  put: (self, [key = null, value = null]) => put(self, key, value),
  putIfAbsent(self, [key = null, value = null]) {
    const before = self.get(key) ?? null;
    return before === null ? put(self, key, value) : before;
  },
  putAll(self, [other = null], state) {
    if (!(other instanceof Map)) throw new TemplateError('a map is needed');
    state.spend(other.size);
    for (const [key, value] of other) put(self, key, value);
    return null;
  },
  remove(self, [key = null]) {
    const before = self.get(key) ?? null;
    self.delete(key);
    return before;
  },
  replace: (self, [key = null, value = null]) => (self.has(key) ? put(self, key, value) : null),
  clear(self) {
    self.clear();
    return null;
  },
  size: (self) => self.size,
  isEmpty: (self) => self.size === 0,
  containsKey: (self, [key = null]) => self.has(key),
  containsValue(self, [value = null], state) {
    state.spend(self.size);
    return [...self.values()].some((item) => isEqual(item, value));
  },
  keySet(self, _args, state) {
    state.spend(self.size);
    return [...self.keys()];
  },
  values(self, _args, state) {
    state.spend(self.size);
    return [...self.values()];
  },
  entrySet(self, _args, state) {
    state.spend(self.size);
    return [...self.keys()].map((key) => new MapEntry(self, key));
  },
  clone: (self) => new Map(self),
  toString: (self: ValueMap) => toText(self),
  equals: (self, [other = null]) => isEqual(self, other),
};
