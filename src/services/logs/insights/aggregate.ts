import type { Row } from './expression.ts';
import { isTimeName, parseExpression, type Cursor, type Expression } from './expression.ts';
import { numberOf, textOf, type Value } from './functions.ts';
import { malformed } from './lexer.ts';

export interface Aggregate {
  name: string;
  run: (rows: readonly Row[]) => Value;
  isTime?: boolean;
}

const present = (rows: readonly Row[], of: Expression): Value[] =>
  rows.map(of).filter((value) => value !== undefined && value !== null);
const numbers = (rows: readonly Row[], of: Expression): number[] =>
  rows.map((row) => numberOf(of(row))).filter((value) => value !== undefined);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function extreme(rows: readonly Row[], of: Expression, sign: 1 | -1): Value {
  const values = present(rows, of);
  if (values.length === 0) return undefined;
  const order = (a: Value, b: Value): number => {
    const [x, y] = [numberOf(a), numberOf(b)];
    return x !== undefined && y !== undefined ? x - y : textOf(a) < textOf(b) ? -1 : 1;
  };
  return values.reduce((best, value) => (order(value, best) * sign > 0 ? value : best));
}

/** The value of the row that is first or last in time. */
function byTime(rows: readonly Row[], of: Expression, sign: 1 | -1): Value {
  const timed = rows.filter((row) => of(row) !== undefined);
  const time = (row: Row): number => numberOf(row.get('@timestamp')) ?? 0;
  const found = timed.reduce<Row | undefined>(
    (best, row) => (!best || (time(row) - time(best)) * sign > 0 ? row : best),
    undefined,
  );
  return found && of(found);
}

function percentile(values: readonly number[], percent: number): Value {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

function deviation(values: readonly number[]): Value {
  if (values.length === 0) return undefined;
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
}

const KINDS: Readonly<Record<string, (rows: readonly Row[], of: Expression, second: number) => Value>> = {
  count: (rows, of) => present(rows, of).length,
  count_distinct: (rows, of) => new Set(present(rows, of).map(textOf)).size,
  sum: (rows, of) => sum(numbers(rows, of)),
  avg: (rows, of) => {
    const values = numbers(rows, of);
    return values.length === 0 ? undefined : sum(values) / values.length;
  },
  min: (rows, of) => extreme(rows, of, -1),
  max: (rows, of) => extreme(rows, of, 1),
  pct: (rows, of, percent) => percentile(numbers(rows, of), percent),
  median: (rows, of) => percentile(numbers(rows, of), 50),
  stddev: (rows, of) => deviation(numbers(rows, of)),
  earliest: (rows, of) => byTime(rows, of, -1),
  latest: (rows, of) => byTime(rows, of, 1),
  sortsfirst: (rows, of) => extreme(rows, of, -1),
  sortslast: (rows, of) => extreme(rows, of, 1),
};

/** `count(*)`, `avg(duration) / 1000` are AWS's; arithmetic over aggregates is not offered and refused. */
export function parseAggregate(cursor: Cursor): Omit<Aggregate, 'name'> {
  const token = cursor.next();
  const kind = token.kind === 'word' ? KINDS[token.text.toLowerCase()] : undefined;
  if (!kind) throw malformed(`invalid function ${token.text} at position ${token.at}`, token.at, token.text.length);
  cursor.expectSymbol('(');
  if (cursor.takeSymbol('*')) {
    cursor.expectSymbol(')');
    return { run: (rows) => kind(rows, () => 1, 0) };
  }
  if (cursor.takeSymbol(')')) return { run: (rows) => kind(rows, () => 1, 0) };
  const isTime = isTimeName(cursor);
  const of = parseExpression(cursor);
  const second = cursor.takeSymbol(',') ? Number(cursor.next().text) : 0;
  cursor.expectSymbol(')');
  const keepsKind = ['min', 'max', 'earliest', 'latest', 'sortsfirst', 'sortslast'].includes(token.text.toLowerCase());
  return { run: (rows) => kind(rows, of, second), isTime: isTime && keepsKind };
}
