import assert from 'node:assert/strict';
import { test } from 'node:test';
import { attributesMd5, checkText, selectAttributes } from './message-attributes.ts';

test('the digest of attributes is the one that SDKs compute', () => {
  // as botocore and the SDKs for Java print it for this attribute
  assert.equal(
    attributesMd5({ timestamp: { type: 'Number', text: '1493147359900' } }),
    '235c5c510d26fb653d073faed50ae77c',
  );
});

test('texts may have what XML may have', () => {
  checkText('tab\t, line\n, emoji 😀');
  assert.throws(() => checkText('bell \u0007'), { name: 'InvalidMessageContents' });
  assert.throws(() => checkText('half \ud800 pair'), { name: 'InvalidMessageContents' });
});

test('attributes are chosen by name, prefix and All', () => {
  const attributes = { 'a.b': { type: 'String', text: '1' }, c: { type: 'String', text: '2' } };
  assert.deepEqual(Object.keys(selectAttributes(attributes, ['All']) ?? {}), ['a.b', 'c']);
  assert.deepEqual(Object.keys(selectAttributes(attributes, ['a.*']) ?? {}), ['a.b']);
  assert.deepEqual(Object.keys(selectAttributes(attributes, ['c']) ?? {}), ['c']);
  assert.equal(selectAttributes(attributes, ['x']), undefined);
});
