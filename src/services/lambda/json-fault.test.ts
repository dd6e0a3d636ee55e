import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonFault } from './json-fault.ts';

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
const fault = (text: string): string | undefined => jsonFault(Buffer.from(text));

test('JSON has no fault', () => {
  for (const text of ['{}', '"a"', '1', 'null', '[1, {"a": []}]']) assert.equal(fault(text), undefined);
});

test('a word that is none of JSON is named, with the place after it', () => {
  assert.equal(
    fault('test'),
    `Unrecognized token 'test': was expecting ${VALUES}\n at [Source: (byte[])"test"; line: 1, column: 5]`,
  );
  assert.equal(
    fault('{"a": tru}'),
    `Unrecognized token 'tru': was expecting ${VALUES}\n at [Source: (byte[])"{"a": tru}"; line: 1, column: 10]`,
  );
});

test('a character is named with its code and what was expected', () => {
  assert.equal(
    fault("{'a': 1}"),
    `Unexpected character (''' (code 39)): was expecting double-quote to start field name\n at [Source: (byte[])"{'a': 1}"; line: 1, column: 3]`,
  );
  // podaac/hydrocron#64: a real answer of 2023-12
  assert.match(
    fault('{\n"a" : "b"\n   "c": 1}') ?? '',
    /^Unexpected character \('"' \(code 34\)\): was expecting comma to separate Object entries\n at .*line: 3, column: 5\]$/s,
  );
  assert.match(fault('}') ?? '', /^Unexpected character \('}' \(code 125\)\): expected a valid value \(JSON String/);
});

test('a word far into a long text is found', () => {
  assert.match(
    fault(`{"a": [${'1, '.repeat(100)}none]}`) ?? '',
    /^Unrecognized token 'none': .*line: 1, column: 312\]$/s,
  );
});

test('what ends too early is said to', () => {
  assert.match(fault('{"a": 1') ?? '', /^Unexpected end-of-input: expected close marker for Object/);
});

test('of a long text the beginning is shown', () => {
  assert.match(fault(`x${'y'.repeat(599)}`) ?? '', /"\[truncated 100 bytes\]; line: 1, column: 601\]$/);
});
