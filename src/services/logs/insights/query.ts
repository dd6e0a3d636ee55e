// A query is a chain of commands, each of which makes rows of rows.
import { compileSafeRegex, type SafeRegex } from '#core/safe-regex.ts';
import { parseAggregate, type Aggregate } from './aggregate.ts';
import {
  Cursor,
  isTimeName,
  isTrue,
  parseExpression,
  regularExpression,
  type Expression,
  type Row,
} from './expression.ts';
import { numberOf, textOf, type Value } from './functions.ts';
import { malformed, tokenize } from './lexer.ts';

export interface Column {
  name: string;
  value: Expression;
  isTime: boolean;
}
interface Result {
  rows: Row[];
  /** what is shown; undefined = @timestamp and @message */
  columns?: Column[];
  /** rows no longer stand for single events */
  isAggregated?: boolean;
  isSorted?: boolean;
}
type Command = (result: Result) => Result;

export const ROWS_MAX = 10_000;

export function parseQuery(text: string): Command[] {
  const cursor = new Cursor(tokenize(text));
  const commands: Command[] = [];
  cursor.takeSymbol('|');
  while (cursor.peek()) {
    const name = cursor.next();
    const parse = COMMANDS[name.text.toLowerCase()];
    if (name.kind !== 'word' || !parse) throw cursor.unexpected(name);
    commands.push(parse(cursor, text));
    if (cursor.peek()) cursor.expectSymbol('|');
  }
  return commands;
}

export function runQuery(commands: readonly Command[], events: Row[]): Result {
  let result: Result = { rows: events };
  for (const command of commands) result = command(result);
  const rows = result.isSorted || result.isAggregated ? result.rows : result.rows.toSorted(newestFirst);
  return { ...result, rows: rows.slice(0, ROWS_MAX) };
}

const newestFirst = (a: Row, b: Row): number =>
  (numberOf(b.get('@timestamp')) ?? 0) - (numberOf(a.get('@timestamp')) ?? 0);

const COMMANDS: Readonly<Record<string, (cursor: Cursor, text: string) => Command>> = {
  fields: (cursor, text) => {
    const columns = parseColumns(cursor, text);
    return (result) => ({
      ...result,
      rows: extended(result.rows, columns),
      columns: [...(result.columns ?? []), ...columns.map(named)],
    });
  },
  display: (cursor, text) => {
    const columns = parseColumns(cursor, text);
    return (result) => ({ ...result, rows: extended(result.rows, columns), columns: columns.map(named) });
  },
  filter: (cursor) => {
    const test = parseExpression(cursor);
    return (result) => ({ ...result, rows: result.rows.filter((row) => isTrue(test(row))) });
  },
  limit: (cursor) => {
    const token = cursor.next();
    const count = Number(token.text);
    if (token.kind !== 'number' || !Number.isInteger(count) || count < 1) throw cursor.unexpected(token);
    return (result) => {
      const ordered = result.isSorted || result.isAggregated ? result.rows : result.rows.toSorted(newestFirst);
      return { ...result, rows: ordered.slice(0, count), isSorted: true };
    };
  },
  sort: parseSort,
  dedup: (cursor) => {
    const names = parseNames(cursor);
    return (result) => {
      const seen = new Set<string>();
      const ordered = result.isSorted || result.isAggregated ? result.rows : result.rows.toSorted(newestFirst);
      const rows = ordered.filter((row) => {
        const key = JSON.stringify(names.map((name) => textOf(row.get(name))));
        return !seen.has(key) && seen.add(key);
      });
      return { ...result, rows, isSorted: true };
    };
  },
  parse: parseParse,
  stats: parseStats,
};

/** Later commands find a column under its name. */
const named = ({ name, isTime }: Column): Column => ({ name, isTime, value: (row) => row.get(name) });

function extended(rows: Row[], columns: readonly Column[]): Row[] {
  return rows.map((row) => {
    const out = new Map(row);
    for (const { name, value } of columns) out.set(name, value(row));
    return out;
  });
}

/** Expressions with their names: the alias, or the text of the expression. */
function parseColumns(cursor: Cursor, text: string): Column[] {
  const columns: Column[] = [];
  do {
    const isTime = isTimeName(cursor);
    const from = cursor.peek();
    const value = parseExpression(cursor);
    columns.push({ name: aliasOr(cursor, text, from?.at ?? 0), value, isTime });
  } while (cursor.takeSymbol(','));
  return columns;
}

function aliasOr(cursor: Cursor, text: string, from: number): string {
  const last = cursor.tokens[cursor.at - 1];
  if (cursor.takeWord('as')) return cursor.name();
  const end = cursor.peek()?.at ?? text.length;
  if (last?.kind === 'field' && last.at === from) return last.text;
  return text
    .slice(from, end)
    .replace(/#[^\n]*/g, '')
    .trim();
}

function parseNames(cursor: Cursor): string[] {
  const names = [cursor.name()];
  while (cursor.takeSymbol(',')) names.push(cursor.name());
  return names;
}

function parseSort(cursor: Cursor, text: string): Command {
  const keys: { value: Expression; sign: number }[] = [];
  do {
    const from = cursor.peek()?.at ?? 0;
    const value = parseExpression(cursor);
    const end = cursor.peek()?.at ?? text.length;
    const name = text.slice(from, end).trim();
    const sign = cursor.takeWord('desc') ? -1 : (cursor.takeWord('asc'), 1);
    // After stats `count(*)` is the name of a column.
    keys.push({ value: (row) => (row.has(name) ? row.get(name) : value(row)), sign });
  } while (cursor.takeSymbol(','));
  const order = (a: Row, b: Row): number => {
    for (const { value, sign } of keys) {
      const difference = compareValues(value(a), value(b)) * sign;
      if (difference !== 0) return difference;
    }
    return 0;
  };
  return (result) => ({ ...result, rows: result.rows.toSorted(order), isSorted: true });
}

/** What is not there comes first, then numbers, then texts (user guide, "sort"). */
function compareValues(a: Value, b: Value): number {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x !== undefined && y !== undefined) return x - y;
  const rank = (value: Value, number: number | undefined): number =>
    value === undefined || value === null ? 0 : number !== undefined ? 1 : 2;
  const difference = rank(a, x) - rank(b, y);
  if (difference !== 0) return difference;
  return textOf(a) < textOf(b) ? -1 : textOf(a) > textOf(b) ? 1 : 0;
}

/** parse [field] "user=*, *" as a, b · parse [field] /(?<a>…)/ */
function parseParse(cursor: Cursor): Command {
  const first = cursor.peek();
  const field = first?.kind === 'word' || first?.kind === 'field' ? cursor.name() : '@message';
  const pattern = cursor.next();
  let expression: SafeRegex;
  let names: string[];
  if (pattern.kind === 'expression') {
    expression = regularExpression(pattern);
    names = [...pattern.text.matchAll(/\(\?<(\w+)>/g)].map(([, name = '']) => name);
    if (cursor.takeWord('as')) names = parseNames(cursor);
  } else if (pattern.kind === 'text') {
    const parts = pattern.text.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    expression = compileSafeRegex(
      parts
        .map((part, i) => (i === 0 ? part : `${i === parts.length - 1 && part === '' ? '(.*)' : '(.*?)'}${part}`))
        .join(''),
      's',
    );
    if (!cursor.takeWord('as')) throw cursor.unexpected();
    names = parseNames(cursor);
    if (names.length !== parts.length - 1) throw malformed('number of aliases and of * differ', pattern.at);
  } else throw cursor.unexpected(pattern);
  return (result) => ({
    ...result,
    rows: result.rows.map((row) => {
      const match = expression.exec(textOf(row.get(field)));
      if (!match) return row;
      const out = new Map(row);
      names.forEach((name, i) => out.set(name, match.groups?.[name] ?? match[i + 1]));
      return out;
    }),
  });
}

function parseStats(cursor: Cursor, text: string): Command {
  const aggregates: Aggregate[] = [];
  do {
    const from = cursor.peek()?.at ?? 0;
    const aggregate = parseAggregate(cursor);
    const end = cursor.isWord('by', 'as') ? (cursor.peek()?.at ?? 0) : undefined;
    aggregates.push({ ...aggregate, name: aliasOr(cursor, text.slice(0, end), from) });
  } while (cursor.takeSymbol(','));
  const groups = cursor.takeWord('by') ? parseColumns(cursor, text) : [];
  return ({ rows }) => {
    const byKey = new Map<string, { values: Value[]; rows: Row[] }>();
    if (groups.length === 0) byKey.set('', { values: [], rows });
    for (const row of groups.length === 0 ? [] : rows) {
      const values = groups.map(({ value }) => value(row));
      const key = JSON.stringify(values.map((value) => value ?? null));
      const group = byKey.get(key);
      if (group) group.rows.push(row);
      else byKey.set(key, { values, rows: [row] });
    }
    const out = [...byKey.values()].map(
      (group) =>
        new Map([
          ...groups.map(({ name }, i): [string, Value] => [name, group.values[i]]),
          ...aggregates.map(({ name, run }): [string, Value] => [name, run(group.rows)]),
        ]),
    );
    const columns = [...groups, ...aggregates].map(({ name, isTime = false }): Column => ({
      name,
      isTime,
      value: (row) => row.get(name),
    }));
    return { rows: out, columns, isAggregated: true };
  };
}
