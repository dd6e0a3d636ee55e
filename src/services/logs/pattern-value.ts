import { compileSafeRegex, RegexTimeout, type SafeRegex } from '#core/safe-regex.ts';
import { invalidParameter } from './errors.ts';

export type Matcher = Pick<SafeRegex, 'test'>;
export type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=';
export interface Comparison {
  operator: Operator;
  /** number, text with * wildcards, or regular expression */
  test: { number: number } | { text: Matcher };
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

const wildcard = (text: string): Matcher =>
  matcher(`^${text.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*')}$`, 's');

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

export function parseExpression(source: string): Matcher {
  if (UNSUPPORTED.test(source)) throw invalidParameter('Invalid filter pattern');
  try {
    return matcher(source);
  } catch (cause) {
    throw Object.assign(invalidParameter('Invalid filter pattern'), { cause });
  }
}

/** Events of strangers go through it: one on which the expression takes too long does not match, and holds up nothing. */
function matcher(source: string, flags = ''): Matcher {
  const expression = compileSafeRegex(source, flags);
  return {
    test(text) {
      try {
        return expression.test(text);
      } catch (error) {
        if (error instanceof RegexTimeout) return false;
        throw error;
      }
    },
  };
}
