import type { ResultField } from '@aws-sdk/client-cloudwatch-logs';
import { numberOf, textOf } from './functions.ts';
import type { Column, runQuery } from './query.ts';

const own = (name: string, isTime = false): Column => ({ name, isTime, value: (row) => row.get(name) });
const DEFAULT_COLUMNS = [own('@timestamp', true), own('@message')];

/** 2026-11-21 15:04:05.123 */
const formatTime = (ms: number): string => new Date(ms).toISOString().replace('T', ' ').replace('Z', '');

/** Fields that a row does not have are left out; rows that stand for an event end with its pointer. */
export function shownRows({
  rows,
  columns = DEFAULT_COLUMNS,
  isAggregated,
}: ReturnType<typeof runQuery>): ResultField[][] {
  const unique = [...new Map(columns.map((column) => [column.name, column])).values()];
  const all = isAggregated ? unique : [...unique.filter(({ name }) => name !== '@ptr'), own('@ptr')];
  return rows.map((row) =>
    all.flatMap(({ name, value, isTime }) => {
      const found = value(row);
      if (found === undefined || found === null) return [];
      const time = isTime ? numberOf(found) : undefined;
      return [{ field: name, value: time === undefined ? textOf(found) : formatTime(time) }];
    }),
  );
}
