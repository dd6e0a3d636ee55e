import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readJson, writeJson } from './json.ts';
import { Malformed } from './malformed.ts';
import type { Member, Shape, StructureShape } from './model.ts';

const member = (name: string, shape: Shape, traits: Member['traits'] = {}): Member => ({
  name,
  shape,
  traits,
  required: false,
});
const structure = (...members: Member[]): StructureShape => ({
  kind: 'structure',
  name: 'S',
  union: false,
  traits: {},
  members,
});
const read = (shape: Shape, text: string): unknown =>
  readJson(structure(member('x', shape)), Buffer.from(`{"x":${text}}`), 'member');

test('integers lose their fraction, as in AWS; doubles may be NaN', () => {
  assert.deepEqual(read({ kind: 'integer' }, '1.9'), { x: 1 });
  assert.deepEqual(read({ kind: 'double' }, '1.9'), { x: 1.9 });
  assert.deepEqual(read({ kind: 'double' }, '"NaN"'), { x: Number.NaN });
  assert.throws(() => read({ kind: 'integer' }, '"NaN"'), {
    message: 'STRING_VALUE can not be converted to an Integer',
  });
  assert.throws(() => read({ kind: 'long' }, 'true'), { message: 'TRUE_VALUE can not be converted to a Long' });
});

test('times: seconds by default, text where the model says so', () => {
  assert.deepEqual(read({ kind: 'timestamp' }, '1700000000.5'), { x: new Date(1_700_000_000_500) });
  assert.deepEqual(read({ kind: 'timestamp', format: 'date-time' }, '"2026-01-02T03:04:05Z"'), {
    x: new Date('2026-01-02T03:04:05Z'),
  });
  for (const [shape, text] of [
    [{ kind: 'timestamp' }, '"2026-01-02T03:04:05Z"'],
    [{ kind: 'timestamp' }, '1e300'],
    [{ kind: 'timestamp', format: 'date-time' }, '"yesterday"'],
    [{ kind: 'timestamp', format: 'date-time' }, '1700000000'],
  ] as const) {
    assert.throws(() => read(shape, text), Malformed, text);
  }
});

test('null: absent as member and in maps, refused in lists', () => {
  const list: Shape = { kind: 'list', member: member('', { kind: 'string' }) };
  const map: Shape = { kind: 'map', key: member('', { kind: 'string' }), value: member('', { kind: 'string' }) };
  assert.deepEqual(read(list, 'null'), {});
  assert.deepEqual(read(map, '{"a":null,"b":"c"}'), { x: { b: 'c' } });
  assert.throws(() => read(list, '[null]'), Malformed);
});

test('restJson uses jsonName, awsJson the member name', () => {
  const shape = structure(member('createdDate', { kind: 'string' }, { jsonName: 'created' }));
  assert.equal(writeJson(shape, { createdDate: 'a', other: 1 }, 'json'), '{"created":"a"}');
  assert.equal(writeJson(shape, { createdDate: 'a' }, 'member'), '{"createdDate":"a"}');
  assert.deepEqual(readJson(shape, Buffer.from('{"created":"a"}'), 'json'), { createdDate: 'a' });
});
