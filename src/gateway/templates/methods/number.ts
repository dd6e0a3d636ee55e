// Integer, Long and Double. Their static methods are reached through any value of the class:
// #set($Integer = 0) $Integer.parseInt("42").
import type { Methods } from '../members.ts';
import { isEqual, isNumber, JavaDouble, TemplateError, toText, type Value } from '../values.ts';

type Numeric = number | bigint | JavaDouble;

const toNumber = (value: Numeric): number => (value instanceof JavaDouble ? value.value : Number(value));

const truncate = (value: Numeric): Value => {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(BigInt.asIntN(64, value));
  return Number.isNaN(value.value) ? 0 : Math.trunc(Math.max(-(2 ** 53), Math.min(2 ** 53, value.value)));
};

function parseInteger(text: Value, radix: Value = 10): Value {
  const base = typeof radix === 'number' && radix >= 2 && radix <= 36 ? radix : 10;
  const digits = '0123456789abcdefghijklmnopqrstuvwxyz'.slice(0, base);
  if (typeof text !== 'string' || !new RegExp(`^[+-]?[${digits}]+$`, 'i').test(text)) {
    throw new TemplateError(`For input string: "${toText(text)}"`);
  }
  const value = base === 10 && text.length > 15 ? BigInt(text) : Number.parseInt(text, base);
  return typeof value === 'bigint' && BigInt(Number(value)) === value && Number.isSafeInteger(Number(value))
    ? Number(value)
    : value;
}

function parseDouble(text: Value): Value {
  if (typeof text !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?[dDfF]?\s*$/.test(text)) {
    throw new TemplateError(`For input string: "${toText(text)}"`);
  }
  return new JavaDouble(Number.parseFloat(text));
}

const valueOf = (self: Numeric, [value, radix]: Value[]): Value => {
  if (value === undefined || value === null) return null;
  if (isNumber(value)) return value;
  return self instanceof JavaDouble ? parseDouble(value) : parseInteger(value, radix);
};

export const numberMethods: Methods<Numeric> = {
  toString: (self: Numeric, [value]: Value[]) => toText(value ?? self),
  intValue: truncate,
  longValue: truncate,
  shortValue: truncate,
  byteValue: truncate,
  doubleValue: (self) => new JavaDouble(toNumber(self)),
  floatValue: (self) => new JavaDouble(Math.fround(toNumber(self))),
  equals: (self, [other = null]) => isEqual(self, other),
  compareTo: (self, [other = null]) => (isNumber(other) ? Math.sign(toNumber(self) - toNumber(other)) : null),
  hashCode: truncate,
  isNaN: (self) => Number.isNaN(toNumber(self)),
  isInfinite: (self) => Math.abs(toNumber(self)) === Infinity,
  parseInt: (self, [text = null, radix]) => (self instanceof JavaDouble ? null : parseInteger(text, radix)),
  parseLong: (self, [text = null, radix]) => (self instanceof JavaDouble ? null : parseInteger(text, radix)),
  parseDouble: (_self, [text = null]) => parseDouble(text),
  parseFloat: (_self, [text = null]) => parseDouble(text),
  valueOf,
  toHexString: (self, [value = self]) => (isNumber(value) ? (toNumber(value) >>> 0).toString(16) : null),
  toBinaryString: (self, [value = self]) => (isNumber(value) ? (toNumber(value) >>> 0).toString(2) : null),
  max: (_self, [a = null, b = null]) => (isNumber(a) && isNumber(b) ? (toNumber(a) >= toNumber(b) ? a : b) : null),
  min: (_self, [a = null, b = null]) => (isNumber(a) && isNumber(b) ? (toNumber(a) <= toNumber(b) ? a : b) : null),
  sum: (_self, [a, b]) => (typeof a === 'number' && typeof b === 'number' ? a + b : null),
};
