import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesPattern, parsePattern } from './pattern.ts';

const matches = (pattern: string, message: string): boolean => matchesPattern(parsePattern(pattern), message);

test('an empty pattern matches everything', () => assert.ok(matches('', 'anything')));

test('terms must all occur, in their case', () => {
  assert.ok(matches('ERROR ARGUMENTS', '[ERROR 400] INVALID ARGUMENTS'));
  assert.ok(!matches('ERROR ARGUMENTS', '[ERROR 400] BAD REQUEST'));
  assert.ok(!matches('ERROR', '[error 400] BAD REQUEST'));
});

test('a term is found inside of words and holds letters, digits and underscores only', () => {
  assert.ok(matches('ERROR', 'Exiting with ERRORCODE: -1'));
  assert.ok(matches('Exception', 'Caught IllegalArgumentException'));
  assert.throws(() => parsePattern('a:b'), { message: "Invalid character(s) in term 'a:b'" });
});

test('a phrase is matched exactly, optional terms by any of them, excluded terms by none', () => {
  assert.ok(matches('"INVALID ARGUMENTS"', 'x INVALID ARGUMENTS y'));
  assert.ok(!matches('"INVALID ARGUMENTS"', 'INVALID x ARGUMENTS'));
  assert.ok(matches('?ERROR ?WARN', 'WARN disk'));
  assert.ok(!matches('?ERROR ?WARN', 'INFO disk'));
  assert.ok(!matches('ERROR -ARGUMENTS', 'ERROR ARGUMENTS'));
  assert.ok(matches('ERROR -ARGUMENTS', 'ERROR 400'));
});

test('a regular expression stands between percent signs', () => {
  assert.ok(matches('%ERR[0-9]+%', 'code ERR42'));
  assert.ok(!matches('%ERR[0-9]+%', 'code ERR'));
});

test('JSON patterns select, compare and combine', () => {
  const event = JSON.stringify({
    eventType: 'UpdateTrail',
    n: 5,
    ok: true,
    none: null,
    users: [{ id: 1 }, { id: 2 }],
    a: { b: 'xyz' },
  });
  for (const pattern of [
    '{ $.eventType = "UpdateTrail" }',
    '{ $.eventType = Update* }',
    '{ $.n > 4 && $.n <= 5 }',
    '{ ($.n = 1) || ($.a.b = "x*") }',
    '{ $.ok IS TRUE }',
    '{ $.none IS NULL }',
    '{ $.nothing NOT EXISTS }',
    '{ $.users[1].id = 2 }',
    '{ $.users[*].id = 2 }',
    '{ $.a.b = %^x.z$% }',
  ]) {
    assert.ok(matches(pattern, event), pattern);
  }
  for (const pattern of [
    '{ $.eventType = "Other" }',
    '{ $.n != 5 }',
    '{ $.ok IS FALSE }',
    '{ $.n NOT EXISTS }',
    '{ $.x = 1 }',
  ]) {
    assert.ok(!matches(pattern, event), pattern);
  }
  assert.ok(!matches('{ $.n = 5 }', 'no json'));
});

test('space-delimited patterns name the fields of a line', () => {
  const line = '127.0.0.1 - frank [10/Oct/2000:13:25:15 -0700] "GET /index.html HTTP/1.0" 404 1534';
  assert.ok(matches('[ip, user, username, timestamp, request, status_code, bytes]', line));
  assert.ok(matches('[ip, user, username, timestamp, request, status_code = 4*, bytes > 1000]', line));
  assert.ok(matches('[..., status_code = 404 || status_code = 410, bytes]', line));
  assert.ok(matches('[ip, user, username, timestamp, request = *index.html*, ...]', line));
  assert.ok(!matches('[ip, user, username, timestamp, request, status_code = 2*, bytes]', line));
});

test('a broken pattern is refused', () => {
  for (const pattern of ['%(a)%', '%[a%', '{ $.a = %[% }', '{ $.a = }', '{ $.a', '"open', '[a, b', '{ $.a > x }']) {
    assert.throws(() => parsePattern(pattern), { code: 'InvalidParameterException' }, pattern);
  }
});
