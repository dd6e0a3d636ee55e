import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareKeys } from './contract.model.ts';
import { LIMITS, type Key, type Part } from './contract.ts';
import { bounds, pack, unpack } from './tuple.ts';

const part = fc.oneof<fc.Arbitrary<Part>[]>(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.string({ unit: fc.constantFrom('\0', 'a', '\u{1F600}', '\uffff') }),
  fc.maxSafeInteger(),
  fc.integer({ min: -300, max: 300 }),
  fc.double({ noNaN: true }).filter((value) => !Number.isSafeInteger(value)),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);
const key: fc.Arbitrary<Key> = fc.array(part, { maxLength: 5 });

test('a key comes back as it was', () => {
  fc.assert(
    fc.property(key, (parts) =>
      assert.deepEqual(
        unpack(pack(parts)),
        parts.map((each) => (each === 0 ? 0 : each)),
      ),
    ),
  );
});

test('packed keys sort as the tuples do', () => {
  fc.assert(
    fc.property(key, key, (a, b) => {
      assert.equal(Math.sign(Buffer.compare(pack(a), pack(b))), Math.sign(compareKeys(a, b)));
    }),
    { numRuns: 2000 },
  );
});

test('integers around every power of two keep their order', () => {
  const edges = [0];
  for (let bit = 0; bit <= 53; bit++) {
    for (const step of [-1, 0, 1]) edges.push(2 ** bit + step, -(2 ** bit) - step);
  }
  const integers = [...new Set(edges)].filter(Number.isSafeInteger).sort((a, b) => a - b);
  const packed = integers.map((integer) => pack([integer]));
  assert.deepEqual(
    packed.toSorted((a, b) => Buffer.compare(a, b)),
    packed,
  );
  assert.deepEqual(
    packed.map((each) => unpack(each)[0]),
    integers,
  );
});

test('the bounds of a prefix hold what extends it, and nothing else', () => {
  const extended = fc.tuple(key, key, fc.array(part, { minLength: 1, maxLength: 2 }));
  fc.assert(
    fc.property(extended, ([prefix, other, more]) => {
      const [from, to] = bounds({ prefix });
      const within = (each: Key): boolean => {
        const packed = pack(each);
        return Buffer.compare(packed, from) >= 0 && Buffer.compare(packed, to) < 0;
      };
      assert.ok(within([...prefix, ...more]));
      assert.equal(within(other), compareKeys(other.slice(0, prefix.length), prefix) === 0);
    }),
  );
});

test('what is too long, or no Unicode, is refused', () => {
  assert.throws(() => pack(['k'.repeat(LIMITS.key)]), RangeError);
  assert.throws(() => pack([Buffer.alloc(LIMITS.key + 1)]), RangeError);
  assert.throws(() => pack(['a'.repeat(2000), 'b'.repeat(2000)]), RangeError);
  assert.throws(() => pack(['\ud800']), RangeError);
  assert.equal(pack(['k'.repeat(LIMITS.key - 2)]).length, LIMITS.key);
});
