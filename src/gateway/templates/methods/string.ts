// java.lang.String. An index out of bounds throws in Java, and so ends the template here.
import type { Methods } from '../members.ts';
import { compileJavaMatch, compileJavaRegex, translateReplacement } from '../java-regex.ts';
import { isNumber, TemplateError, toText, VALUE_CHARS_MAX, type Value } from '../values.ts';
import { formatJava } from './format.ts';

const PIECES_MAX = 100_000;
/** These look at every character with an expression. */
const COSTLY = new Set(['replaceAll', 'replaceFirst', 'split', 'matches', 'toCharArray', 'getBytes', 'lines']);

const outOfRange = (index: number): TemplateError => new TemplateError(`String index out of range: ${index}`);

const bounded = (text: string): string => {
  if (text.length > VALUE_CHARS_MAX) throw new TemplateError('a string is too long');
  return text;
};

function substring(self: string, from: Value | undefined, to: Value | undefined): Value {
  if (typeof from !== 'number' || (to !== undefined && typeof to !== 'number')) return null;
  const end = to ?? self.length;
  if (from < 0) throw outOfRange(from);
  if (end > self.length) throw outOfRange(end);
  if (from > end) throw outOfRange(end - from);
  return self.slice(from, end);
}

/** split(regex, limit): trailing empty strings are dropped when the limit is 0; a leading empty match makes no piece. */
function split(self: string, pattern: Value | undefined, limit: Value = 0): Value {
  if (typeof pattern !== 'string' || typeof limit !== 'number') return null;
  const pieces: Value[] = [];
  let from = 0;
  const matches = compileJavaRegex(pattern).matchAll(self, PIECES_MAX + 1);
  if (matches.length > PIECES_MAX) throw new TemplateError('a string has too many pieces');
  for (const match of matches) {
    if (limit > 0 && pieces.length === limit - 1) break;
    const end = match.index + match[0].length;
    if (end === 0 || (match[0] === '' && match.index >= self.length)) continue;
    pieces.push(self.slice(from, match.index));
    from = end;
  }
  pieces.push(self.slice(from));
  if (limit === 0) while (pieces.length > 1 && pieces.at(-1) === '') pieces.pop();
  return pieces;
}

const replaceBy =
  (flags: '' | 'g') =>
  (self: string, [pattern, replacement]: Value[]): Value => {
    if (typeof pattern !== 'string' || typeof replacement !== 'string') return null;
    return bounded(compileJavaRegex(pattern, flags).replace(self, translateReplacement(replacement)));
  };

/** Java's int overflow: 31 * h + c in 32 bits. */
function hashCode(self: string): number {
  let hash = 0;
  for (let i = 0; i < self.length; i++) hash = (Math.imul(31, hash) + self.charCodeAt(i)) | 0;
  return hash;
}

/** String.compareTo: the difference of the first unlike characters, else of the lengths. */
function compareTo(self: string, other: string): number {
  const length = Math.min(self.length, other.length);
  for (let i = 0; i < length; i++) {
    const difference = self.charCodeAt(i) - other.charCodeAt(i);
    if (difference) return difference;
  }
  return self.length - other.length;
}

const position = (find: (self: string, text: string, from?: number) => number) => {
  return (self: string, [what, from]: Value[]): Value => {
    const text = typeof what === 'number' ? String.fromCodePoint(what) : what;
    if (typeof text !== 'string') return null;
    return find(self, text, typeof from === 'number' ? from : undefined);
  };
};

const trimmed = (pattern: RegExp) => (self: string) => self.replace(pattern, '');

const methods: Methods<string> = {
  length: (self) => self.length,
  isEmpty: (self) => self === '',
  isBlank: (self) => self.trim() === '',
  toString: (self: string) => self,
  intern: (self) => self,
  equals: (self, [other]) => self === other,
  equalsIgnoreCase: (self, [other]) => typeof other === 'string' && self.toLowerCase() === other.toLowerCase(),
  compareTo: (self, [other]) => (typeof other === 'string' ? compareTo(self, other) : null),
  compareToIgnoreCase: (self, [other]) =>
    typeof other === 'string' ? compareTo(self.toLowerCase(), other.toLowerCase()) : null,
  hashCode,
  charAt(self, [index]) {
    if (typeof index !== 'number') return null;
    if (index < 0 || index >= self.length) throw outOfRange(index);
    return self[index]!;
  },
  codePointAt: (self, [index]) => (typeof index === 'number' ? (self.codePointAt(index) ?? null) : null),
  substring: (self, [from, to]) => substring(self, from, to),
  subSequence: (self, [from, to]) => substring(self, from, to),
  indexOf: position((self, text, from) => self.indexOf(text, from)),
  lastIndexOf: position((self, text, from) => self.lastIndexOf(text, from)),
  contains: (self, [text]) => (typeof text === 'string' ? self.includes(text) : null),
  startsWith: (self, [text, from]) =>
    typeof text === 'string' ? self.startsWith(text, typeof from === 'number' ? from : 0) : null,
  endsWith: (self, [text]) => (typeof text === 'string' ? self.endsWith(text) : null),
  matches: (self, [pattern]) => (typeof pattern === 'string' ? compileMatch(pattern).test(self) : null),
  replace: (self, [from, to]) =>
    typeof from === 'string' && typeof to === 'string' ? bounded(replaceLiteral(self, from, to)) : null,
  replaceAll: replaceBy('g'),
  replaceFirst: replaceBy(''),
  split: (self, [pattern, limit]) => split(self, pattern, limit),
  trim: trimmed(/^[\0- ]+|[\0- ]+$/g),
  strip: (self) => self.trim(),
  stripLeading: (self) => self.trimStart(),
  stripTrailing: (self) => self.trimEnd(),
  toLowerCase: (self) => self.toLowerCase(),
  toUpperCase: (self) => self.toUpperCase(),
  concat: (self, [text]) => (typeof text === 'string' ? bounded(self + text) : null),
  repeat(self, [count]) {
    if (typeof count !== 'number' || count < 0) throw new TemplateError(`count is negative: ${toText(count ?? null)}`);
    if (self.length * count > VALUE_CHARS_MAX) throw new TemplateError('a string is too long');
    return self.repeat(count);
  },
  toCharArray: (self) => self.split(''),
  getBytes: (self) => [...Buffer.from(self)].map((byte) => (byte > 127 ? byte - 256 : byte)),
  lines: (self) => self.split(/\r\n|\n|\r/),
  format: (self, args) => (args.length ? bounded(formatJava(toText(args[0]!), args.slice(1))) : self),
  formatted: (self, args) => bounded(formatJava(self, args)),
  valueOf: (_self: string, [value = null]: Value[]) => (value === null ? 'null' : toText(value)),
  join(_self, [separator, ...rest]) {
    if (typeof separator !== 'string') return null;
    const items = rest.length === 1 && Array.isArray(rest[0]) ? rest[0] : rest;
    return bounded(items.map((item) => (item === null ? 'null' : toText(item))).join(separator));
  },
};

function replaceLiteral(self: string, from: string, to: string): string {
  const growth = from === '' ? self.length + 1 : Math.floor(self.length / from.length);
  if (growth * to.length > 4 * VALUE_CHARS_MAX) throw new TemplateError('a string is too long');
  return self.replaceAll(from, () => to);
}

const matchers = new Map<string, ReturnType<typeof compileJavaMatch>>();
function compileMatch(pattern: string): ReturnType<typeof compileJavaMatch> {
  let matcher = matchers.get(pattern);
  if (!matcher) {
    try {
      matcher = compileJavaMatch(pattern);
    } catch (error) {
      throw new TemplateError(`the expression ${pattern} is not valid`, { cause: error });
    }
    if (matchers.size > 200) matchers.clear();
    matchers.set(pattern, matcher);
  }
  return matcher;
}

/** Every method costs at least the length of the text it looks through. */
export const stringMethods: Methods<string> = Object.fromEntries(
  Object.entries(methods).map(([name, method]) => [
    name,
    (self: string, args: Value[], state) => {
      state.spend(1 + self.length * (COSTLY.has(name) ? 1 : 0.125));
      return method(self, args.map(unboxed), state);
    },
  ]),
) as Methods<string>;

const unboxed = (value: Value): Value => (isNumber(value) && typeof value === 'bigint' ? Number(value) : value);
