import assert from 'node:assert/strict';
import { test } from 'node:test';
import { localName, parseImageAddress, resolvedAddress } from './address.ts';

const REGISTRY = '123456789012.dkr.ecr.eu-west-1.amazonaws.com';
const DIGEST = `sha256:${'a'.repeat(64)}`;

test('an account’s registry is told from the repository', () => {
  assert.deepEqual(parseImageAddress(`${REGISTRY}/team/app:v1.2`), {
    registry: REGISTRY,
    repository: 'team/app',
    tag: 'v1.2',
  });
  assert.deepEqual(parseImageAddress(`${REGISTRY}/app:v1@${DIGEST}`), {
    registry: REGISTRY,
    repository: 'app',
    tag: 'v1',
    digest: DIGEST,
  });
});

test('other registries are part of the name, and those that tools imply are not', () => {
  assert.equal(parseImageAddress('public.ecr.aws/lambda/python:3.12')?.repository, 'public.ecr.aws/lambda/python');
  assert.equal(parseImageAddress('localhost:5000/app:1')?.repository, 'localhost:5000/app');
  for (const name of ['docker.io/library/app:1', 'docker.io/app:1', 'localhost/app:1', 'app:1']) {
    assert.deepEqual(parseImageAddress(name), { repository: 'app', tag: '1' }, name);
  }
});

test('what is no address is none', () => {
  for (const text of [
    '',
    'App:1',
    'app:',
    'app@sha256:abc',
    'app:1:2',
    '../app',
    'Team/app:1',
    'https://x/app',
    'a b',
    `a${'/a'.repeat(600)}`,
  ]) {
    assert.equal(parseImageAddress(text), undefined, text);
  }
});

test('without a tag the latest is meant; a resolved address names the digest alone', () => {
  assert.equal(localName({ repository: 'app' }), 'app:latest');
  assert.equal(
    resolvedAddress({ registry: REGISTRY, repository: 'app', tag: '1' }, DIGEST),
    `${REGISTRY}/app@${DIGEST}`,
  );
  assert.equal(resolvedAddress({ repository: 'app' }, DIGEST), `app@${DIGEST}`);
});
