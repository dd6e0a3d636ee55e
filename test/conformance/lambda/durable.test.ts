// AWS's own SDK for durable execution, as the runtime brings it, unmodified, inside of functions.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  DeleteFunctionCommand,
  GetDurableExecutionHistoryCommand,
  LambdaClient,
  SendDurableExecutionCallbackFailureCommand,
  SendDurableExecutionCallbackHeartbeatCommand,
  SendDurableExecutionCallbackSuccessCommand,
  StopDurableExecutionCommand,
} from '@aws-sdk/client-lambda';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { call, callbackOf, DURABLE, ended, handler, historyOf, start } from './durable-fixture.ts';
import { createFunction } from './fixture.ts';

const APPROVAL = `
  try {
    return await context.waitForCallback('approve', async (id) => { console.log(id); }, event.config ?? {});
  } catch (error) {
    return { name: error.name, message: error.message, type: error.cause?.name };
  }`;

const CHAIN = `
  try {
    return await context.invoke('call', event.target, event.input);
  } catch (error) {
    return { message: error.message, name: error.name };
  }`;

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  await create('approval', APPROVAL);
  await create('chain', CHAIN);
  await createFunction(
    lambda,
    'plain',
    'exports.handler = async (event) => { if (event.fail) throw new RangeError("plainly"); return { doubled: event.n * 2 }; };',
  );
  await create(
    'child',
    `await context.wait({ seconds: 1 }); if (event.fail) throw new Error('childish'); return event.n + 1;`,
  );
});
after(() => server.stop());

const create = (name: string, body: string, rest: object = {}): Promise<string> =>
  createFunction(lambda, name, handler(body), { ...DURABLE, ...rest });

// most of them wait
describe("durable functions by AWS's SDK", { concurrency: 4 }, () => {
  test('steps and a wait: each step runs once, and the caller waits for the end', async () => {
    await create(
      'steps',
      `const a = await context.step('first', async () => event.n + 1);
     await context.wait('pause', { seconds: 2 });
     return { sum: a + await context.step('second', async () => 10) };`,
    );
    const { arn, error, result } = await call(lambda, 'steps', { n: 1 });
    assert.deepEqual([error, result], [undefined, { sum: 12 }]);
    assert.match(
      arn,
      /^arn:aws:lambda:us-east-1:000000000000:function:steps:\$LATEST\/durable-execution\/[0-9a-f-]{36}\/[0-9a-f-]{36}$/,
    );
    const [name, id] = arn.split('/').slice(-2);
    const events = await historyOf(lambda, arn);
    assert.deepEqual(
      events.map(({ EventId, EventType, SubType, Name }) => [EventId, EventType, SubType, Name]),
      [
        [1, 'ExecutionStarted', undefined, name],
        [2, 'StepStarted', 'Step', 'first'],
        [3, 'StepSucceeded', 'Step', 'first'],
        [4, 'WaitStarted', 'Wait', 'pause'],
        [5, 'InvocationCompleted', undefined, undefined],
        [6, 'WaitSucceeded', 'Wait', 'pause'],
        [7, 'StepStarted', 'Step', 'second'],
        [8, 'StepSucceeded', 'Step', 'second'],
        [9, 'InvocationCompleted', undefined, undefined],
        [10, 'ExecutionSucceeded', undefined, name],
      ],
    );
    assert.deepEqual(events[0]?.ExecutionStartedDetails, {
      Input: { Payload: '{"n":1}', Truncated: false },
      ExecutionTimeout: 300,
    });
    assert.deepEqual([events[0]?.Id, events[9]?.Id], [id, id]);
    assert.deepEqual(events[2]?.StepSucceededDetails, {
      Result: { Payload: '2', Truncated: false },
      RetryDetails: { CurrentAttempt: 1 },
    });
    const wait = events[3]?.WaitStartedDetails;
    assert.equal(wait?.Duration, 2);
    assert.equal(wait.ScheduledEndTimestamp!.getTime() - events[3]!.EventTimestamp!.getTime(), 2000);
    assert.deepEqual(events[5]?.WaitSucceededDetails, { Duration: 2 });
    const completed = events[4]?.InvocationCompletedDetails;
    assert.deepEqual(Object.keys(completed ?? {}).toSorted(), ['EndTimestamp', 'RequestId', 'StartTimestamp']);
    assert.deepEqual(events[9]?.ExecutionSucceededDetails, { Result: { Payload: '{"sum":12}', Truncated: false } });
  });

  test('a step is tried again after its delay, and its attempts are in the history', async () => {
    await create(
      'retries',
      `return context.step('flaky', async () => {
       global.tries = (global.tries ?? 0) + 1;
       if (global.tries < 3) throw new Error('try ' + global.tries);
       return global.tries;
     }, { retryStrategy: (error, attempt) => ({ shouldRetry: attempt < 3, delay: { seconds: 1 } }) });`,
    );
    const { arn, result } = await call(lambda, 'retries');
    assert.equal(result, 3);
    const steps = (await historyOf(lambda, arn)).filter(({ EventType }) => EventType?.startsWith('Step'));
    assert.deepEqual(
      steps.map((event) => [
        event.EventType,
        event.StepFailedDetails?.RetryDetails ?? event.StepSucceededDetails?.RetryDetails,
      ]),
      [
        ['StepStarted', undefined],
        ['StepFailed', { CurrentAttempt: 1, NextAttemptDelaySeconds: 1 }],
        ['StepStarted', undefined],
        ['StepFailed', { CurrentAttempt: 2, NextAttemptDelaySeconds: 1 }],
        ['StepStarted', undefined],
        ['StepSucceeded', { CurrentAttempt: 3 }],
      ],
    );
  });

  test('a handler that throws fails the execution, and its caller sees the error', async () => {
    await create('throws', `throw new TypeError('not today');`);
    const { arn, error, result } = await call(lambda, 'throws');
    assert.equal(error, 'Unhandled');
    assert.deepEqual([result.errorType, result.errorMessage], ['TypeError', 'not today']);
    const execution = await ended(lambda, arn);
    assert.deepEqual(
      [execution.Status, execution.Error?.ErrorMessage, execution.Result],
      ['FAILED', 'not today', undefined],
    );
    assert.deepEqual(
      (await historyOf(lambda, arn)).map(({ EventType }) => EventType),
      ['ExecutionStarted', 'InvocationCompleted', 'ExecutionFailed'],
    );
  });

  test('parallel branches, a map and a child context', async () => {
    await create(
      'branches',
      `const both = await context.parallel('both', [
       async (child) => child.step('left', async () => 'l'),
       async (child) => { await child.wait({ seconds: 1 }); return child.step('right', async () => 'r'); },
     ]);
     const squares = await context.map('squares', [1, 2, 3], async (child, n) => child.step(async () => n * n), { maxConcurrency: 2 });
     const inner = await context.runInChildContext('inner', async (child) => child.step('deep', async () => 'd'));
     return [both.getResults(), squares.getResults(), inner];`,
    );
    const { arn, result } = await call(lambda, 'branches');
    assert.deepEqual(result, [['l', 'r'], [1, 4, 9], 'd']);
    const contexts = (await historyOf(lambda, arn)).filter(({ EventType }) => EventType === 'ContextStarted');
    assert.deepEqual(
      [...new Set(contexts.map(({ SubType }) => SubType))],
      ['Parallel', 'ParallelBranch', 'Map', 'MapIteration', 'RunInChildContext'],
    );
  });

  test('a condition is polled with its state', async () => {
    await create(
      'polls',
      `return context.waitForCondition('ready', async (state) => ({ n: state.n + 1 }), {
       initialState: { n: 0 },
       waitStrategy: (state) => (state.n >= 3 ? { shouldContinue: false } : { shouldContinue: true, delay: { seconds: 1 } }),
     });`,
    );
    const { arn, result } = await call(lambda, 'polls');
    assert.deepEqual(result, { n: 3 });
    const polls = (await historyOf(lambda, arn)).filter(({ EventType }) => EventType === 'StepSucceeded');
    assert.deepEqual(
      polls.map((event) => event.StepSucceededDetails?.Result?.Payload),
      ['{"n":1}', '{"n":2}', '{"n":3}'],
    );
  });

  test('a callback succeeds from outside, once', async () => {
    const arn = await start(lambda, 'approval');
    const CallbackId = await callbackOf(lambda, arn);
    await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('yes') }));
    const execution = await ended(lambda, arn);
    assert.deepEqual([execution.Status, execution.Result], ['SUCCEEDED', '"yes"']);
    const succeeded = (await historyOf(lambda, arn)).find(({ EventType }) => EventType === 'CallbackSucceeded');
    assert.deepEqual(succeeded?.CallbackSucceededDetails, { Result: { Payload: 'yes', Truncated: false } });
    await assert.rejects(lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId })), {
      name: 'CallbackTimeoutException',
    });
  });

  test('a callback fails from outside', async () => {
    const arn = await start(lambda, 'approval');
    const CallbackId = await callbackOf(lambda, arn);
    const Error = { ErrorType: 'Refused', ErrorMessage: 'no', ErrorData: 'd' };
    await lambda.send(new SendDurableExecutionCallbackFailureCommand({ CallbackId, Error }));
    const { Result = '' } = await ended(lambda, arn);
    assert.match(Result, /"no"/);
    const failed = (await historyOf(lambda, arn)).find(({ EventType }) => EventType === 'CallbackFailed');
    assert.deepEqual(failed?.CallbackFailedDetails, { Error: { Payload: Error, Truncated: false } });
  });

  test('a callback times out, and for want of heartbeats', async () => {
    const timedOut = await call(lambda, 'approval', { config: { timeout: { seconds: 1 } } });
    assert.match(timedOut.result.message, /Callback timed out/);
    const silent = await start(lambda, 'approval', {
      config: { timeout: { minutes: 5 }, heartbeatTimeout: { seconds: 2 } },
    });
    const CallbackId = await callbackOf(lambda, silent);
    await lambda.send(new SendDurableExecutionCallbackHeartbeatCommand({ CallbackId }));
    await ended(lambda, silent);
    const events = await historyOf(lambda, silent);
    const details = events.find((event) => event.CallbackTimedOutDetails)?.CallbackTimedOutDetails;
    assert.deepEqual(details?.Error?.Payload, {
      ErrorMessage: 'Callback timed out on heartbeat',
      ErrorType: 'Callback.Heartbeat',
    });
    const { Timeout, HeartbeatTimeout } = events.find((event) => event.CallbackStartedDetails)!.CallbackStartedDetails!;
    assert.deepEqual([Timeout, HeartbeatTimeout], [300, 2]);
  });

  test('a chained invoke of a function that is not durable', async () => {
    const { arn, result } = await call(lambda, 'chain', { target: 'plain', input: { n: 21 } });
    assert.deepEqual(result, { doubled: 42 });
    const started = (await historyOf(lambda, arn)).find(({ EventType }) => EventType === 'ChainedInvokeStarted');
    assert.deepEqual(started?.ChainedInvokeStartedDetails, {
      FunctionName: 'plain',
      Input: { Payload: '{"n":21}', Truncated: false },
      ExecutedVersion: '$LATEST',
    });
    const failed = await call(lambda, 'chain', { target: 'plain', input: { fail: true } });
    assert.equal(failed.result.message, 'plainly');
  });

  test('a chained invoke of a durable function is an execution of its own', async () => {
    const { arn, result } = await call(lambda, 'chain', { target: 'child:$LATEST', input: { n: 1 } });
    assert.equal(result, 2);
    const started = (await historyOf(lambda, arn)).find(({ EventType }) => EventType === 'ChainedInvokeStarted');
    const childArn = started?.ChainedInvokeStartedDetails?.DurableExecutionArn ?? '';
    assert.equal((await ended(lambda, childArn)).Result, '2');
    const failed = await call(lambda, 'chain', { target: 'child:$LATEST', input: { fail: true } });
    assert.equal(failed.result.message, 'childish');
  });

  test('a chained invoke that leads nowhere fails in the checkpoint itself', async () => {
    const missing = await call(lambda, 'chain', { target: 'nobody' });
    assert.equal(missing.result.message, 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:nobody');
    const events = await historyOf(lambda, missing.arn);
    assert.deepEqual(
      events.map(({ EventType }) => EventType),
      ['ExecutionStarted', 'ChainedInvokeStarted', 'ChainedInvokeFailed', 'InvocationCompleted', 'ExecutionSucceeded'],
    );
    assert.deepEqual(events[1]?.ChainedInvokeStartedDetails, { FunctionName: 'nobody' });
    const unqualified = await call(lambda, 'chain', { target: 'child' });
    assert.equal(unqualified.result.message, 'You cannot invoke a durable function using an unqualified ARN.');
  });

  test('a loop of chained invokes is stopped after sixteen executions', async () => {
    await create(
      'loops',
      `try { return await context.invoke('loops:$LATEST', { depth: event.depth + 1 }); }
       catch (error) { return { depth: event.depth, message: error.message }; }`,
    );
    const { result } = await call(lambda, 'loops', { depth: 1 });
    assert.equal(result.depth, 16);
    assert.match(result.message, /^Lambda has detected your function being invoked in a recursive loop/);
  });

  test('a stopped child shows its error to its parent', async () => {
    await create('sleeps', `await context.wait({ hours: 1 });`);
    const arn = await start(lambda, 'chain', { target: 'sleeps:$LATEST' });
    const child = await eventually(async () => {
      const started = (await historyOf(lambda, arn)).find((event) => event.ChainedInvokeStartedDetails);
      return started?.ChainedInvokeStartedDetails?.DurableExecutionArn;
    });
    const { StopTimestamp } = await lambda.send(
      new StopDurableExecutionCommand({ DurableExecutionArn: child, Error: { ErrorMessage: 'enough' } }),
    );
    const execution = await ended(lambda, child);
    assert.deepEqual(
      [execution.Status, execution.Error, execution.EndTimestamp],
      ['STOPPED', { ErrorMessage: 'enough' }, StopTimestamp],
    );
    assert.match((await ended(lambda, arn)).Result ?? '', /enough/);
    const stopped = (await historyOf(lambda, arn)).find(({ EventType }) => EventType === 'ChainedInvokeStopped');
    assert.deepEqual(stopped?.ChainedInvokeStoppedDetails?.Error?.Payload, { ErrorMessage: 'enough' });
  });

  test('an execution ends at its timeout, whatever it waits for', async () => {
    await create('late', `await context.wait({ hours: 1 });`, { DurableConfig: { ExecutionTimeout: 1 } });
    const { arn, error } = await call(lambda, 'late');
    assert.equal(error, 'Unhandled');
    const execution = await ended(lambda, arn);
    assert.deepEqual([execution.Status, execution.Result], ['TIMED_OUT', undefined]);
    assert.ok((await historyOf(lambda, arn)).some(({ EventType }) => EventType === 'ExecutionTimedOut'));
  });

  test('an invocation that dies is replayed: its finished steps are not', async () => {
    const source = `
      const { LambdaClient, GetDurableExecutionHistoryCommand } = require('@aws-sdk/client-lambda');
      let DurableExecutionArn;
      ${handler(`
        const born = await context.step('born', async () => Date.now());
        const { Events } = await new LambdaClient({}).send(new GetDurableExecutionHistoryCommand({ DurableExecutionArn }));
        if (!Events.some((each) => each.InvocationCompletedDetails)) process.exit(1);
        return born;`)}
      const inner = exports.handler;
      exports.handler = (event, context) => {
        DurableExecutionArn = event.DurableExecutionArn;
        return inner(event, context);
      };`;
    await createFunction(lambda, 'dies', source, DURABLE);
    const { arn, result } = await call(lambda, 'dies');
    const events = await historyOf(lambda, arn);
    const steps = events.flatMap((event) => event.StepSucceededDetails?.Result?.Payload ?? []);
    assert.deepEqual(steps, [String(result)]);
    const ends = events.flatMap((event) => event.InvocationCompletedDetails ?? []);
    assert.deepEqual(
      ends.map((end) => end.Error?.Payload?.ErrorType),
      ['Runtime.ExitError', undefined],
    );
  });

  test('a large result, and more state than fits an invocation', async () => {
    await create(
      'large',
      `let bytes = 0;
     for (let n = 0; n < event.steps; n++) bytes += (await context.step(async () => 'x'.repeat(200_000))).length;
     await context.wait({ seconds: 1 });
     return bytes + ':' + 'y'.repeat(event.bytes);`,
    );
    const { arn, result } = await call(lambda, 'large', { steps: 30, bytes: 5_000_000 });
    assert.equal(result.length, '6000000:'.length + 5_000_000);
    const { Events = [], NextMarker } = await lambda.send(
      new GetDurableExecutionHistoryCommand({ DurableExecutionArn: arn }),
    );
    assert.ok(Events.length < 66 && NextMarker !== undefined, 'a page of history has its size too');
  });

  test('an input that fills an invocation is read by GetDurableExecutionState', async () => {
    await create('wordy', `await context.wait({ seconds: 1 }); return event.text.length;`);
    // each quote is two bytes of the payload, and four of the payload that carries it
    const { result } = await call(lambda, 'wordy', { text: '"'.repeat(3_000_000) });
    assert.equal(result, 3_000_000);
  });

  test('an execution whose function is gone fails when it is to go on', async () => {
    await create('gone', `await context.wait({ seconds: 2 });`);
    const arn = await start(lambda, 'gone');
    await eventually(async () => (await historyOf(lambda, arn)).some((event) => event.InvocationCompletedDetails));
    await lambda.send(new DeleteFunctionCommand({ FunctionName: 'gone' }));
    const { Status, Error: error } = await ended(lambda, arn);
    assert.deepEqual(
      [Status, error],
      [
        'FAILED',
        {
          ErrorType: 'ResourceNotFoundException',
          ErrorMessage: 'Function not found: arn:aws:lambda:us-east-1:000000000000:function:gone:$LATEST',
        },
      ],
    );
  });

  test('a function that never answers is invoked again, later each time, until the timeout', async () => {
    await createFunction(lambda, 'broken', 'exports.handler = async () => process.exit(1);', {
      ...DURABLE,
      DurableConfig: { ExecutionTimeout: 6 },
    });
    const { arn, error } = await call(lambda, 'broken');
    assert.equal(error, 'Unhandled');
    assert.equal((await ended(lambda, arn)).Status, 'TIMED_OUT');
    const ends = (await historyOf(lambda, arn)).flatMap((event) => event.InvocationCompletedDetails ?? []);
    assert.ok(ends.length >= 2, `${ends.length} invocations`);
    for (const [n, { StartTimestamp }] of ends.entries()) {
      const before = ends[n - 1]?.EndTimestamp?.getTime();
      if (before !== undefined) assert.ok(StartTimestamp!.getTime() - before >= 1000 * 2 ** (n - 1), `try ${n}`);
    }
    assert.ok(ends.every((details) => details.Error?.Payload?.ErrorType === 'Runtime.ExitError'));
  });
});
