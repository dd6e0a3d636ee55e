import { isNumber, JavaDouble, TemplateError, type Value } from '../values.ts';

/** Comparable.compareTo between two values of one kind. */
export function compareValues(left: Value, right: Value): number {
  if (typeof left === 'string' && typeof right === 'string') return left < right ? -1 : left > right ? 1 : 0;
  if (isNumber(left) && isNumber(right)) {
    const a = left instanceof JavaDouble ? left.value : Number(left);
    const b = right instanceof JavaDouble ? right.value : Number(right);
    return a - b;
  }
  throw new TemplateError('the values cannot be compared');
}
