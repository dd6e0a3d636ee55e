// The tree of a template.
import type { Comparison, MathOperator } from './arithmetic.ts';

export type Statement =
  | { type: 'text'; text: string }
  | { type: 'reference'; reference: Reference }
  | { type: 'set'; target: Reference; value: Expression }
  | { type: 'if'; branches: { test: Expression; body: Statement[] }[]; otherwise?: Statement[] }
  | { type: 'foreach'; variable: string; over: Expression; body: Statement[] }
  | { type: 'define'; variable: string; body: Statement[] }
  | { type: 'macro'; name: string; parameters: string[]; body: Statement[] }
  | { type: 'call'; name: string; arguments: Expression[]; body?: Statement[]; source: string }
  | { type: 'evaluate'; source: Expression }
  | { type: 'break' }
  | { type: 'stop' };

export type Expression =
  | { type: 'literal'; value: null | boolean | number | bigint | string | { double: number } }
  /** "…" with references or directives inside */
  | { type: 'interpolation'; body: Statement[] }
  | { type: 'reference'; reference: Reference }
  | { type: 'list'; items: Expression[] }
  | { type: 'map'; entries: [key: Expression, value: Expression][] }
  | { type: 'range'; from: Expression; to: Expression }
  | { type: 'math'; operator: MathOperator; left: Expression; right: Expression }
  | { type: 'compare'; operator: Comparison; left: Expression; right: Expression }
  | { type: 'and' | 'or'; left: Expression; right: Expression }
  | { type: 'not'; operand: Expression }
  /** a bare word, as macro arguments may be */
  | { type: 'word'; word: string };

export interface Reference {
  name: string;
  path: Step[];
  /** `$!…`: prints nothing when null */
  quiet: boolean;
  /** as written, without the backslashes before it */
  source: string;
  /** backslashes before the `$` */
  escapes: number;
}

export type Step =
  | { type: 'property'; name: string }
  | { type: 'method'; name: string; arguments: Expression[] }
  | { type: 'index'; index: Expression };

export class TemplateSyntaxError extends Error {
  constructor(message: string, source: string, at: number) {
    const before = source.slice(0, at).split('\n');
    super(`${message} at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`);
  }
}
