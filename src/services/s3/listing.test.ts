import assert from 'node:assert/strict';
import { test } from 'node:test';
import { behindKey, compareKeys, successor, urlEncode, walk, type ReadPage } from './listing.ts';

function bucketOf(...keys: string[]): { read: ReadPage<{ key: string }>; rows: () => number } {
  const sorted = keys.toSorted(compareKeys).map((key) => ({ key }));
  let rows = 0;
  return {
    rows: () => rows,
    read: async ({ from }, to, limit) => {
      const page = sorted
        .filter(({ key }) => compareKeys(key, from) >= 0 && (to === undefined || compareKeys(key, to) < 0))
        .slice(0, limit);
      rows += page.length;
      return page;
    },
  };
}
const names = (items: { key: string }[]): string[] => items.map((item) => item.key);
const all = { prefix: '', delimiter: '', max: 1000, start: { from: '' } };

test('keys come in the order of their UTF-8 bytes', async () => {
  const { read } = bucketOf('b', 'a/1', 'a', '\u{1f600}', '\uffee', 'a\0');
  const { items, truncated } = await walk(read, all);
  assert.deepEqual(names(items), ['a', 'a\0', 'a/1', 'b', '\uffee', '\u{1f600}']);
  assert.equal(truncated, false);
});

test('a delimiter rolls keys up below the prefix', async () => {
  const { read } = bucketOf('photos/2006/a', 'photos/2006/b', 'photos/2007/c', 'photos/x', 'other');
  const { items, prefixes } = await walk(read, { ...all, prefix: 'photos/', delimiter: '/' });
  assert.deepEqual(names(items), ['photos/x']);
  assert.deepEqual(prefixes, ['photos/2006/', 'photos/2007/']);
});

test('the cost of rolled-up keys follows the answer, not the bucket', async () => {
  const { read, rows } = bucketOf(...Array.from({ length: 5000 }, (_, i) => `${i % 2}/${i}`));
  const { prefixes } = await walk(read, { ...all, delimiter: '/' });
  assert.deepEqual(prefixes, ['0/', '1/']);
  assert.ok(rows() < 100, `${rows()} rows were read`);
});

test('pages join without gap or repetition, common prefixes included', async () => {
  const keys = ['a', 'b/1', 'b/2', 'c', 'd/1', 'e', 'f/x/y', 'f/z'];
  const { read } = bucketOf(...keys);
  const seen: string[] = [];
  let start = { from: '' };
  for (let pages = 0; pages < 10; pages++) {
    const listing = await walk(read, { ...all, delimiter: '/', max: 2, start });
    seen.push(...names(listing.items), ...listing.prefixes);
    if (!listing.truncated || !listing.last) break;
    start =
      'item' in listing.last ? behindKey(listing.last.item.key) : { from: successor(listing.last.prefix) as string };
  }
  assert.deepEqual(seen.toSorted(), ['a', 'b/', 'c', 'd/', 'e', 'f/']);
});

test('more than one page of the store is read where the answer needs it', async () => {
  const { read } = bucketOf(...Array.from({ length: 2500 }, (_, i) => `k${String(i).padStart(5, '0')}`));
  const { items, truncated } = await walk(read, { ...all, delimiter: '/', max: 1000 });
  assert.equal(items.length, 1000);
  assert.equal(truncated, true);
});

test('max-keys 0 answers nothing and no truncation', async () => {
  const { read } = bucketOf('a');
  assert.deepEqual(await walk(read, { ...all, max: 0 }), { items: [], prefixes: [], truncated: false });
});

test('the successor of a prefix skips the surrogates and drops the last character', () => {
  assert.equal(successor('a/'), 'a0');
  assert.equal(successor('a\u{10ffff}'), 'b');
  assert.equal(successor('\ud7ff'), '\ue000');
  assert.equal(successor('\u{10ffff}'), undefined);
});

test('url encoding leaves slashes and encodes spaces as %20', () => {
  assert.equal(urlEncode('a b/(c)+d'), 'a%20b/%28c%29%2Bd');
});
