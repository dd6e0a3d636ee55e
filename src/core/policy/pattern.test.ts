import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compilePattern, splitSegments } from './pattern.ts';

const none = (): undefined => undefined;
const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.', '$'), maxLength: 12 });

test('property: globs mean what the equivalent regular expression means', () => {
  fc.assert(
    fc.property(text, text, (pattern, subject) => {
      const regex = new RegExp(
        `^${pattern
          .split('')
          .map((c) => (c === '*' ? '.*' : c === '?' ? '.' : c.replace(/[.$]/, String.raw`\$&`)))
          .join('')}$`,
        's',
      );
      assert.equal(compilePattern(pattern, { wildcards: true, variables: false })(subject, none), regex.test(subject));
    }),
    { numRuns: 1000 },
  );
});

test('property: a text without wildcards matches itself alone', () => {
  fc.assert(
    fc.property(text, text, (pattern, subject) => {
      assert.equal(compilePattern(pattern, { wildcards: false, variables: false })(subject, none), pattern === subject);
    }),
  );
});

test('many stars cost no exponential time', () => {
  const pattern = compilePattern(`${'a*'.repeat(200)}b`, { wildcards: true, variables: false });
  assert.equal(pattern('a'.repeat(5000), none), false);
});

test('an ARN is cut at its first five colons, none of them inside a variable', () => {
  assert.deepEqual(splitSegments('arn:aws:s3:::${aws:username}/a:b'), [
    'arn',
    'aws',
    's3',
    '',
    '',
    '${aws:username}/a:b',
  ]);
  assert.deepEqual(splitSegments('arn:aws:sns:${aws:RequestedRegion}:1:t:u'), [
    'arn',
    'aws',
    'sns',
    '${aws:RequestedRegion}',
    '1',
    't:u',
  ]);
  assert.deepEqual(splitSegments('*'), ['*']);
});
