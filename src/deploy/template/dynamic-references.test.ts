import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseDynamicReference, resolveDynamicReferences } from './dynamic-references.ts';

test('references name parameters, secrets and keys inside secrets', () => {
  assert.deepEqual(parseDynamicReference('ssm:/a/b:3'), { service: 'ssm', name: '/a/b', version: '3' });
  assert.deepEqual(parseDynamicReference('secretsmanager:db:SecretString:password'), {
    service: 'secretsmanager',
    secretId: 'db',
    jsonKey: 'password',
  });
  assert.deepEqual(
    parseDynamicReference(
      'secretsmanager:arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:SecretString:user:AWSPREVIOUS',
    ),
    {
      service: 'secretsmanager',
      secretId: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf',
      jsonKey: 'user',
      versionStage: 'AWSPREVIOUS',
    },
  );
  assert.throws(() => parseDynamicReference('ssm:a b'), { code: 'ValidationError' });
});

test('every reference in a nested value is replaced', async () => {
  const value = await resolveDynamicReferences(
    { a: ['x-{{resolve:ssm:/p}}-{{resolve:ssm:/q}}', 3], b: true },
    async (reference) => ('name' in reference ? reference.name : ''),
  );
  assert.deepEqual(value, { a: ['x-/p-/q', 3], b: true });
});
