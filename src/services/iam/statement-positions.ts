// Where the statements of a policy document stand in its text, as the simulator names them.
import type { Position } from '@aws-sdk/client-iam';

export interface StatementPosition {
  start: Position;
  end: Position;
}

/**
 * A statement begins behind the bracket or comma before it and ends behind its last brace; columns count from 1.
 * (AdministratorAccess, indented by two: "StartPosition":{"Line":3,"Column":17},"EndPosition":{"Line":8,"Column":6})
 * https://docs.aws.amazon.com/cli/latest/reference/iam/simulate-principal-policy.html#examples
 */
export function statementPositions(text: string): StatementPosition[] {
  const from = statementsFrom(text);
  if (from === undefined) return [];
  const isList = /^\s*\[/.test(text.slice(from));
  let start = isList ? text.indexOf('[', from) + 1 : from;
  const positions: StatementPosition[] = [];
  for (const { at, character, depth } of structure(text, start)) {
    if (character === '}' && depth === 0) {
      positions.push({ start: positionOf(text, start), end: positionOf(text, at + 1) });
      if (!isList) break;
    } else if (character === ',' && depth === 0) start = at + 1;
    else if (depth < 0) break;
  }
  return positions;
}

/** Behind the colon of the document's own member Statement. */
function statementsFrom(text: string): number | undefined {
  for (const { at, character, depth } of structure(text, 0)) {
    if (character !== ':' || depth !== 1) continue;
    if (/"Statement"\s*$/.test(text.slice(0, at))) return at + 1;
  }
  return undefined;
}

/** Braces, brackets, commas and colons outside of strings, with the depth behind them. */
function* structure(text: string, from: number): Generator<{ at: number; character: string; depth: number }> {
  let depth = 0;
  for (const { 0: found, index } of text.slice(from).matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (found.length > 1) continue;
    if (found === '{' || found === '[') depth++;
    else if (found === '}' || found === ']') depth--;
    yield { at: from + index, character: found, depth };
  }
}

function positionOf(text: string, at: number): Position {
  const before = text.slice(0, at);
  return { Line: before.split('\n').length, Column: at - before.lastIndexOf('\n') };
}
