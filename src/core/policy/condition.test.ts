import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compileCondition } from './condition.ts';
import { readConditions } from './document-condition.ts';
import { compileIpRange } from './ip-range.ts';

type Keys = Record<string, string | string[]>;

function holds(condition: Record<string, Record<string, unknown>>, keys: Keys): boolean {
  const lower = Object.fromEntries(Object.entries(keys).map(([name, value]) => [name.toLowerCase(), value]));
  return readConditions(condition).every((clause) => compileCondition(clause, true)((key) => lower[key]));
}
const one = (operator: string, expected: unknown, actual: string | string[] | undefined): boolean =>
  holds({ [operator]: { 'aws:X': expected } }, actual === undefined ? {} : { 'aws:X': actual });

test('string operators', () => {
  assert.equal(one('StringEquals', 'a', 'a'), true);
  assert.equal(one('StringEquals', 'a', 'A'), false);
  assert.equal(one('StringEquals', 'a*', 'ab'), false);
  assert.equal(one('StringEquals', ['a', 'b'], 'b'), true);
  assert.equal(one('StringNotEquals', ['a', 'b'], 'c'), true);
  assert.equal(one('StringNotEquals', ['a', 'b'], 'b'), false);
  assert.equal(one('StringEqualsIgnoreCase', 'Aé', 'aÉ'), true);
  assert.equal(one('StringLike', 'a*z?', 'abczx'), true);
  assert.equal(one('StringNotLike', 'a*', 'b'), true);
  assert.equal(one('stringequals', 'a', 'a'), true);
});

test('numeric, date, Boolean and binary operators', () => {
  assert.equal(one('NumericLessThanEquals', 10, '10.0'), true);
  assert.equal(one('NumericGreaterThan', '10', '9'), false);
  assert.equal(one('NumericEquals', '1', 'one'), false);
  assert.equal(one('NumericNotEquals', '1', '2'), true);
  assert.equal(one('DateLessThan', '2026-01-01T00:00:00Z', '2025-12-31T23:59:59Z'), true);
  assert.equal(one('DateGreaterThanEquals', '1767225600', '2026-01-01T00:00:00Z'), true);
  assert.equal(one('DateEquals', 'soon', '2026-01-01T00:00:00Z'), false);
  assert.equal(one('Bool', true, 'true'), true);
  assert.equal(one('Bool', 'True', 'false'), false);
  assert.equal(one('BinaryEquals', 'QQ==', 'QQ'), true);
});

test('ARN operators compare field by field', () => {
  const arn = 'arn:aws:execute-api:us-east-1:111122223333:abc/test/GET/x';
  assert.equal(one('ArnLike', 'arn:aws:execute-api:*:111122223333:abc/*/GET/*', arn), true);
  assert.equal(one('ArnEquals', 'arn:aws:execute-api:us-*-1:*:abc/*', arn), true);
  assert.equal(one('ArnLike', 'arn:aws:execute-api:*:abc/*', arn), false);
  assert.equal(one('ArnNotLike', 'arn:aws:s3:::*', arn), true);
  assert.equal(one('ArnLike', 'arn:aws:execute-api:*', arn), true);
});

test('addresses', () => {
  assert.equal(one('IpAddress', '203.0.113.0/24', '203.0.113.77'), true);
  assert.equal(one('IpAddress', ['10.0.0.0/8', '2001:db8::/32'], '2001:db8:1::5'), true);
  assert.equal(one('NotIpAddress', '203.0.113.0/24', '203.0.114.1'), true);
  assert.equal(one('IpAddress', '203.0.113.0/24', '::ffff:203.0.113.9'), true);
  assert.equal(one('IpAddress', '203.0.113.7', '203.0.113.7'), true);
  assert.equal(one('IpAddress', 'nonsense', '203.0.113.7'), false);
  assert.equal(compileIpRange('1.2.3.4/33'), undefined);
});

test('property: an address lies in its own range of any length', () => {
  fc.assert(
    fc.property(
      fc.ipV4(),
      fc.integer({ min: 0, max: 32 }),
      (address, length) => compileIpRange(`${address}/${length}`)?.(address) === true,
    ),
  );
  fc.assert(
    fc.property(fc.ipV6(), fc.integer({ min: 0, max: 128 }), (address, length) => {
      const range = compileIpRange(`${address}/${length}`);
      return range === undefined || range(address); // undefined: IPv4 carried by IPv6 with more than 32 bits
    }),
  );
});

test('a key that the request does not have', () => {
  assert.equal(one('StringEquals', 'a', undefined), false);
  assert.equal(one('StringNotEquals', 'a', undefined), true);
  assert.equal(one('NumericLessThan', '1', undefined), false);
  assert.equal(one('StringEqualsIfExists', 'a', undefined), true);
  assert.equal(one('StringEqualsIfExists', 'a', 'b'), false);
  assert.equal(one('StringNotEqualsIfExists', 'a', undefined), true);
  assert.equal(one('BoolIfExists', 'true', undefined), true);
  assert.equal(one('Null', 'true', undefined), true);
  assert.equal(one('Null', 'false', undefined), false);
  assert.equal(one('Null', 'false', 'x'), true);
  assert.equal(one('Null', true, []), true);
});

test('keys of many values', () => {
  assert.equal(one('ForAllValues:StringEquals', ['a', 'b'], ['a', 'b']), true);
  assert.equal(one('ForAllValues:StringEquals', ['a', 'b'], ['a', 'c']), false);
  assert.equal(one('ForAllValues:StringEquals', ['a'], undefined), true);
  assert.equal(one('ForAllValues:StringEquals', ['a'], []), true);
  assert.equal(one('ForAnyValue:StringEquals', ['a', 'b'], ['c', 'b']), true);
  assert.equal(one('ForAnyValue:StringEquals', ['a', 'b'], ['c']), false);
  assert.equal(one('ForAnyValue:StringEquals', ['a'], undefined), false);
  assert.equal(one('ForAnyValue:StringNotEquals', ['a'], undefined), false);
  assert.equal(one('ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'd']), true);
  assert.equal(one('ForAllValues:StringNotEquals', ['a', 'b'], ['c', 'a']), false);
  assert.equal(one('ForAnyValue:StringNotEquals', ['a'], ['a', 'b']), true);
  assert.equal(one('ForAllValues:StringLike', ['x-*'], ['x-1', 'x-2']), true);
  assert.equal(one('ForAnyValue:StringLikeIfExists', ['x-*'], undefined), true);
});

test('all operators and all keys must hold; a key name has no case', () => {
  const condition = { StringEquals: { 'aws:A': 'a', 'AWS:b': 'b' }, Bool: { 'aws:SecureTransport': 'true' } };
  assert.equal(holds(condition, { 'aws:a': 'a', 'aws:B': 'b', 'aws:securetransport': 'true' }), true);
  assert.equal(holds(condition, { 'aws:a': 'a', 'aws:B': 'x', 'aws:securetransport': 'true' }), false);
});

test('variables stand in values, and what they stand for is no pattern', () => {
  const prefix = { StringLike: { 's3:prefix': ['${aws:username}/*'] } };
  assert.equal(holds(prefix, { 's3:prefix': 'ada/x', 'aws:username': 'ada' }), true);
  assert.equal(holds(prefix, { 's3:prefix': 'bob/x', 'aws:username': '*' }), false);
  assert.equal(
    holds({ StringEquals: { 'aws:ResourceTag/o': '${aws:PrincipalTag/o}' } }, { 'aws:ResourceTag/o': 'x' }),
    false,
  );
  assert.equal(
    holds({ StringEqualsIgnoreCase: { 'aws:x': '${aws:UserName}!' } }, { 'aws:x': 'ADA!', 'aws:username': 'Ada' }),
    true,
  );
});
