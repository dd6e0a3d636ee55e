import { formatError } from './error.ts';
import type { Value } from './value.ts';

/** An output's value, or an export's name: scalars only. */
export function outputText(value: Value, key: string): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw formatError(`Output ${key} is malformed. The Value field of every Outputs member must evaluate to a String.`);
}
