// Filter patterns (CloudWatch Logs user guide, "Filter pattern syntax", 2026-11): terms, space-delimited fields, JSON.
import { invalidParameter } from './errors.ts';
import { parseJsonPattern, type JsonPattern } from './pattern-json.ts';
import { matchesValue, parseComparison, parseExpression, type Comparison } from './pattern-value.ts';

type Terms = { kind: 'terms'; all: Test[]; any: Test[]; none: Test[] };
type Fields = { kind: 'fields'; fields: (Field | '...')[] };
interface Field {
  /** what the pattern calls it, or its place from 1 */
  name: string;
  /** alternatives of conjunctions; empty = any value */
  tests: Comparison[][];
}
type Test = (message: string) => boolean;
export type Pattern = Terms | Fields | { kind: 'json'; json: JsonPattern };

const PATTERN_LENGTH_MAX = 1024;
const invalid = (): Error => invalidParameter('Invalid filter pattern');

export function parsePattern(text: string): Pattern {
  const trimmed = text.trim();
  if (trimmed.length > PATTERN_LENGTH_MAX) throw invalid();
  if (trimmed.startsWith('{')) return { kind: 'json', json: parseJsonPattern(trimmed) };
  if (trimmed.startsWith('[')) return parseFields(trimmed);
  return parseTerms(trimmed);
}

export function matchesPattern(pattern: Pattern, message: string): boolean {
  if (pattern.kind === 'json') return pattern.json.matches(message);
  if (pattern.kind === 'fields') return matchesFields(pattern, message);
  if (pattern.none.some((test) => test(message)) || !pattern.all.every((test) => test(message))) return false;
  // Optional terms decide only when nothing is required (user guide: "?" beside other terms is ignored).
  return (
    pattern.all.length > 0 ||
    pattern.none.length > 0 ||
    pattern.any.length === 0 ||
    pattern.any.some((test) => test(message))
  );
}

/** term, "a phrase", %a regular expression%; `-` excludes, `?` makes optional */
const TERM = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([^\s"%]+))(?=\s|$)/y;

function parseTerms(text: string): Terms {
  const terms: Terms = { kind: 'terms', all: [], any: [], none: [] };
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const match = TERM.exec(text);
    if (!match) throw invalid();
    const [, sign, phrase, expression, word] = match;
    if (word !== undefined && !/^[\p{L}\p{N}_]+$/u.test(word)) {
      throw invalidParameter(`Invalid character(s) in term '${word}'`);
    }
    const test = expression === undefined ? contains(phrase ?? word ?? '') : searches(expression);
    (sign === '-' ? terms.none : sign === '?' ? terms.any : terms.all).push(test);
  }
  return terms;
}

/** Words are found inside of words too: ERROR in "Exiting with ERRORCODE" (user guide). */
function contains(term: string): Test {
  const text = term.replace(/\\(.)/g, '$1');
  return (message) => message.includes(text);
}

function searches(source: string): Test {
  const expression = parseExpression(source);
  return (message) => expression.test(message);
}

function parseFields(text: string): Fields {
  if (!text.endsWith(']')) throw invalid();
  const fields = splitOutsideQuotes(text.slice(1, -1)).map((part, i): Field | '...' => {
    const trimmed = part.trim();
    if (trimmed === '...') return '...';
    const tests = trimmed.split('||').map((or) =>
      or
        .split('&&')
        .map((and) => parseComparison(and.trim()))
        .filter((comparison) => comparison !== undefined),
    );
    const name = /^[\w.-]+/.exec(trimmed)?.[0] ?? String(i + 1);
    return { name, tests: tests.every((all) => all.length === 0) ? [] : tests };
  });
  if (fields.filter((field) => field === '...').length > 1) throw invalid();
  return { kind: 'fields', fields };
}

function splitOutsideQuotes(text: string): string[] {
  return text.match(/(?:"[^"]*"|%[^%]*%|[^,"%])+/g) ?? [];
}

/** A field is a word, or what stands in brackets or quotes. */
const splitMessage = (message: string): string[] =>
  (message.trim().match(/"[^"]*"|\[[^\]]*\]|\S+/g) ?? []).map((field) => field.replace(/^["[]|["\]]$/g, ''));

function matchesFields(pattern: Fields, message: string): boolean {
  const values = valuesOf(pattern, message);
  return (
    values !== undefined &&
    values.every(
      ([{ tests }, value]) =>
        tests.length === 0 || tests.some((all) => all.every((comparison) => matchesValue(comparison, value))),
    )
  );
}

/** Each field with its value; undefined when the message has another number of fields. */
function valuesOf({ fields }: Fields, message: string): [Field, string][] | undefined {
  const values = splitMessage(message);
  const gap = fields.indexOf('...');
  if (gap < 0 ? values.length !== fields.length : values.length < fields.length - 1) return undefined;
  return fields.flatMap((field, i): [Field, string][] => {
    if (field === '...') return [];
    return [[field, values[gap >= 0 && i > gap ? values.length - (fields.length - i) : i] ?? '']];
  });
}

/** Names and values of a space-delimited pattern in a message that it matches. */
export const extractFields = (pattern: Fields, message: string): Record<string, string> =>
  Object.fromEntries((valuesOf(pattern, message) ?? []).map(([{ name }, value]) => [name, value]));

/** What TestMetricFilter shows: `$name` of a space-delimited pattern, `$.path` of a JSON one. */
export function extractedValues(pattern: Pattern, message: string): Record<string, string> {
  if (pattern.kind === 'terms') return {};
  if (pattern.kind === 'json') return pattern.json.extract(message);
  return Object.fromEntries(
    Object.entries(extractFields(pattern, message)).map(([name, value]) => [`$${name}`, value]),
  );
}
