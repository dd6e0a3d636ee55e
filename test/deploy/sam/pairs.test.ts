import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, suite, test } from 'node:test';
import { checkPair, listPairs } from './pairs.ts';

// Mismatches that are known, each with its reason. The list is checked in both directions.
const known = JSON.parse(readFileSync(new URL('known-mismatches.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>;

suite('SAM templates become what AWS makes of them', () => {
  const exact = { outputs: 0, errors: 0 };
  const pairs = listPairs();

  for (const pair of pairs) {
    test(pair.name, () => {
      const lines = checkPair(pair);
      if (lines.length === 0) exact[pair.isError ? 'errors' : 'outputs'] += 1;
      const reason = known[pair.name];
      if (reason === undefined) assert.deepEqual(lines, []);
      else
        assert.notEqual(lines.length, 0, `known mismatch (${reason}) now matches: take it off known-mismatches.json`);
    });
  }

  test('the list of known mismatches names pairs that exist', () => {
    const names = new Set(pairs.map((pair) => pair.name));
    assert.deepEqual(
      Object.keys(known).filter((name) => !names.has(name)),
      [],
    );
  });

  after(() => {
    const errors = pairs.filter((pair) => pair.isError).length;
    console.log(
      `${exact.outputs} of ${pairs.length - errors} outputs exact, ${exact.errors} of ${errors} errors exact`,
    );
  });
});
