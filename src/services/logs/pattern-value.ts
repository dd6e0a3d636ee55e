import { invalidParameter } from './errors.ts';

export type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=';
export interface Comparison {
  operator: Operator;
  /** number, text with * wildcards, or regular expression */
  test: { number: number } | { text: RegExp };
}

const COMPARISON = /^[\w.-]*\s*(=|!=|>=|<=|>|<)\s*(?:"((?:[^"\\]|\\.)*)"|%(.*)%|(\S+))$/;

/** `name OP value`; a name alone tests nothing. */
export function parseComparison(text: string): Comparison | undefined {
  const match = COMPARISON.exec(text);
  if (!match) {
    if (/^[\w.-]*$/.test(text)) return undefined;
    throw invalidParameter('Invalid filter pattern');
  }
  const [, operator, phrase, expression, word] = match;
  return compare(operator as Operator, { phrase, expression, word });
}

export function compare(
  operator: Operator,
  value: { phrase?: string | undefined; expression?: string | undefined; word?: string | undefined },
): Comparison {
  const { phrase, expression, word } = value;
  if (expression !== undefined) return { operator, test: { text: parseExpression(expression) } };
  if (word !== undefined && word !== '' && Number.isFinite(Number(word)))
    return { operator, test: { number: Number(word) } };
  if (operator !== '=' && operator !== '!=') throw invalidParameter('Invalid filter pattern');
  return { operator, test: { text: wildcard((phrase ?? word ?? '').replace(/\\(.)/g, '$1')) } };
}

const wildcard = (text: string): RegExp =>
  new RegExp(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`, 's');

export function matchesValue({ operator, test }: Comparison, value: unknown): boolean {
  if ('text' in test) {
    const equal = (typeof value === 'string' || typeof value === 'number') && test.text.test(String(value));
    return operator === '=' ? equal : !equal;
  }
  const number =
    typeof value === 'number' ? value : typeof value === 'string' && value.trim() !== '' ? Number(value) : NaN;
  if (Number.isNaN(number)) return operator === '!=';
  switch (operator) {
    case '=':
      return number === test.number;
    case '!=':
      return number !== test.number;
    case '>':
      return number > test.number;
    case '<':
      return number < test.number;
    case '>=':
      return number >= test.number;
    case '<=':
      return number <= test.number;
  }
}

/** "The ( and ) operators are not supported"; nor are symbols outside of the guide's list, such as !. */
const UNSUPPORTED = /(?<!\\)[()!]/;

export function parseExpression(source: string): RegExp {
  if (UNSUPPORTED.test(source)) throw invalidParameter('Invalid filter pattern');
  try {
    return new RegExp(source);
  } catch (cause) {
    throw Object.assign(invalidParameter('Invalid filter pattern'), { cause });
  }
}
