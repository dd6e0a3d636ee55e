// The Range header of GET and HEAD.
import { invalidRange } from './errors.ts';

export interface ByteRange {
  start: number;
  /** inclusive */
  end: number;
}

/**
 * One range of bytes; undefined = the whole object. S3 ignores what is no single well-formed range (several ranges
 * included) and answers the object; a range beyond the end is refused.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | undefined {
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/.exec(header?.trim() ?? '');
  const [, first = '', last = ''] = match ?? [];
  if (header === undefined || !match || (first === '' && last === '')) return undefined;
  if (first === '') {
    const length = Math.min(Number(last), size);
    if (length === 0) throw invalidRange(header, size);
    return { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return undefined;
  if (start >= size) throw invalidRange(header, size);
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
