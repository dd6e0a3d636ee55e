import type { Methods } from '../members.ts';

export const booleanMethods: Methods<boolean> = {
  toString: (self: boolean) => String(self),
  booleanValue: (self) => self,
  equals: (self, [other]) => self === other,
  compareTo: (self, [other]) => (typeof other === 'boolean' ? Number(self) - Number(other) : null),
  hashCode: (self) => (self ? 1231 : 1237),
};
