// Functions of the Insights language (user guide, "Supported operations and functions", 2026-11).
export type Value = string | number | boolean | null | undefined;
export type Function = (values: readonly Value[]) => Value;

export const numberOf = (value: Value): number | undefined => {
  if (typeof value === 'number') return value;
  if (typeof value !== 'string' || value.trim() === '') return undefined;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
};
export const textOf = (value: Value): string => (value === null || value === undefined ? '' : String(value));

const numeric =
  (run: (...numbers: number[]) => number): Function =>
  (values) => {
    const numbers = values.map(numberOf);
    if (numbers.includes(undefined)) return undefined;
    const result = run(...(numbers as number[]));
    return Number.isFinite(result) ? result : undefined;
  };
const textual =
  (run: (first: string, ...rest: Value[]) => Value): Function =>
  ([first, ...rest]) =>
    first === undefined || first === null ? undefined : run(textOf(first), ...rest);

export const FUNCTIONS: Readonly<Record<string, Function>> = {
  abs: numeric(Math.abs),
  ceil: numeric(Math.ceil),
  floor: numeric(Math.floor),
  log: numeric(Math.log),
  sqrt: numeric(Math.sqrt),
  greatest: numeric(Math.max),
  least: numeric(Math.min),
  tomillis: ([value]) => numberOf(value),
  frommillis: ([value]) => numberOf(value),
  ispresent: ([value]) => value !== undefined && value !== null,
  isempty: ([value]) => value === undefined || value === null || value === '',
  isblank: ([value]) => textOf(value).trim() === '',
  coalesce: (values) => values.find((value) => value !== undefined && value !== null),
  concat: (values) => values.map(textOf).join(''),
  strlen: textual((text) => text.length),
  tolower: textual((text) => text.toLowerCase()),
  toupper: textual((text) => text.toUpperCase()),
  upper: textual((text) => text.toUpperCase()),
  lower: textual((text) => text.toLowerCase()),
  trim: textual((text, characters) => trim(text, characters, true, true)),
  ltrim: textual((text, characters) => trim(text, characters, true, false)),
  rtrim: textual((text, characters) => trim(text, characters, false, true)),
  strcontains: textual((text, search) => (text.includes(textOf(search)) ? 1 : 0)),
  replace: textual((text, search, replacement) => text.replaceAll(textOf(search), textOf(replacement))),
  substr: textual((text, start, length) => {
    const from = numberOf(start) ?? 0;
    const count = numberOf(length);
    return text.slice(from, count === undefined ? undefined : from + count);
  }),
};

function trim(text: string, characters: Value, left: boolean, right: boolean): string {
  const set = new Set(characters === undefined ? ' \t\r\n' : textOf(characters));
  let from = 0;
  let to = text.length;
  while (left && from < to && set.has(text[from] ?? '')) from++;
  while (right && to > from && set.has(text[to - 1] ?? '')) to--;
  return text.slice(from, to);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

/** Milliseconds of `5m`; undefined for calendar units (months, quarters, years). */
export function durationMs(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+)([a-z]+)$/.exec(text) ?? [];
  const unitMs = UNIT_MS[unit];
  return unitMs === undefined ? undefined : Number(count) * unitMs;
}
