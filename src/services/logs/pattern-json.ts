// { $.a.b[0] = "x*" && ($.n > 3 || $.flag IS TRUE) }
import { invalidParameter } from './errors.ts';
import { compare, matchesValue, type Operator } from './pattern-value.ts';

export interface JsonPattern {
  matches: (message: string) => boolean;
  /** the values of the pattern's paths */
  extract: (message: string) => Record<string, string>;
}
type Test = (document: unknown) => boolean;
/** a member's name, an index, or `*` */
type Step = string | number;

const TOKEN =
  /\s*(?:(&&|\|\||\(|\)|\{|\}|!=|>=|<=|=|>|<)|("(?:[^"\\]|\\.)*")|%((?:[^%\\]|\\.)*)%|(\$(?:\.[\w-]+|\["[^"]+"\]|\['[^']+'\]|\[\d+\]|\[\*\]|\.\*)+)|([^\s(){}=!<>&|"%]+))/y;

type Token = { operator: string } | { phrase: string } | { expression: string } | { path: string } | { word: string };
const invalid = (): Error => invalidParameter('Invalid filter pattern');
const NOTHING = Symbol('absent');

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) {
      throw invalid();
    }
    const [, operator, phrase, expression, path, word] = match;
    if (operator) tokens.push({ operator });
    else if (phrase !== undefined) tokens.push({ phrase: phrase.slice(1, -1) });
    else if (expression !== undefined) tokens.push({ expression });
    else if (path) tokens.push({ path });
    else if (word) tokens.push({ word });
  }
  return tokens;
}

const parsePath = (text: string): Step[] =>
  [...text.slice(1).matchAll(/\.([\w-]+|\*)|\["([^"]+)"\]|\['([^']+)'\]|\[(\d+)\]|\[(\*)\]/g)].map(
    ([, name, double, single, index, star]) =>
      index === undefined ? (name ?? double ?? single ?? star ?? '') : Number(index),
  );

function select(document: unknown, steps: readonly Step[]): unknown[] {
  let values = [document];
  for (const step of steps) {
    values = values.flatMap((value) => {
      if (step === '*') return Array.isArray(value) ? value : [];
      if (typeof step === 'number') return Array.isArray(value) && step < value.length ? [value[step]] : [];
      return value !== null && typeof value === 'object' && Object.hasOwn(value, step)
        ? [(value as Record<string, unknown>)[step]]
        : [];
    });
  }
  return values;
}

export function parseJsonPattern(text: string): JsonPattern {
  const tokens = tokenize(text);
  const paths = new Map<string, Step[]>();
  let at = 0;
  const peekOperator = (): string | undefined => {
    const token = tokens[at];
    return token && 'operator' in token ? token.operator : undefined;
  };
  const expectOperator = (operator: string): void => {
    if (peekOperator() !== operator) throw invalid();
    at++;
  };
  const word = (): string | undefined => {
    const token = tokens[at];
    return token && 'word' in token ? token.word.toUpperCase() : undefined;
  };

  function either(): Test {
    const tests = [both()];
    while (peekOperator() === '||') {
      at++;
      tests.push(both());
    }
    return (document) => tests.some((test) => test(document));
  }
  function both(): Test {
    const tests = [single()];
    while (peekOperator() === '&&') {
      at++;
      tests.push(single());
    }
    return (document) => tests.every((test) => test(document));
  }
  function single(): Test {
    if (peekOperator() === '(') {
      at++;
      const inner = either();
      expectOperator(')');
      return inner;
    }
    const token = tokens[at++];
    if (!token || !('path' in token)) throw invalid();
    const steps = parsePath(token.path);
    paths.set(token.path, steps);
    if (word() === 'IS') {
      at++;
      return state(steps);
    }
    if (word() === 'NOT') {
      at++;
      if (word() !== 'EXISTS') throw invalid();
      at++;
      return (document) => select(document, steps).length === 0;
    }
    const operator = peekOperator() as Operator | undefined;
    if (!operator || !/^(=|!=|[<>]=?)$/.test(operator)) throw invalid();
    at++;
    const value = tokens[at++];
    if (!value || 'operator' in value || 'path' in value) throw invalid();
    const comparison = compare(operator, value);
    return (document) => {
      const values = select(document, steps);
      return values.some((each) => matchesValue(comparison, each));
    };
  }
  function state(steps: Step[]): Test {
    const wanted = { NULL: null, TRUE: true, FALSE: false }[word() ?? ''] ?? (word() === 'NULL' ? null : NOTHING);
    if (wanted === NOTHING) throw invalid();
    at++;
    return (document) => select(document, steps).some((value) => value === wanted);
  }

  expectOperator('{');
  const test = either();
  expectOperator('}');
  if (at !== tokens.length) throw invalid();
  return {
    matches(message) {
      const document = documentIn(message);
      return document !== NOTHING && test(document);
    },
    extract(message) {
      const document = documentIn(message);
      const values = [...paths].map(([path, steps]): [string, unknown] => [path, select(document, steps)[0]]);
      return Object.fromEntries(
        values.filter(([, value]) => value !== undefined).map(([path, value]) => [path, textOf(value)]),
      );
    },
  };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function documentIn(message: string): unknown {
  const start = message.indexOf('{');
  if (start < 0) return NOTHING;
  try {
    return JSON.parse(message.slice(start));
  } catch {
    return NOTHING;
  }
}
