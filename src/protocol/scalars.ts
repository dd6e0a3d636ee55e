// Plain values as text: shared by XML, forms, headers, query strings and labels; base64 and times for JSON too.
import type { NumberKind, SimpleShape, TimePrecision, TimestampFormat, TimestampShape } from './model.ts';
import { wrongType } from './malformed.ts';

const BASE64_CHARACTER = /[^A-Za-z0-9+/=]/;
/** What the unused low bits of the last character before one or two `=` allow. */
const LAST_BEFORE_PADDING = [/./, /[AEIMQUYcgkosw048]/, /[AQgw]/];

/** Strict, with the words of AWS's Java services. */
export function parseBase64(text: string): Buffer {
  const refuse = (why: string): never => wrongType(`'${text}' can not be converted to a Blob: ${why}`);
  if (text.length % 4 !== 0) {
    refuse(`Base64 encoded length is expected a multiple of 4 bytes but found: ${text.length}`);
  }
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const end = text.length - padding;
  const strange = BASE64_CHARACTER.exec(text);
  if (strange) refuse(`Invalid Base64 character: '${strange[0]}'`);
  const equals = text.indexOf('=');
  if (equals >= 0 && equals < end) refuse("Invalid Base64 character: '='");
  if (padding > 0 && !LAST_BEFORE_PADDING[padding]!.test(text[end - 1]!)) {
    refuse('Invalid last non-pad Base64 character dectected'); // AWS's spelling
  }
  return Buffer.from(text, 'base64');
}

export function formatBase64(value: Uint8Array | string): string {
  if (typeof value === 'string') return Buffer.from(value).toString('base64');
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64');
}

const DATE_TIME = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d(\.\d+)?)?([Zz]|[+-]\d\d:?\d\d)?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

export function parseDateTime(text: string): Date {
  let date: Date | undefined;
  if (DATE.test(text)) date = new Date(text);
  else if (DATE_TIME.test(text)) date = new Date(/([Zz]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`);
  if (!date || Number.isNaN(date.getTime())) return wrongType(`Timestamp '${text}' is not in ISO 8601 format`);
  return date;
}

export function parseEpochSeconds(seconds: number): Date {
  const date = new Date(Math.round(seconds * 1000));
  return Number.isNaN(date.getTime()) ? wrongType(`Timestamp out of range: ${seconds}`) : date;
}

/** AWS takes ISO 8601 and seconds wherever a form or a header carries a time, whatever the model's format. */
export function parseTimestamp(text: string, format: TimestampFormat): Date {
  if (NUMBER.test(text) && !DATE.test(text)) return parseEpochSeconds(Number(text));
  if (format === 'http-date') {
    const time = Date.parse(text);
    return Number.isNaN(time) ? wrongType(`Timestamp '${text}' is not an HTTP date`) : new Date(time);
  }
  return parseDateTime(text);
}

export function formatDateTime(date: Date, precision?: TimePrecision): string {
  const text = date.toISOString();
  if (precision === 'milliseconds') return text;
  return precision === 'seconds' || text.endsWith('.000Z') ? `${text.slice(0, -5)}Z` : text;
}

export function toEpochSeconds(date: Date, precision?: TimePrecision): number {
  const seconds = date.getTime() / 1000;
  return precision === 'seconds' ? Math.floor(seconds) : seconds;
}

export function formatTimestamp(date: Date, format: TimestampFormat, precision?: TimePrecision): string {
  if (format === 'http-date') return date.toUTCString();
  return format === 'epoch-seconds' ? String(toEpochSeconds(date, precision)) : formatDateTime(date, precision);
}

const NUMBER_NAMES: Record<NumberKind, string> = {
  integer: 'an Integer',
  long: 'a Long',
  float: 'a Float',
  double: 'a Double',
  number: 'a Double',
};
export const numberName = (kind: NumberKind): string => NUMBER_NAMES[kind];

const INTEGER = /^[+-]?\d+$/;

export function parseNumber(text: string, kind: NumberKind): number {
  const whole = kind === 'integer' || kind === 'long';
  if ((whole ? INTEGER : NUMBER).test(text)) return Number(text);
  if (!whole && (text === 'NaN' || text === 'Infinity' || text === '-Infinity')) return Number(text);
  return wrongType(`STRING_VALUE can not be converted to ${NUMBER_NAMES[kind]}`);
}

export function parseBoolean(text: string): boolean {
  const lower = text.toLowerCase();
  if (lower === 'true') return true;
  if (lower === 'false') return false;
  return wrongType('STRING_VALUE can not be converted to a Boolean');
}

export type ScalarShape = SimpleShape | TimestampShape;

export function scalarReader(shape: ScalarShape, defaultFormat: TimestampFormat): (text: string) => unknown {
  switch (shape.kind) {
    case 'integer':
    case 'long':
    case 'float':
    case 'double':
    case 'number': {
      const { kind } = shape;
      return (text) => parseNumber(text.trim(), kind);
    }
    case 'boolean':
      return (text) => parseBoolean(text.trim());
    case 'blob':
    case 'stream':
      return (text) => parseBase64(text.trim());
    case 'timestamp': {
      const format = shape.format ?? defaultFormat;
      return (text) => parseTimestamp(text.trim(), format);
    }
    default:
      return (text) => text;
  }
}

export function scalarWriter(shape: ScalarShape, defaultFormat: TimestampFormat): (value: any) => string {
  switch (shape.kind) {
    case 'blob':
    case 'stream':
      return formatBase64;
    case 'timestamp': {
      const { format = defaultFormat, precision } = shape;
      return (value: Date) => formatTimestamp(value, format, precision);
    }
    default:
      return String;
  }
}
