import { functionError } from './error.ts';

export type SubPart = { text: string } | { variable: string };

const VARIABLE = /\$\{([^}]*)\}/g;
const NAME = /^[A-Za-z0-9_.:]+$/;

/** Splits the text of a Fn::Sub into literal pieces and variables; `${!x}` is the literal `${x}`. */
export function parseSub(text: string): SubPart[] {
  const parts: SubPart[] = [];
  let end = 0;
  for (const match of text.matchAll(VARIABLE)) {
    const variable = match[1] ?? '';
    if (match.index > end) parts.push({ text: text.slice(end, match.index) });
    if (variable.startsWith('!')) parts.push({ text: `\${${variable.slice(1)}}` });
    else {
      if (!NAME.test(variable)) {
        throw functionError(
          'variable names in Fn::Sub syntax must contain only alphanumeric characters, underscores, periods, and colons',
        );
      }
      parts.push({ variable });
    }
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end) });
  return parts;
}

/** `A.B.C` in a Fn::Sub is attribute B.C of A; without a dot it is a Ref. */
export function subReference(variable: string): { logicalId: string; attribute?: string } {
  const dot = variable.indexOf('.');
  return dot < 0 ? { logicalId: variable } : { logicalId: variable.slice(0, dot), attribute: variable.slice(dot + 1) };
}
