// kill -9 while durable executions run and wait: they go on where their checkpoints end, and what a checkpoint holds is not
// run again. EXECUTIONS=200 KILLS=10 for the long run.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import {
  CreateFunctionCommand,
  GetDurableExecutionCommand,
  GetDurableExecutionHistoryCommand,
  InvokeCommand,
  LambdaClient,
  type Event,
} from '@aws-sdk/client-lambda';
import { handler } from '../conformance/lambda/durable-fixture.ts';
import { zip } from '../conformance/lambda/fixture.ts';
import { eventually } from '../eventually.ts';
import { startProgram, type Program } from './program.ts';

const EXECUTIONS = Number(process.env['EXECUTIONS'] ?? 6);
const KILLS = Number(process.env['KILLS'] ?? 3);
const STEPS = 3;
/** between two checkpoints, while a step runs; during a wait; while a chained invoke waits */
const MOMENTS = [
  ['StepStarted', 1],
  ['WaitStarted', 2],
  ['ChainedInvokeStarted', 1],
] as const;

const dataDir = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-durable-'));
let program: Program | undefined;
after(async () => {
  await program?.kill();
  rmSync(dataDir, { recursive: true, force: true });
});

// A step's result tells who made it and when: the handler's answer has the same ones only if none was made again.
const SOURCE = handler(`
  const results = [];
  for (let n = 0; n < ${STEPS}; n++) {
    results.push(await context.step('step-' + n, async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      return process.hrtime.bigint().toString();
    }));
    await context.wait('wait-' + n, { seconds: 1 });
  }
  return { results, child: await context.invoke('child', 'child:$LATEST', 7) };`);
const CHILD = handler('await context.wait({ seconds: 1 }); return event * 6;');

const client = (): LambdaClient => new LambdaClient(program!.sdk);

async function historyOf(DurableExecutionArn: string): Promise<Event[]> {
  const { Events = [] } = await client().send(
    new GetDurableExecutionHistoryCommand({ DurableExecutionArn, MaxItems: 1000 }),
  );
  return Events;
}
const count = (events: readonly Event[], type: string): number =>
  events.filter(({ EventType }) => EventType === type).length;

async function createDurable(FunctionName: string, source: string): Promise<void> {
  await client().send(
    new CreateFunctionCommand({
      FunctionName,
      Role: 'arn:aws:iam::000000000000:role/durable',
      Runtime: 'nodejs24.x',
      Handler: 'index.handler',
      Timeout: 60,
      Code: { ZipFile: await zip({ 'index.js': source }) },
      DurableConfig: { ExecutionTimeout: 300 },
    }),
  );
}

test(`${EXECUTIONS} executions survive ${KILLS} kills`, { timeout: 120_000 + KILLS * 40_000 }, async () => {
  program = await startProgram(dataDir);
  await createDurable('durable', SOURCE);
  await createDurable('child', CHILD);
  const arns: string[] = [];
  for (let n = 0; n < EXECUTIONS; n++) {
    const started = await client().send(
      new InvokeCommand({ FunctionName: 'durable:$LATEST', InvocationType: 'Event', DurableExecutionName: `n-${n}` }),
    );
    arns.push(started.DurableExecutionArn ?? '');
  }
  const first = arns[0] ?? '';
  const before = new Map<string, Event[]>();
  for (let kill = 0; kill < KILLS; kill++) {
    const [type, seen] = MOMENTS[kill % MOMENTS.length] ?? ['StepStarted', 1];
    await eventually(async () => count(await historyOf(first), type) >= seen, 60_000);
    for (const arn of arns) before.set(arn, await historyOf(arn));
    await program.kill();
    program = await startProgram(dataDir);
  }
  for (const arn of arns) {
    const execution = await eventually(async () => {
      const answer = await client().send(new GetDurableExecutionCommand({ DurableExecutionArn: arn }));
      return answer.Status === 'RUNNING' ? undefined : answer;
    }, 90_000);
    assert.equal(execution.Status, 'SUCCEEDED');
    const events = await historyOf(arn);
    const known = before.get(arn) ?? [];
    assert.deepEqual(events.slice(0, known.length), known, 'the history that was told before a kill stands');
    const results = events.flatMap((event) => event.StepSucceededDetails?.Result?.Payload ?? []);
    assert.equal(results.length, STEPS, 'each step succeeded once');
    const returned = { results: results.map((text) => JSON.parse(text) as string), child: 42 };
    assert.deepEqual(JSON.parse(execution.Result ?? ''), returned);
    assert.equal(count(events, 'WaitSucceeded'), STEPS);
    assert.equal(count(events, 'ExecutionSucceeded'), 1);
  }
});
