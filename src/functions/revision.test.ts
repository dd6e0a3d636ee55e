import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { beforeEach, mock, test } from 'node:test';
import type { FunctionSnapshot } from './contract.ts';
import { AGE_MS_MAX, IDLE_MS_MAX, QUEUE_MS_MAX } from './limits.ts';
import { type ExecutionEnvironment, Revision } from './revision.ts';

let starts: PromiseWithResolvers<ExecutionEnvironment>[] = [];
let revision: Revision;

/** As much of a sandbox as a revision looks at. */
function environment(facts: object = {}): ExecutionEnvironment {
  const sandbox = {
    state: 'idle',
    bornMs: Date.now(),
    idleSinceMs: Date.now(),
    credentialsExpireAt: Number.POSITIVE_INFINITY,
    kill() {
      this.state = 'ended';
    },
    ...facts,
  };
  return {
    sandbox,
    log: {},
    init: { kind: 'ready', durationMs: 1 },
    invocations: 0,
  } as unknown as ExecutionEnvironment;
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function begin(): void {
  starts = [];
  revision = new Revision({ timeoutSeconds: 3 } as FunctionSnapshot, () => {
    const start = Promise.withResolvers<ExecutionEnvironment>();
    starts.push(start);
    return start.promise;
  });
}
beforeEach(begin);

async function acquireFirst(facts: object = {}): Promise<ExecutionEnvironment> {
  const acquired = revision.acquire();
  starts.at(-1)?.resolve(environment(facts));
  return acquired;
}

test('the environment used last is used next', async () => {
  const [first, second] = [revision.acquire(), revision.acquire()];
  starts.forEach((start) => start.resolve(environment()));
  const environments = await Promise.all([first, second]);
  environments.forEach((one) => revision.release(one, 1));
  assert.equal(await revision.acquire(), environments[1]);
  assert.equal(starts.length, 2);
});

test('a short function is waited for before another environment starts', async () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  const only = await acquireFirst();
  revision.release(only, 1);
  await revision.acquire();
  const waiting = revision.acquire();
  assert.equal(starts.length, 1);
  revision.release(only, 1);
  assert.equal(await waiting, only);
  const late = revision.acquire();
  mock.timers.tick(QUEUE_MS_MAX);
  await settled(); // the answers that have come meanwhile are read first
  assert.equal(starts.length, 2);
  mock.timers.reset();
  const other = environment();
  starts[1]?.resolve(other);
  assert.equal(await late, other);
});

test('where as many are at work as the processors carry, one that comes free rests while the others serve the rest', async () => {
  const atOnce = 4 * availableParallelism();
  const callers = Array.from({ length: atOnce + 2 }, () => revision.acquire());
  for (let index = 0; index < callers.length; index++) {
    starts[index]?.resolve(environment());
    await callers[index];
  }
  const [one, two] = [await callers[0]!, await callers[1]!];
  revision.release(one, 0.5);
  const waiting = revision.acquire();
  revision.release(two, 0.5);
  assert.equal(revision.idle, 2);
  revision.release(await callers[2]!, 0.5);
  revision.release(await callers[3]!, 0.5);
  assert.ok([one, two, await callers[2], await callers[3]].includes(await waiting));
  assert.equal(starts.length, callers.length);
});

test('a long function is not waited for', async () => {
  const only = await acquireFirst();
  revision.release(only, 500);
  await revision.acquire();
  void revision.acquire();
  assert.equal(starts.length, 2);
});

test('an environment that becomes free while another starts serves who waits longest', async () => {
  const only = await acquireFirst();
  revision.release(only, 500);
  await revision.acquire();
  const first = revision.acquire();
  revision.release(only, 500);
  assert.equal(await first, only);
  const started = environment();
  starts[1]?.resolve(started);
  await settled();
  assert.equal(await revision.acquire(), started);
});

test('a failed start fails one invocation, a failed initialisation is given to it', async () => {
  const [first, second] = [revision.acquire(), revision.acquire()];
  starts[0]?.reject(new Error('no'));
  await assert.rejects(first, /no/);
  const failed = { ...environment({ state: 'ended' }), init: { kind: 'timeout' as const, durationMs: 1 } };
  starts[1]?.resolve(failed);
  assert.equal(await second, failed);
  revision.release(failed, 1);
  assert.ok(revision.unused);
});

test('what is too old, idle for too long, ended or short of credentials is not used again', async () => {
  const past = Date.now() - AGE_MS_MAX - 1;
  for (const facts of [{ bornMs: past }, { credentialsExpireAt: Date.now() + 60_000 }, { state: 'ended' }]) {
    begin();
    const spent = await acquireFirst(facts);
    revision.release(spent, 1);
    void revision.acquire();
    assert.equal(starts.length, 2, JSON.stringify(facts));
  }
});

test('a sweep ends what is idle, and only that', async () => {
  const idle = await acquireFirst();
  revision.release(idle, 1);
  revision.sweep(Date.now() + IDLE_MS_MAX - 1000);
  assert.equal(idle.sandbox.state, 'idle');
  revision.sweep(Date.now() + IDLE_MS_MAX + 1000);
  assert.equal(idle.sandbox.state, 'ended');
  assert.ok(revision.unused);
});

test('a retired revision ends its environments, busy ones after their invocation', async () => {
  const [first, second] = [revision.acquire(), revision.acquire()];
  starts.forEach((start) => start.resolve(environment()));
  const [idle, busy] = await Promise.all([first, second]);
  revision.release(idle, 1);
  revision.retire();
  assert.equal(idle.sandbox.state, 'ended');
  assert.equal(busy.sandbox.state, 'idle');
  revision.release(busy, 1);
  assert.equal(busy.sandbox.state, 'ended');
});
