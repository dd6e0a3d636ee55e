import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileModel } from './model.ts';

function problems(schema: object, value: unknown): string | undefined {
  const model = { name: 'M', contentType: 'application/json', schema: JSON.stringify(schema) };
  return compileModel('M', [model])(Buffer.from(JSON.stringify(value)));
}
const member = (schema: object, value: unknown): string | undefined =>
  problems({ type: 'object', properties: { x: schema } }, { x: value });

test('each keyword has the words of the validator that API Gateway uses', () => {
  const cases: [schema: object, value: unknown, text: string][] = [
    [
      { type: 'integer' },
      'a',
      'instance type (string) does not match any allowed primitive type (allowed: ["integer"])',
    ],
    [
      { type: 'number' },
      null,
      'instance type (null) does not match any allowed primitive type (allowed: ["integer","number"])',
    ],
    [{ enum: ['a', 'b'] }, 'c', 'instance value ("c") not found in enum (possible values: ["a","b"])'],
    [{ minimum: 1 }, 0, 'numeric instance is lower than the required minimum (minimum: 1, found: 0)'],
    [{ minimum: 0, exclusiveMinimum: true }, 0, 'numeric instance is not strictly greater than the required minimum 0'],
    [{ maximum: 9 }, 10.5, 'numeric instance is greater than the required maximum (maximum: 9, found: 10.5)'],
    [{ minLength: 2 }, 'a', 'string "a" is too short (length: 1, required minimum: 2)'],
    [{ maxLength: 1 }, 'ab', 'string "ab" is too long (length: 2, maximum allowed: 1)'],
    [{ pattern: '^a+$' }, 'b', 'ECMA 262 regex "^a+$" does not match input string "b"'],
    [{ minItems: 1 }, [], 'array is too short: must have at least 1 elements but instance has 0 elements'],
    [{ uniqueItems: true }, [1, 1], 'array must not contain duplicate elements'],
    [
      { anyOf: [{ type: 'string' }, { type: 'null' }] },
      1,
      'instance failed to match at least one required schema among 2',
    ],
    [
      { oneOf: [{ type: 'string' }, { minLength: 1 }] },
      'a',
      'instance failed to match exactly one schema (matched 2 out of 2)',
    ],
  ];
  for (const [schema, value, text] of cases) assert.equal(member(schema, value), `[${text}]`);
});

test('an object tells once what is missing and what is too much, before what is wrong inside', () => {
  const schema = {
    type: 'object',
    required: ['b', 'a'],
    properties: { a: {}, b: {}, c: { type: 'string' } },
    additionalProperties: false,
  };
  assert.equal(
    problems(schema, { z: 1, y: 2, c: 3 }),
    '[object instance has properties which are not allowed by the schema: ["y","z"], ' +
      'object has missing required properties (["a","b"]), ' +
      'instance type (integer) does not match any allowed primitive type (allowed: ["string"])]',
  );
});
