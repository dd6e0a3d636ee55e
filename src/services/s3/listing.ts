// Walking a bucket in key order with prefix and delimiter. Where a common prefix is met, the walk jumps behind it:
// the cost follows the answer, not the bucket.

/** Items whose key is at least `from`; with `after`, those behind that one within the key `from`. */
export interface Position {
  from: string;
  after?: string;
}
export type ReadPage<T> = (position: Position, to: string | undefined, limit: number) => Promise<T[]>;

export interface Listing<T> {
  items: T[];
  prefixes: string[];
  truncated: boolean;
  /** what came last, when truncated */
  last?: { item: T } | { prefix: string };
}

/** Rows of one read: few after a jump, since the next jump may be near; more as long as none comes. */
const PAGE_ROWS_MIN = 16;
const PAGE_ROWS_MAX = 1000;

export async function walk<T extends { key: string }>(
  readPage: ReadPage<T>,
  query: { prefix: string; delimiter: string; max: number; start: Position },
): Promise<Listing<T>> {
  const { prefix, delimiter, max } = query;
  const listing: Listing<T> = { items: [], prefixes: [], truncated: false };
  if (max === 0) return listing;
  const to = prefix === '' ? undefined : successor(prefix);
  let position: Position = compareKeys(query.start.from, prefix) < 0 ? { from: prefix } : query.start;
  let rows = delimiter === '' ? Math.min(max + 1, PAGE_ROWS_MAX) : PAGE_ROWS_MIN;
  for (;;) {
    const page = await readPage(position, to, rows);
    let jumped = false;
    for (const item of page) {
      if (!item.key.startsWith(prefix)) return listing;
      if (listing.items.length + listing.prefixes.length === max) return { ...listing, truncated: true };
      const group = commonPrefix(item.key, prefix, delimiter);
      if (group === undefined) {
        listing.items.push(item);
        listing.last = { item };
        continue;
      }
      listing.prefixes.push(group);
      listing.last = { prefix: group };
      const behind = successor(group);
      if (behind === undefined) return listing;
      position = { from: behind };
      jumped = true;
      break;
    }
    if (jumped) {
      rows = PAGE_ROWS_MIN;
      continue;
    }
    if (page.length < rows) return listing;
    position = continueAfter(page.at(-1) as T);
    rows = Math.min(rows * 2, PAGE_ROWS_MAX);
  }
}

/** Behind one item; items with an `order` share their key with others. */
function continueAfter(item: { key: string; order?: string; uploadId?: string }): Position {
  const within = item.uploadId ?? item.order;
  return within === undefined ? behindKey(item.key) : { from: item.key, after: within };
}

/** Everything after a key and all that shares it: no string lies between a key and the key with a NUL. */
export const behindKey = (key: string): Position => ({ from: `${key}\0` });

/** What a key is rolled up into: up to and with the first delimiter after the prefix. */
export function commonPrefix(key: string, prefix: string, delimiter: string): string | undefined {
  if (delimiter === '') return undefined;
  const at = key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
}

/** The first string, in UTF-8 order, after all that begin with this one; undefined = there is none. */
export function successor(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) as number);
  while (points.length > 0) {
    const last = points.pop() as number;
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
}

/** As S3 sorts: by UTF-8 bytes, which JavaScript's own comparison does not do above U+FFFF. */
export const compareKeys = (a: string, b: string): number =>
  a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));

/** encoding-type=url: everything but unreserved characters and slashes. */
export const urlEncode = (text: string): string =>
  encodeURIComponent(text)
    .replaceAll('%2F', '/')
    .replace(/[!'()]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
