import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Concurrency } from './concurrency.ts';
import type { FunctionSnapshot } from './contract.ts';

const version = (name: string, number: string, reservedConcurrency?: number): FunctionSnapshot =>
  ({
    arn: `arn:aws:lambda:us-east-1:000000000000:function:${name}`,
    accountId: '000000000000',
    region: 'us-east-1',
    version: number,
    reservedConcurrency,
  }) as FunctionSnapshot;

const reason = (Reason: string): object => ({
  code: 'TooManyRequestsException',
  fields: { retryAfterSeconds: '1', Reason, Type: 'User' },
});

test('what is provisioned for a version is taken from the account and kept for that version', () => {
  const concurrency = new Concurrency(3);
  const provisioned = version('a', '1');
  concurrency.provision(provisioned, 2);
  const leave = concurrency.enter(version('b', '$LATEST'));
  assert.throws(() => concurrency.enter(version('b', '$LATEST')), reason('ConcurrentInvocationLimitExceeded'));
  concurrency.enter(provisioned);
  concurrency.enter(provisioned);
  assert.throws(() => concurrency.enter(provisioned), reason('ConcurrentInvocationLimitExceeded'));
  leave();
  concurrency.enter(provisioned);
  assert.deepEqual(concurrency.provisionedUse(provisioned), { invocations: 2, spilloverInvocations: 1 });
});

test('a reservation that is wholly provisioned leaves nothing to the other versions', () => {
  const concurrency = new Concurrency(10);
  concurrency.provision(version('a', '1', 2), 2);
  assert.throws(
    () => concurrency.enter(version('a', '$LATEST', 2)),
    reason('ReservedFunctionConcurrentInvocationLimitExceeded'),
  );
  concurrency.enter(version('a', '1', 2));
});

test('provisioned places are free again after their invocations and gone with the configuration', () => {
  const concurrency = new Concurrency(1);
  const provisioned = version('a', '1');
  concurrency.provision(provisioned, 1);
  concurrency.enter(provisioned)();
  const leave = concurrency.enter(provisioned);
  assert.throws(() => concurrency.enter(provisioned));
  concurrency.provision(provisioned, 0);
  leave();
  concurrency.enter(provisioned);
  assert.deepEqual(concurrency.provisionedUse(provisioned), { invocations: 0, spilloverInvocations: 0 });
});

test('what a function reserves is taken from the others before it is ever called', () => {
  const concurrency = new Concurrency(3);
  const at = { accountId: '000000000000', region: 'us-east-1' };
  concurrency.reserve(at, new Map([[version('a', '$LATEST').arn, 2]]));
  concurrency.enter(version('b', '$LATEST'));
  assert.throws(() => concurrency.enter(version('b', '$LATEST')), reason('ConcurrentInvocationLimitExceeded'));
  concurrency.reserve(at, new Map());
  concurrency.enter(version('b', '$LATEST'));
});
