import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  currentAction,
  expirationOf,
  noncurrentAction,
  removesLoneMarker,
  type LifecycleRule,
} from './lifecycle-rules.ts';
import type { StoredObject } from './records.ts';

const day = (text: string): number => Date.parse(`${text}Z`);
const made = day('2026-01-01T10:00:00');
const object = (more: Partial<StoredObject> = {}): StoredObject => ({
  key: 'logs/a',
  versionId: 'null',
  order: '0',
  modifiedMs: made,
  size: 200_000,
  etag: '',
  body: { in: 'none' },
  metadata: {},
  ...more,
});
const rule = (more: Partial<LifecycleRule>): LifecycleRule => ({
  id: 'r',
  enabled: true,
  filter: { prefix: 'logs/', tags: [] },
  transitions: [],
  noncurrentTransitions: [],
  ...more,
});

test('an object expires at the midnight after its days', () => {
  const rules = [rule({ expiration: { days: 1 } })];
  assert.equal(expirationOf(rules, object())?.atMs, day('2026-01-03T00:00:00'));
  assert.equal(currentAction(rules, object(), day('2026-01-02T23:59:59')), undefined);
  assert.equal(currentAction(rules, object(), day('2026-01-03T00:00:00')), 'expire');
});

test('a filter looks at prefix, tags and size; a disabled rule does nothing', () => {
  const late = day('2027-01-01T00:00:00');
  const expires = (filter: Partial<LifecycleRule['filter']>, more: Partial<LifecycleRule> = {}): boolean =>
    currentAction(
      [rule({ expiration: { days: 1 }, filter: { prefix: '', tags: [], ...filter }, ...more })],
      object({ tags: [['a', '1']] }),
      late,
    ) === 'expire';
  assert.equal(expires({}), true);
  assert.equal(expires({ prefix: 'other/' }), false);
  assert.equal(expires({ tags: [['a', '1']] }), true);
  assert.equal(expires({ tags: [['a', '2']] }), false);
  assert.equal(expires({ sizeGreaterThan: 200_000 }), false);
  assert.equal(expires({ sizeLessThan: 200_001 }), true);
  assert.equal(expires({}, { enabled: false }), false);
});

test('the latest transition that is due counts, and small objects stay', () => {
  const rules = [
    rule({
      transitions: [
        { days: 30, storageClass: 'STANDARD_IA' },
        { days: 60, storageClass: 'GLACIER_IR' },
      ],
    }),
  ];
  assert.deepEqual(currentAction(rules, object(), day('2026-02-05T00:00:00')), { storageClass: 'STANDARD_IA' });
  assert.deepEqual(currentAction(rules, object(), day('2026-04-05T00:00:00')), { storageClass: 'GLACIER_IR' });
  assert.equal(currentAction(rules, object({ storageClass: 'GLACIER_IR' }), day('2026-04-05T00:00:00')), undefined);
  assert.equal(currentAction(rules, object({ size: 1000 }), day('2026-04-05T00:00:00')), undefined);
});

test('noncurrent versions expire by the time they became so, but for the newest that are kept', () => {
  const rules = [rule({ noncurrentExpiration: { days: 10, newer: 1 } })];
  const at = day('2026-03-01T00:00:00');
  assert.equal(noncurrentAction(rules, object(), { noncurrentMs: made, newer: 0 }, at), undefined);
  assert.equal(noncurrentAction(rules, object(), { noncurrentMs: made, newer: 1 }, at), 'expire');
  assert.equal(noncurrentAction(rules, object(), { noncurrentMs: at, newer: 1 }, at), undefined);
});

test('a lone delete marker goes by its own rule or when its days are over', () => {
  const marker = object({ deleteMarker: true, size: 0 });
  assert.equal(removesLoneMarker([rule({ expiration: 'expired-delete-marker' })], marker, made), true);
  assert.equal(removesLoneMarker([rule({ expiration: { days: 1 } })], marker, made), false);
  assert.equal(
    removesLoneMarker([rule({ noncurrentExpiration: { days: 1, newer: 0 } })], marker, day('2027-01-01T00:00:00')),
    false,
  );
});
