import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeCbor, encodeCbor } from './cbor.ts';

// RFC 8949 appendix A
const VECTORS: [hex: string, value: unknown][] = [
  ['00', 0],
  ['17', 23],
  ['1818', 24],
  ['1903e8', 1000],
  ['1a000f4240', 1_000_000],
  ['1b000000e8d4a51000', 1_000_000_000_000],
  ['1bffffffffffffffff', 18446744073709551615n],
  ['20', -1],
  ['3903e7', -1000],
  ['3bffffffffffffffff', -18446744073709551616n],
  ['f93c00', 1],
  ['f97bff', 65504],
  ['f90001', 5.960464477539063e-8],
  ['f9c400', -4],
  ['fa47c35000', 100000],
  ['fb3ff199999999999a', 1.1],
  ['f97c00', Infinity],
  ['f9fc00', -Infinity],
  ['f4', false],
  ['f5', true],
  ['f6', null],
  ['f7', null],
  ['4401020304', Buffer.from([1, 2, 3, 4])],
  ['6161', 'a'],
  ['62c3bc', 'ü'],
  ['8301820203820405', [1, [2, 3], [4, 5]]],
  ['a26161016162820203', { a: 1, b: [2, 3] }],
  ['c11a514b67b0', new Date(1363896240000)],
  ['c1fb41d452d9ec200000', new Date(1363896240500)],
  ['5f42010243030405ff', Buffer.from([1, 2, 3, 4, 5])],
  ['7f657374726561646d696e67ff', 'streaming'],
  ['9f018202039f0405ffff', [1, [2, 3], [4, 5]]],
  ['bf61610161629f0203ffff', { a: 1, b: [2, 3] }],
];

for (const [hex, value] of VECTORS) {
  test(`${hex} is ${typeof value === 'bigint' ? value : JSON.stringify(value)}`, () => {
    assert.deepEqual(decodeCbor(Buffer.from(hex, 'hex')), value);
  });
}

test('what is encoded is decoded', () => {
  const value = {
    text: 'ü'.repeat(3000),
    numbers: [0, -1, 23, 24, 255, 256, 65535, 65536, 4294967296, -4294967297, 1.5, -0.25, Number.MAX_SAFE_INTEGER],
    big: 2n ** 60n,
    nested: { a: [true, false, null], bytes: Buffer.alloc(5000, 7) },
    time: new Date(1_700_000_000_123),
  };
  assert.deepEqual(decodeCbor(encodeCbor(value)), value);
  assert.deepEqual(decodeCbor(encodeCbor(value, { timesInMs: true }), { timesInMs: true }), value);
});

test('a key __proto__ is a plain key', () => {
  const decoded = decodeCbor(encodeCbor(JSON.parse('{"__proto__":{"x":1}}'))) as object;
  assert.deepEqual(Object.keys(decoded), ['__proto__']);
  assert.equal(Object.getPrototypeOf(decoded), Object.prototype);
});
