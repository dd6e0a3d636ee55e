// Filter patterns (CloudWatch Logs user guide, "Filter pattern syntax", 2026-11): terms, space-delimited fields, JSON.
import { invalidParameter } from './errors.ts';
import { parseJsonPattern, type JsonPattern } from './pattern-json.ts';
import { matchesValue, parseComparison, type Comparison } from './pattern-value.ts';

type Terms = { kind: 'terms'; all: Test[]; any: Test[]; none: Test[] };
type Fields = { kind: 'fields'; fields: (Field | '...')[] };
interface Field {
  /** alternatives of conjunctions; empty = any value */
  tests: Comparison[][];
}
type Test = (message: string) => boolean;
export type Pattern = Terms | Fields | { kind: 'json'; test: JsonPattern };

const PATTERN_LENGTH_MAX = 1024;
const invalid = (): Error => invalidParameter('Invalid filter pattern');

export function parsePattern(text: string): Pattern {
  const trimmed = text.trim();
  if (trimmed.length > PATTERN_LENGTH_MAX) throw invalid();
  if (trimmed.startsWith('{')) return { kind: 'json', test: parseJsonPattern(trimmed) };
  if (trimmed.startsWith('[')) return parseFields(trimmed);
  return parseTerms(trimmed);
}

export function matchesPattern(pattern: Pattern, message: string): boolean {
  if (pattern.kind === 'json') return pattern.test(message);
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
const TERM = /\s*([?-]?)(?:"((?:[^"\\]|\\.)*)"|%((?:[^%\\]|\\.)*)%|([A-Za-z0-9_.\-:/@#*+=,;!&$|~^<>]+))(?=\s|$)/y;

function parseTerms(text: string): Terms {
  const terms: Terms = { kind: 'terms', all: [], any: [], none: [] };
  TERM.lastIndex = 0;
  while (TERM.lastIndex < text.length) {
    const match = TERM.exec(text);
    if (!match) throw invalid();
    const [, sign, phrase, expression, word] = match;
    const test =
      expression === undefined
        ? contains((phrase ?? word ?? '').replace(/\\(.)/g, '$1'), phrase === undefined)
        : searches(expression);
    (sign === '-' ? terms.none : sign === '?' ? terms.any : terms.all).push(test);
  }
  return terms;
}

/** An unquoted term is a whole word, a phrase any part of the message. */
function contains(term: string, wholeWord: boolean): Test {
  if (!wholeWord) return (message) => message.includes(term);
  const escaped = term.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const expression = new RegExp(`(?<![A-Za-z0-9_])${escaped}(?![A-Za-z0-9_])`);
  return (message) => expression.test(message);
}

export function searches(source: string): Test {
  try {
    const expression = new RegExp(source);
    return (message) => expression.test(message);
  } catch {
    throw invalid();
  }
}

function parseFields(text: string): Fields {
  if (!text.endsWith(']')) throw invalid();
  const fields = splitOutsideQuotes(text.slice(1, -1)).map((part): Field | '...' => {
    const trimmed = part.trim();
    if (trimmed === '...') return '...';
    const tests = trimmed.split('||').map((or) =>
      or
        .split('&&')
        .map((and) => parseComparison(and.trim()))
        .filter((comparison) => comparison !== undefined),
    );
    return { tests: tests.every((all) => all.length === 0) ? [] : tests };
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
  const values = splitMessage(message);
  const gap = pattern.fields.indexOf('...');
  if (gap < 0 ? values.length !== pattern.fields.length : values.length < pattern.fields.length - 1) return false;
  return pattern.fields.every((field, i) => {
    if (field === '...') return true;
    const value = values[gap >= 0 && i > gap ? values.length - (pattern.fields.length - i) : i] ?? '';
    return (
      field.tests.length === 0 || field.tests.some((all) => all.every((comparison) => matchesValue(comparison, value)))
    );
  });
}
