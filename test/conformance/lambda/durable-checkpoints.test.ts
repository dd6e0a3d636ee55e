// The checkpoint protocol itself, without an SDK: a handler that sends the updates which its input lists.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CheckpointDurableExecutionCommand,
  GetDurableExecutionStateCommand,
  LambdaClient,
  SendDurableExecutionCallbackSuccessCommand,
  type OperationUpdate,
} from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { call, callbackOf, DURABLE, ended, historyOf, start } from './durable-fixture.ts';
import { createFunction } from './fixture.ts';

const SOURCE = `
  const { LambdaClient, CheckpointDurableExecutionCommand, GetDurableExecutionStateCommand } = require('@aws-sdk/client-lambda');
  const client = new LambdaClient({ maxAttempts: 1 });
  exports.handler = async (envelope) => {
    const { DurableExecutionArn } = envelope;
    const input = JSON.parse(envelope.InitialExecutionState.Operations[0].ExecutionDetails.InputPayload);
    if (envelope.InitialExecutionState.Operations.length > 1) return { Status: 'SUCCEEDED', Result: JSON.stringify({ envelope }) };
    const tokens = [envelope.CheckpointToken];
    const answers = [];
    for (const { updates: Updates, tokenOf, ClientToken, state, pause } of input.batches ?? []) {
      if (pause) await new Promise((resolve) => setTimeout(resolve, pause));
      const CheckpointToken = tokens.at(tokenOf ?? -1);
      try {
        if (state) {
          answers.push(await client.send(new GetDurableExecutionStateCommand({ DurableExecutionArn, CheckpointToken, ...state })));
          continue;
        }
        const answer = await client.send(new CheckpointDurableExecutionCommand({ DurableExecutionArn, CheckpointToken, Updates, ClientToken }));
        if (answer.CheckpointToken) tokens.push(answer.CheckpointToken);
        answers.push({ token: answer.CheckpointToken, operations: answer.NewExecutionState.Operations });
      } catch (error) {
        answers.push({ error: error.name + ': ' + error.message });
      }
    }
    if ('answer' in input) return input.answer;
    return { Status: 'SUCCEEDED', Result: JSON.stringify({ envelope, answers }) };
  };`;

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  await createFunction(lambda, 'script', SOURCE, { ...DURABLE, MemorySize: 256 });
});
after(() => server.stop());

type Batch = { updates?: OperationUpdate[]; tokenOf?: number; ClientToken?: string; state?: object; pause?: number };
const run = async (...batches: Batch[]): Promise<{ envelope: any; answers: any[]; arn: string }> => {
  const { result, arn } = await call(lambda, 'script', { batches });
  return { ...result, arn };
};
const refusal = async (...updates: OperationUpdate[][]): Promise<string> => {
  const { answers } = await run(...updates.map((each) => ({ updates: each })));
  return answers.at(-1).error;
};
const invalid = (message: string): string => `InvalidParameterValueException: ${message}`;

const step = (Id: string, Action: string, rest: Partial<OperationUpdate> = {}): OperationUpdate =>
  ({ Id, Type: 'STEP', SubType: 'Step', Action, ...rest }) as OperationUpdate;
const wait = (Id: string, WaitSeconds: number): OperationUpdate => ({
  Id,
  Type: 'WAIT',
  Action: 'START',
  WaitOptions: { WaitSeconds },
});

test('the envelope: the execution is the first operation, times are milliseconds', async () => {
  const { envelope, arn } = await run();
  const [name, id] = arn.split('/').slice(-2);
  const [execution] = envelope.InitialExecutionState.Operations;
  assert.ok(Number.isInteger(execution.StartTimestamp));
  assert.deepEqual(envelope, {
    DurableExecutionArn: arn,
    CheckpointToken: envelope.CheckpointToken,
    InitialExecutionState: {
      Operations: [
        {
          Id: id,
          Name: name,
          Type: 'EXECUTION',
          StartTimestamp: execution.StartTimestamp,
          Status: 'STARTED',
          ExecutionDetails: { InputPayload: '{"batches":[]}' },
        },
      ],
      NextMarker: '',
    },
    UpdatedOperationIds: [],
  });
  assert.match(envelope.CheckpointToken, /^[A-Za-z0-9+/]+={0,2}$/);
});

test('a checkpoint answers what changed, as it now stands', async () => {
  const { answers } = await run(
    { updates: [step('a', 'START', { Name: 'A' }), step('a', 'SUCCEED', { Name: 'A', Payload: '1' })] },
    { updates: [step('b', 'START')] },
    { updates: [step('b', 'RETRY', { Error: { ErrorMessage: 'm' }, StepOptions: { NextAttemptDelaySeconds: 60 } })] },
    { updates: [wait('w', 60)] },
    { updates: [{ Id: 'w', Type: 'WAIT', Action: 'CANCEL' }] },
  );
  const [[done], [started], [pending], [waiting], [cancelled]] = answers.map((answer) => answer.operations);
  assert.deepEqual(done, {
    Id: 'a',
    Name: 'A',
    Type: 'STEP',
    SubType: 'Step',
    StartTimestamp: done.StartTimestamp,
    EndTimestamp: done.EndTimestamp,
    Status: 'SUCCEEDED',
    StepDetails: { Attempt: 1, Result: '1' },
  });
  assert.deepEqual([started.Status, started.StepDetails], ['STARTED', { Attempt: 0 }]);
  const { NextAttemptTimestamp, ...retry } = pending.StepDetails;
  assert.deepEqual([pending.Status, retry], ['PENDING', { Attempt: 1, Error: { ErrorMessage: 'm' } }]);
  assert.ok(Date.parse(NextAttemptTimestamp) > Date.parse(pending.StartTimestamp));
  assert.equal(Date.parse(waiting.WaitDetails.ScheduledEndTimestamp) - Date.parse(waiting.StartTimestamp), 60_000);
  assert.equal(cancelled.Status, 'CANCELLED');
});

test('what time has moved on is in the next answer', async () => {
  const { answers } = await run({ updates: [wait('w', 1)] }, { pause: 1100, updates: [] });
  assert.deepEqual(
    answers[1].operations.map(({ Id, Status }: any) => [Id, Status]),
    [['w', 'SUCCEEDED']],
  );
});

test('a token counts once, and a repeated request of the same client is answered the same', async () => {
  const { answers } = await run(
    { updates: [step('a', 'START')], ClientToken: 'once' },
    { updates: [step('a', 'START')], ClientToken: 'once', tokenOf: 0 },
    { updates: [step('b', 'START')], ClientToken: 'other', tokenOf: 0 },
    { updates: [step('b', 'START')] },
  );
  assert.deepEqual(answers[1], answers[0]);
  assert.equal(answers[2].error, invalid('Invalid checkpoint token'));
  assert.equal(answers[3].operations[0].Id, 'b');
});

test('nobody checkpoints from outside, or after the end', async () => {
  const { envelope, arn } = await run();
  const given = { DurableExecutionArn: arn, CheckpointToken: envelope.CheckpointToken };
  const refused = { name: 'InvalidParameterValueException', message: 'Invalid checkpoint token' };
  await assert.rejects(lambda.send(new CheckpointDurableExecutionCommand({ ...given, Updates: [] })), refused);
  await assert.rejects(lambda.send(new GetDurableExecutionStateCommand(given)), refused);
});

test('updates that do not fit are refused', async () => {
  const cases: [OperationUpdate[][], string][] = [
    [[[step('a', 'CANCEL')]], 'Invalid action for the given operation type.'],
    [[[{ Id: 'w', Type: 'WAIT', Action: 'SUCCEED' }]], 'Invalid action for the given operation type.'],
    [[[step('a', 'START')], [step('a', 'START')]], 'Invalid current STEP state to start.'],
    [[[step('a', 'SUCCEED')], [step('a', 'SUCCEED')]], 'Invalid current STEP state to close.'],
    [
      [[step('a', 'SUCCEED')], [step('a', 'RETRY', { StepOptions: { NextAttemptDelaySeconds: 1 } })]],
      'Invalid current STEP state to re-attempt.',
    ],
    [[[step('a', 'RETRY')]], 'Invalid StepOptions for the given action.'],
    [[[step('a', 'FAIL', { Payload: 'p' })]], 'Cannot provide a Payload for FAIL action.'],
    [[[step('a', 'SUCCEED', { Error: { ErrorMessage: 'e' } })]], 'Cannot provide an Error for SUCCEED action.'],
    [[[wait('w', 9)], [wait('w', 9)]], 'Cannot start a WAIT that already exist.'],
    [
      [[{ Id: 'w', Type: 'WAIT', Action: 'CANCEL' }]],
      'Cannot cancel a WAIT that does not exist or has already completed.',
    ],
    [[[step('a', 'START', { ParentId: 'p' })]], 'Invalid parent operation id.'],
    [[[step('p', 'START'), step('a', 'START', { ParentId: 'p' })]], 'Invalid parent operation id.'],
    [[[wait('w', 9), wait('w', 9)]], 'Cannot checkpoint multiple operations with the same ID.'],
    [[[step('a', 'START')], [{ Id: 'a', Type: 'CONTEXT', Action: 'START' }]], 'Inconsistent operation type.'],
    [[[step('a', 'START')], [step('a', 'SUCCEED', { Name: 'else' })]], 'Inconsistent operation name.'],
    [[[step('a', 'START')], [step('a', 'SUCCEED', { SubType: 'else' })]], 'Inconsistent operation subtype.'],
    [
      [[{ Id: 'e', Type: 'EXECUTION', Action: 'SUCCEED' }, step('a', 'START')]],
      'EXECUTION checkpoint must be the last update.',
    ],
    [
      [[{ Id: 'c', Type: 'CHAINED_INVOKE', Action: 'START' }]],
      'Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.',
    ],
    [
      [[step('a', 'SUCCEED', { Payload: 'x'.repeat(1024 * 1024 + 1) })]],
      'STEP output payload size must be less than or equal to 1048576 bytes.',
    ],
  ];
  for (const [batches, message] of cases) assert.equal(await refusal(...batches), invalid(message));
  assert.match(await refusal([step('a', 'NOTHING')]), /^ValidationException: 1 validation error detected: .*Action/i);
});

test('the state is read in pages, without what lies in a finished context', async () => {
  const context = (Id: string, Action: 'START' | 'SUCCEED', rest: Partial<OperationUpdate> = {}): OperationUpdate => ({
    Id,
    Type: 'CONTEXT',
    Action,
    ...rest,
  });
  const { answers } = await run(
    {
      updates: [
        context('closed', 'START'),
        step('hidden', 'SUCCEED', { ParentId: 'closed' }),
        context('open', 'START'),
        step('shown', 'SUCCEED', { ParentId: 'open' }),
        context('replayed', 'START'),
        step('kept', 'SUCCEED', { ParentId: 'replayed' }),
      ],
    },
    { updates: [context('closed', 'SUCCEED', { Payload: '"c"' })] },
    { updates: [context('replayed', 'SUCCEED', { ContextOptions: { ReplayChildren: true } })] },
    { state: { MaxItems: 2 } },
    { state: { MaxItems: 0 } },
  );
  const [first, all] = answers.slice(-2);
  assert.deepEqual(
    first.Operations.map((operation: any) => operation.Type),
    ['EXECUTION', 'CONTEXT'],
  );
  assert.equal(typeof first.NextMarker, 'string');
  assert.deepEqual(
    all.Operations.slice(1).map((operation: any) => operation.Id),
    ['closed', 'open', 'shown', 'replayed', 'kept'],
  );
  assert.deepEqual(all.Operations[1].ContextDetails, { ReplayChildren: false, Result: '"c"' });
  assert.equal(all.NextMarker, undefined);
});

test('an EXECUTION update ends the execution; what the handler answers then is nothing', async () => {
  const updates: OperationUpdate[] = [{ Id: 'end', Type: 'EXECUTION', Action: 'SUCCEED', Payload: '"early"' }];
  const { arn, result } = await call(lambda, 'script', { batches: [{ updates }], answer: { Status: 'FAILED' } });
  assert.equal(result, 'early');
  const { Status, Result } = await ended(lambda, arn);
  assert.deepEqual([Status, Result], ['SUCCEEDED', '"early"']);
});

test('answers of a handler that mean nothing fail the execution', async () => {
  const cases: [unknown, string][] = [
    ['text', 'Invalid Status in invocation output.'],
    [{ Status: 'DONE' }, 'Invalid Status in invocation output.'],
    [{ Status: 'SUCCEEDED', Error: { ErrorMessage: 'e' } }, 'Cannot provide an Error for SUCCEEDED status.'],
    [{ Status: 'FAILED', Result: 'r' }, 'Cannot provide a Result for FAILED status.'],
    [{ Status: 'PENDING' }, 'Cannot return PENDING status with no pending operations.'],
  ];
  for (const [answer, message] of cases) {
    const { error, result } = await call(lambda, 'script', { answer });
    assert.deepEqual(
      [error, result],
      ['Unhandled', { errorType: 'InvalidParameterValueException', errorMessage: message }],
    );
  }
});

test('an answer without a result, a failure without an error', async () => {
  const none = await call(lambda, 'script', { answer: { Status: 'SUCCEEDED' } });
  assert.deepEqual([none.error, none.result], [undefined, null]);
  const failed = await call(lambda, 'script', { answer: { Status: 'FAILED' } });
  assert.deepEqual([failed.error, failed.result], ['Unhandled', {}]);
  const last = (await historyOf(lambda, failed.arn)).at(-1);
  assert.deepEqual(last?.ExecutionFailedDetails, { Error: { Truncated: false } });
});

test('an execution has 3,000 operations, itself and retries among them', async () => {
  const contexts = (from: number, count: number): OperationUpdate[] =>
    Array.from({ length: count }, (_, n) => ({ Id: `c${from + n}`, Type: 'CONTEXT', Action: 'START' }));
  const { answers } = await run(
    { updates: contexts(0, 1500) },
    { updates: contexts(1500, 1498) },
    { updates: [step('a', 'START'), step('b', 'START')] },
    { updates: [step('a', 'START')] },
    { updates: [step('a', 'RETRY', { StepOptions: { NextAttemptDelaySeconds: 1 } })] },
  );
  const limit = invalid('Durable execution exceeds the limit of 3000 operations.');
  assert.deepEqual(
    answers.map((answer) => answer.error ?? answer.operations.length),
    [1500, 1498, limit, 1, limit],
  );
});

test('what changes while the handler runs, and it is not told, has it invoked again', async () => {
  const updates: OperationUpdate[] = [{ Id: 'c', Type: 'CALLBACK', Action: 'START', CallbackOptions: {} }];
  const input = { batches: [{ updates }, { state: {}, pause: 700 }], answer: { Status: 'PENDING' } };
  const arn = await start(lambda, 'script', input);
  const CallbackId = await callbackOf(lambda, arn);
  await lambda.send(new SendDurableExecutionCallbackSuccessCommand({ CallbackId, Result: Buffer.from('r') }));
  const types = (await historyOf(lambda, arn)).map(({ EventType }) => EventType);
  assert.deepEqual(types, ['ExecutionStarted', 'CallbackStarted', 'CallbackSucceeded'], 'the handler still runs');
  const { Result = '' } = await ended(lambda, arn);
  const { envelope } = JSON.parse(Result) as { envelope: any };
  assert.deepEqual(envelope.UpdatedOperationIds, ['c']);
  const [, callback] = envelope.InitialExecutionState.Operations;
  assert.deepEqual([callback.Status, callback.CallbackDetails], ['SUCCEEDED', { CallbackId, Result: 'r' }]);
});
