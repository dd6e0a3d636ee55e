import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { cipherOf, newSeal } from './seals.ts';

test('every range of a sealed body can be read alone', () => {
  const [key, seal, plain] = [randomBytes(32), newSeal(), randomBytes(100)];
  const sealed = cipherOf(key, seal).update(plain);
  assert.notDeepEqual(sealed, plain);
  for (let start = 0; start < plain.length; start++) {
    assert.deepEqual(cipherOf(key, seal, start).update(sealed.subarray(start)), plain.subarray(start));
  }
});

test('the counter runs over its end', () => {
  const [key, plain] = [randomBytes(32), randomBytes(64)];
  const seal = Buffer.alloc(16, 0xff).toString('base64');
  const sealed = cipherOf(key, seal).update(plain);
  assert.deepEqual(cipherOf(key, seal, 40).update(sealed.subarray(40)), plain.subarray(40));
});

test('two bodies of the same bytes differ on disk, and so do two keys', () => {
  const [key, plain, seal] = [randomBytes(32), Buffer.alloc(32), newSeal()];
  assert.notDeepEqual(cipherOf(key, newSeal()).update(plain), cipherOf(key, newSeal()).update(plain));
  assert.notDeepEqual(cipherOf(key, seal).update(plain), cipherOf(randomBytes(32), seal).update(plain));
});
