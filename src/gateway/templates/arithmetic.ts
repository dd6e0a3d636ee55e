// Arithmetic and comparison as Velocity 1.7 does them: integers stay integers, a fraction makes a double, what cannot be
// computed is null, and `==` falls back to comparing the texts of unlike values.
import { isEqual, isNumber, JavaDouble, TemplateError, toText, VALUE_CHARS_MAX, type Value } from './values.ts';

export type MathOperator = '+' | '-' | '*' | '/' | '%';
export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';

/** Beyond this Java would go on with BigInteger; nobody maps requests with such numbers, but loops can grow them. */
const BIGINT_MAX = 2n ** 1024n;

const fits = (value: bigint): number | bigint => {
  if (value > BIGINT_MAX || value < -BIGINT_MAX) throw new TemplateError('a number is too large');
  return value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value;
};

const toNumber = (value: number | bigint | JavaDouble): number =>
  value instanceof JavaDouble ? value.value : Number(value);

export function compute(operator: MathOperator, left: Value, right: Value): Value {
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string')) {
    const text = toText(left) + toText(right);
    if (text.length > VALUE_CHARS_MAX) throw new TemplateError('a string is too long');
    return text;
  }
  if (!isNumber(left) || !isNumber(right)) return null;
  if (left instanceof JavaDouble || right instanceof JavaDouble) {
    return computeDouble(operator, toNumber(left), toNumber(right));
  }
  return computeInteger(operator, BigInt(left), BigInt(right));
}

function computeDouble(operator: MathOperator, left: number, right: number): Value {
  switch (operator) {
    case '+':
      return new JavaDouble(left + right);
    case '-':
      return new JavaDouble(left - right);
    case '*':
      return new JavaDouble(left * right);
    case '/':
      return right === 0 ? null : new JavaDouble(left / right);
    case '%':
      return right === 0 ? null : new JavaDouble(left % right);
  }
}

function computeInteger(operator: MathOperator, left: bigint, right: bigint): Value {
  switch (operator) {
    case '+':
      return fits(left + right);
    case '-':
      return fits(left - right);
    case '*':
      return fits(left * right);
    case '/':
      return right === 0n ? null : fits(left / right);
    case '%':
      return right === 0n ? null : fits(left % right);
  }
}

export function compare(operator: Comparison, left: Value, right: Value): boolean {
  if (operator === '==') return isSame(left, right);
  if (operator === '!=') return !isSame(left, right);
  if (!isNumber(left) || !isNumber(right)) return false;
  const a = toNumber(left);
  const b = toNumber(right);
  switch (operator) {
    case '<':
      return a < b;
    case '<=':
      return a <= b;
    case '>':
      return a > b;
    case '>=':
      return a >= b;
  }
}

function isSame(left: Value, right: Value): boolean {
  if (left === null || right === null) return left === right;
  if (isNumber(left) && isNumber(right)) return toNumber(left) === toNumber(right);
  if (typeof left === typeof right && typeof left !== 'object') return left === right;
  return isEqual(left, right) || toText(left) === toText(right);
}
