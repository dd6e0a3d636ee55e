import assert from 'node:assert/strict';
import { test } from 'node:test';
import { physicalName } from './physical-name.ts';

const random = 'ABCDEF123456';

test('names are stack, logical id and twelve random characters', () => {
  assert.equal(physicalName('shop', 'Table', random, { lengthMax: 64 }), 'shop-Table-ABCDEF123456');
  assert.equal(physicalName('Shop', 'Bucket', random, { lengthMax: 63, lowerCase: true }), 'shop-bucket-abcdef123456');
});

test('long names are cut to the limit and keep the random part whole', () => {
  for (const [stack, logical] of [
    ['s'.repeat(128), 'L'.repeat(255)],
    ['s'.repeat(90), 'L'],
    ['s', 'L'.repeat(90)],
  ] as const) {
    const name = physicalName(stack, logical, random, { lengthMax: 64 });
    assert.equal(name.length, 64);
    assert.ok(name.endsWith(`-${random}`));
    assert.match(name, /^s+-L+-/);
  }
});
