import { compileSafeRegex, type SafeRegex } from '#core/safe-regex.ts';
import { durationMs, FUNCTIONS, numberOf, textOf, type Value } from './functions.ts';
import { malformed, type Token } from './lexer.ts';

export type Row = ReadonlyMap<string, Value>;
export type Expression = (row: Row) => Value;

/** Reads tokens one by one; every parser of this folder shares one. */
export class Cursor {
  readonly tokens: readonly Token[];
  at = 0;
  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }
  peek(): Token | undefined {
    return this.tokens[this.at];
  }
  isWord(...words: string[]): boolean {
    const token = this.peek();
    return token?.kind === 'word' && words.includes(token.text.toLowerCase());
  }
  takeWord(...words: string[]): boolean {
    if (!this.isWord(...words)) return false;
    this.at++;
    return true;
  }
  takeSymbol(...symbols: string[]): string | undefined {
    const token = this.peek();
    if (token?.kind !== 'symbol' || !symbols.includes(token.text)) return undefined;
    this.at++;
    return token.text;
  }
  expectSymbol(symbol: string): void {
    if (!this.takeSymbol(symbol)) throw this.unexpected();
  }
  next(): Token {
    const token = this.tokens[this.at++];
    if (!token) throw malformed('unexpected end of query');
    return token;
  }
  name(): string {
    const token = this.next();
    if (token.kind !== 'word' && token.kind !== 'field') throw this.unexpected(token);
    return token.text;
  }
  unexpected(token: Token | undefined = this.peek()): Error {
    if (!token) return malformed('unexpected end of query');
    return malformed(`unexpected symbol found ${token.text} at position ${token.at}`, token.at, token.text.length);
  }
}

export function parseExpression(cursor: Cursor): Expression {
  let left = parseAnd(cursor);
  while (cursor.takeWord('or')) {
    const [a, b] = [left, parseAnd(cursor)];
    left = (row) => isTrue(a(row)) || isTrue(b(row));
  }
  return left;
}
function parseAnd(cursor: Cursor): Expression {
  let left = parseNot(cursor);
  while (cursor.takeWord('and')) {
    const [a, b] = [left, parseNot(cursor)];
    left = (row) => isTrue(a(row)) && isTrue(b(row));
  }
  return left;
}
function parseNot(cursor: Cursor): Expression {
  if (!cursor.takeWord('not')) return parseComparison(cursor);
  const inner = parseNot(cursor);
  return (row) => !isTrue(inner(row));
}

export const isTrue = (value: Value): boolean => value === true || (typeof value === 'number' && value !== 0);

function parseComparison(cursor: Cursor): Expression {
  const left = parseSum(cursor);
  const symbol = cursor.takeSymbol('=', '!=', '<', '<=', '>', '>=');
  if (symbol) {
    const right = parseSum(cursor);
    return (row) => compares(symbol, left(row), right(row));
  }
  const negated = cursor.takeWord('not');
  const matches = cursor.takeSymbol('=~') || cursor.takeWord('like') ? parseMatch(cursor, left) : undefined;
  const test = matches ?? (cursor.takeWord('in') ? parseMembership(cursor, left) : undefined);
  if (!test) {
    if (negated) throw cursor.unexpected();
    return left;
  }
  return negated ? (row) => !test(row) : test;
}

function parseMatch(cursor: Cursor, left: Expression): (row: Row) => boolean {
  const token = cursor.next();
  if (token.kind === 'text') return (row) => textOf(left(row)).includes(token.text);
  if (token.kind !== 'expression') throw cursor.unexpected(token);
  const expression = regularExpression(token);
  return (row) => expression.test(textOf(left(row)));
}

export function regularExpression(token: Token): SafeRegex {
  const flags = token.text.startsWith('(?i)') ? 'i' : '';
  try {
    return compileSafeRegex(token.text.replace(/^\(\?i\)/, ''), flags);
  } catch {
    throw malformed(`invalid regular expression at position ${token.at}`, token.at, token.text.length);
  }
}

function parseMembership(cursor: Cursor, left: Expression): (row: Row) => boolean {
  cursor.expectSymbol('[');
  const members = parseList(cursor, ']');
  return (row) => {
    const value = left(row);
    return members.some((member) => compares('=', value, member(row)));
  };
}

function parseList(cursor: Cursor, close: string): Expression[] {
  const members: Expression[] = [];
  if (cursor.takeSymbol(close)) return members;
  do members.push(parseExpression(cursor));
  while (cursor.takeSymbol(','));
  cursor.expectSymbol(close);
  return members;
}

/** Numbers where both sides are, otherwise texts; nothing compares with what is not there. */
function compares(symbol: string, a: Value, b: Value): boolean {
  if (a === undefined || a === null || b === undefined || b === null) return symbol === '!=';
  const [x, y] = [numberOf(a), numberOf(b)];
  const order = x !== undefined && y !== undefined ? x - y : textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0;
  if (symbol === '=') return order === 0;
  if (symbol === '!=') return order !== 0;
  if (symbol === '<') return order < 0;
  if (symbol === '<=') return order <= 0;
  return symbol === '>' ? order > 0 : order >= 0;
}

const ARITHMETIC: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': (a, b) => a ** b,
};

function arithmetic(cursor: Cursor, symbols: string[], operand: (cursor: Cursor) => Expression): Expression {
  let left = operand(cursor);
  for (;;) {
    const symbol = cursor.takeSymbol(...symbols);
    const run = symbol && ARITHMETIC[symbol];
    if (!run) return left;
    const [a, b] = [left, operand(cursor)];
    left = (row) => {
      const [x, y] = [numberOf(a(row)), numberOf(b(row))];
      return x === undefined || y === undefined ? undefined : run(x, y);
    };
  }
}
const parseSum = (cursor: Cursor): Expression => arithmetic(cursor, ['+', '-'], parseProduct);
const parseProduct = (cursor: Cursor): Expression => arithmetic(cursor, ['*', '/', '%'], parsePower);
const parsePower = (cursor: Cursor): Expression => arithmetic(cursor, ['^'], parsePrimary);

function parsePrimary(cursor: Cursor): Expression {
  if (cursor.takeSymbol('-')) {
    const inner = parsePrimary(cursor);
    return (row) => {
      const number = numberOf(inner(row));
      return number === undefined ? undefined : -number;
    };
  }
  if (cursor.takeSymbol('(')) {
    const inner = parseExpression(cursor);
    cursor.expectSymbol(')');
    return inner;
  }
  const token = cursor.next();
  if (token.kind === 'text') return () => token.text;
  if (token.kind === 'number') return () => Number(token.text);
  if (token.kind === 'word' && cursor.takeSymbol('(')) return parseCall(cursor, token);
  if (token.kind !== 'word' && token.kind !== 'field') throw cursor.unexpected(token);
  return (row) => row.get(token.text);
}

function parseCall(cursor: Cursor, token: Token): Expression {
  const name = token.text.toLowerCase();
  if (name === 'bin' || name === 'datefloor') return parseBin(cursor, name);
  const run = FUNCTIONS[name];
  if (!run) throw malformed(`invalid function ${token.text} at position ${token.at}`, token.at, token.text.length);
  const values = parseList(cursor, ')');
  return (row) => run(values.map((value) => value(row)));
}

/** bin(5m) of @timestamp, datefloor(field, 5m) */
function parseBin(cursor: Cursor, name: string): Expression {
  let field: Expression = (row) => row.get('@timestamp');
  if (name === 'datefloor') {
    field = parseExpression(cursor);
    cursor.expectSymbol(',');
  }
  const token = cursor.next();
  const ms = token.kind === 'duration' ? durationMs(token.text) : undefined;
  if (ms === undefined || ms === 0) throw cursor.unexpected(token);
  cursor.expectSymbol(')');
  return (row) => {
    const number = numberOf(field(row));
    return number === undefined ? undefined : Math.floor(number / ms) * ms;
  };
}

/** Whether what follows is a time: shown as one. */
export const isTimeName = (cursor: Cursor): boolean =>
  cursor.isWord('@timestamp', '@ingestiontime', 'bin', 'datefloor', 'frommillis');
