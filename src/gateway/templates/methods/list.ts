// java.util.ArrayList, and arrays, which Velocity treats as lists.
import type { Methods } from '../members.ts';
import { isEqual, TemplateError, toText, type Value } from '../values.ts';
import { compareValues } from './order.ts';

const ITEMS_MAX = 100_000;

const at = (self: Value[], index: Value | undefined, end = self.length): number => {
  if (typeof index !== 'number' || index < 0 || index >= end) {
    throw new TemplateError(`Index: ${toText(index ?? null)}, Size: ${self.length}`);
  }
  return index;
};

const indexOf = (self: Value[], value: Value = null): number => self.findIndex((item) => isEqual(item, value));

const items = (value: Value | undefined): Value[] => {
  if (Array.isArray(value)) return value;
  throw new TemplateError('a collection is needed');
};

function insert(self: Value[], index: number, values: readonly Value[]): void {
  if (self.length + values.length > ITEMS_MAX) throw new TemplateError('a list is too long');
  const after = self.splice(index);
  for (const value of values) self.push(value);
  for (const value of after) self.push(value);
}

export const listMethods: Methods<Value[]> = {
  size: (self) => self.length,
  length: (self) => self.length,
  isEmpty: (self) => self.length === 0,
  get: (self, [index]) => self[at(self, index)]!,
  set(self, [index, value = null]) {
    const where = at(self, index);
    const before = self[where]!;
    self[where] = value;
    return before;
  },
  add(self, args) {
    if (args.length === 2) {
      insert(self, at(self, args[0], self.length + 1), [args[1]!]);
      return null;
    }
    insert(self, self.length, [args[0] ?? null]);
    return true;
  },
  addAll(self, args, state) {
    const values = Array.from(items(args.at(-1)));
    state.spend(values.length * 4);
    insert(self, args.length === 2 ? at(self, args[0], self.length + 1) : self.length, values);
    return values.length > 0;
  },
  /** remove(int index) or remove(Object) */
  remove(self, [what = null], state) {
    state.spend(self.length);
    if (typeof what === 'number') return self.splice(at(self, what), 1)[0]!;
    const index = indexOf(self, what);
    if (index >= 0) self.splice(index, 1);
    return index >= 0;
  },
  removeAll(self, [other], state) {
    const gone = items(other);
    state.spend(self.length * gone.length);
    const left = self.filter((item) => !gone.some((value) => isEqual(item, value)));
    const changed = left.length !== self.length;
    self.length = 0;
    insert(self, 0, left);
    return changed;
  },
  clear(self) {
    self.length = 0;
    return null;
  },
  contains(self, [value = null], state) {
    state.spend(self.length);
    return indexOf(self, value) >= 0;
  },
  containsAll(self, [other], state) {
    const values = items(other);
    state.spend(self.length * values.length);
    return values.every((value) => indexOf(self, value) >= 0);
  },
  indexOf(self, [value = null], state) {
    state.spend(self.length);
    return indexOf(self, value);
  },
  lastIndexOf(self, [value = null], state) {
    state.spend(self.length);
    return self.findLastIndex((item) => isEqual(item, value));
  },
  subList(self, [from, to], state) {
    const start = at(self, from, self.length + 1);
    const end = at(self, to, self.length + 1);
    if (start > end) throw new TemplateError(`fromIndex(${start}) > toIndex(${end})`);
    state.spend(end - start);
    return Array.from(self.slice(start, end));
  },
  toArray: (self) => Array.from(self),
  iterator: (self) => Array.from(self),
  clone: (self) => Array.from(self),
  sort(self, [comparator], state) {
    if (comparator !== undefined && comparator !== null) return null;
    state.spend(self.length * 20);
    self.sort(compareValues);
    return null;
  },
  toString: (self: Value[]) => toText(self),
  equals: (self, [other = null]) => isEqual(self, other),
};
