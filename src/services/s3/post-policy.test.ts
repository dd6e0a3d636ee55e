import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkPostPolicy, parsePostPolicy } from './post-policy.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');
const policy = parsePostPolicy(
  JSON.stringify({
    expiration: '2026-01-01T01:00:00.000Z',
    conditions: [
      { bucket: 'b' },
      ['starts-with', '$key', 'user/'],
      { acl: 'private' },
      ['content-length-range', 1, 10],
    ],
  }),
);
const form = (fields: Record<string, string>): Map<string, string> =>
  new Map(Object.entries({ bucket: 'b', key: 'user/x', acl: 'private', ...fields }));
const denied = (message: string): object => ({ code: 'AccessDenied', status: 403, message });

test('a form that meets every condition passes', () => {
  checkPostPolicy(policy, form({ 'x-amz-signature': 's', 'x-ignore-me': '1' }), NOW);
  assert.deepEqual(policy.sizes, { min: 1, max: 10 });
});

test('a failed condition, a field without one and an expired policy are refused', () => {
  const failed = 'Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"]';
  assert.throws(() => checkPostPolicy(policy, form({ key: 'other' }), NOW), denied(failed));
  assert.throws(
    () => checkPostPolicy(policy, form({ 'x-amz-meta-a': '1' }), NOW),
    denied('Invalid according to Policy: Extra input fields: x-amz-meta-a'),
  );
  assert.throws(
    () => checkPostPolicy(policy, form({}), NOW + 3_600_000),
    denied('Invalid according to Policy: Policy expired.'),
  );
});

test('what is no policy is refused as such', () => {
  for (const text of ['{', '{}', '{"expiration":"x","conditions":[]}', '{"expiration":"2026-01-01T00:00:00Z"}']) {
    assert.throws(() => parsePostPolicy(text), { code: 'InvalidPolicyDocument', status: 400 });
  }
});
