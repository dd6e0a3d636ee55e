// Marker and MaxItems, as every listing of IAM has them.
import { invalidMarker } from './errors.ts';

const ITEMS_DEFAULT = 100;

export interface PageRequest {
  Marker?: string | undefined;
  MaxItems?: number | undefined;
}
export interface Page<T> {
  items: T[];
  IsTruncated: boolean;
  Marker?: string;
}

/** The marker names the last item of the page before, so that it stays true when items come and go. */
export function pageOf<T>(items: readonly T[], request: PageRequest, nameOf: (item: T) => string): Page<T> {
  const from = request.Marker === undefined ? 0 : indexAfter(items, readMarker(request.Marker), nameOf);
  const page = items.slice(from, from + (request.MaxItems ?? ITEMS_DEFAULT));
  const last = page.at(-1);
  if (from + page.length >= items.length || last === undefined) return { items: page, IsTruncated: false };
  return { items: page, IsTruncated: true, Marker: writeMarker(nameOf(last)) };
}

/** Where it is gone: after the last item that sorts before it. */
function indexAfter<T>(items: readonly T[], name: string, nameOf: (item: T) => string): number {
  const exact = items.findIndex((item) => nameOf(item) === name);
  if (exact >= 0) return exact + 1;
  const later = items.findIndex((item) => nameOf(item).toLowerCase() > name.toLowerCase());
  return later < 0 ? items.length : later;
}

const writeMarker = (name: string): string => Buffer.from(JSON.stringify({ after: name })).toString('base64url');

function readMarker(marker: string): string {
  try {
    const { after } = JSON.parse(Buffer.from(marker, 'base64url').toString()) as { after?: unknown };
    if (typeof after === 'string') return after;
  } catch {
    // answered below
  }
  throw invalidMarker();
}
