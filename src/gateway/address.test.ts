import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findAddress } from './address.ts';

const LOCAL = '127.0.0.1:4566';

test('an API is found by host, on every domain', () => {
  assert.deepEqual(findAddress('abc.execute-api.us-east-1.localhost:4566', '/prod/x'), {
    apiId: 'abc',
    path: '/prod/x',
  });
  assert.deepEqual(findAddress('abc.execute-api.us-east-1.amazonaws.com', '/'), { apiId: 'abc', path: '/' });
  assert.equal(findAddress(LOCAL, '/prod/x'), undefined);
});

test('the path form is the host form: an HTTP API needs no stage in it', () => {
  assert.deepEqual(findAddress(LOCAL, '/_aws/execute-api/abc/prod/x'), { apiId: 'abc', path: '/prod/x' });
  assert.deepEqual(findAddress(LOCAL, '/_aws/execute-api/abc'), { apiId: 'abc', path: '/' });
  assert.equal(findAddress(LOCAL, '/_aws/execute-api/'), undefined);
});

test('$default may be named', () => {
  for (const name of ['$default', '%24default']) {
    const expected = { apiId: 'abc', stageName: '$default', path: '/x' };
    assert.deepEqual(findAddress(LOCAL, `/_aws/execute-api/abc/${name}/x`), expected);
  }
});

test("the older path form names the stage before AWS's mark", () => {
  const expected = { apiId: 'abc', stageName: 'prod', path: '/x' };
  assert.deepEqual(findAddress(LOCAL, '/restapis/abc/prod/_user_request_/x'), expected);
  assert.equal(findAddress(LOCAL, '/restapis/abc/stages/prod'), undefined);
});
