// Fields that Insights finds in an event (user guide, "Supported logs and discovered fields", 2026-11).
import type { Row } from './expression.ts';
import type { Value } from './functions.ts';

export interface LoggedEvent {
  /** account:group */
  log: string;
  stream: string;
  timestamp: number;
  ingestionTime: number;
  message: string;
  pointer: string;
}

/** "CloudWatch Logs Insights can extract a maximum of 200 log event fields from a JSON log." */
const JSON_FIELDS_MAX = 200;

export function rowOf(event: LoggedEvent): Row {
  const row = new Map<string, Value>([
    ['@timestamp', event.timestamp],
    ['@message', event.message],
    ['@logStream', event.stream],
    ['@log', event.log],
    ['@ingestionTime', event.ingestionTime],
    ['@ptr', event.pointer],
  ]);
  addLambdaFields(row, event.message);
  const start = event.message.indexOf('{');
  if (start >= 0) addJson(row, event.message.slice(start));
  return row;
}

function addJson(row: Map<string, Value>, text: string): void {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    return;
  }
  let left = JSON_FIELDS_MAX;
  const add = (path: string, value: unknown): void => {
    if (value !== null && typeof value === 'object') {
      for (const [name, inner] of Object.entries(value)) add(path === '' ? name : `${path}.${name}`, inner);
    } else if (left-- > 0 && !row.has(path)) {
      row.set(path, typeof value === 'boolean' ? (value ? 1 : 0) : (value as Value));
    }
  };
  add('', document);
}

const TYPE = /^(START|END|REPORT) RequestId: (\S+)/;
const LINE = /^\S+Z\t([0-9a-f-]{36})\t/;
const REPORT: readonly [field: string, expression: RegExp, factor: number][] = [
  ['@duration', /\tDuration: ([\d.]+) ms/, 1],
  ['@billedDuration', /\tBilled Duration: ([\d.]+) ms/, 1],
  ['@initDuration', /\tInit Duration: ([\d.]+) ms/, 1],
  // bytes, by thousands
  ['@memorySize', /\tMemory Size: (\d+) MB/, 1_000_000],
  ['@maxMemoryUsed', /\tMax Memory Used: (\d+) MB/, 1_000_000],
];

function addLambdaFields(row: Map<string, Value>, message: string): void {
  const [, type, requestId] = TYPE.exec(message) ?? [];
  const id = requestId ?? LINE.exec(message)?.[1];
  if (id !== undefined) row.set('@requestId', id);
  if (type !== undefined) row.set('@type', type);
  for (const [field, expression, factor] of type === 'REPORT' ? REPORT : []) {
    const found = expression.exec(message)?.[1];
    if (found !== undefined) row.set(field, Number(found) * factor);
  }
}
