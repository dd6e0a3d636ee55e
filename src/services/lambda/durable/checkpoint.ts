// CheckpointDurableExecution: what the handler has done is written down, and it hears what happened beside it.
import type { CheckpointDurableExecutionResponse } from '@aws-sdk/client-lambda';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter } from '../errors.ts';
import type { Snapshots } from '../snapshots.ts';
import { findTarget } from './chained.ts';
import { changeExecution, type Change } from './change.ts';
import { moveDue } from './due.ts';
import { checkpointToken, parseCheckpointToken, parseExecutionArn } from './names.ts';
import { describeOperation } from './operations.ts';
import { checkToken } from './state.ts';
import { findExecution, findOperation, type ExecutionRecord, type OperationRecord } from './store.ts';
import { applyUpdate, prepareUpdate, type Prepared } from './updates.ts';
import { checkUpdates } from './validation.ts';

/** "Lambda uses this token to detect and handle duplicate requests within a 15-minute window" (API reference) */
const CLIENT_TOKEN_MS = 15 * 60_000;

export const createCheckpoint =
  (snapshotsOf: (platform: Platform) => Snapshots): Operation<'lambda', 'CheckpointDurableExecution'> =>
  async (input, context) => {
    const { platform } = context;
    const { id, accountId, region } = parseExecutionArn(input.DurableExecutionArn ?? '');
    const at = { accountId, region };
    const token = input.CheckpointToken ?? '';
    const execution = await findExecution(platform.store, at, id);
    if (!execution) throw invalidParameter('Invalid checkpoint token');
    const repeated = await repeatedAnswer(platform, execution, token, input.ClientToken);
    if (repeated) return repeated;
    checkToken(execution, token);
    const updates = input.Updates ?? [];
    const prepared: Prepared[] = [];
    for (const update of updates) {
      const snapshots = snapshotsOf(platform);
      prepared.push(
        await prepareUpdate(platform, update, (options) => findTarget(platform, snapshots, execution, options)),
      );
    }
    const done = await changeExecution(platform, at, id, async (change) => {
      checkToken(change.execution, token);
      await checkUpdates(change, updates);
      for (const each of prepared) await applyUpdate(change, each);
      await moveDue(change);
      const operations = await told(change, prepared, input.ClientToken);
      return { execution: change.execution, operations };
    });
    if (!done) throw invalidParameter('Invalid checkpoint token');
    return answer(platform, done.execution, done.operations);
  };

/** What the handler has not seen yet: its own updates as they were taken, and what changed beside it. */
async function told(change: Change, prepared: readonly Prepared[], clientToken?: string): Promise<OperationRecord[]> {
  const { execution, now } = change;
  const ids = new Set([...prepared.map(({ update }) => update.Id ?? ''), ...execution.changed]);
  execution.changed = [];
  const found: OperationRecord[] = [];
  for (const id of ids) {
    const operation = await change.operation(id);
    if (operation) found.push(operation);
  }
  if (clientToken === undefined) delete execution.lastCheckpoint;
  else {
    const operations = found.map((operation) => operation.id);
    execution.lastCheckpoint = { clientToken, sequence: execution.sequence, atMs: now, operations };
  }
  execution.sequence++;
  return found.toSorted((a, b) => a.order - b.order);
}

async function answer(
  platform: Platform,
  execution: ExecutionRecord,
  operations: readonly OperationRecord[],
): Promise<CheckpointDurableExecutionResponse> {
  const Operations = [];
  for (const operation of operations) Operations.push(await describeOperation(platform, execution, operation));
  return {
    // none for a checkpoint that ended the execution
    ...(execution.status === 'RUNNING' && { CheckpointToken: checkpointToken(execution) }),
    NewExecutionState: { Operations },
  };
}

/** The last checkpoint, sent once more by a client that did not hear its answer. */
async function repeatedAnswer(
  platform: Platform,
  execution: ExecutionRecord,
  token: string,
  clientToken: string | undefined,
): Promise<CheckpointDurableExecutionResponse | undefined> {
  const { lastCheckpoint: last, at, id } = execution;
  const given = parseCheckpointToken(token);
  const isRepeated =
    last !== undefined &&
    last.clientToken === clientToken &&
    last.sequence === given.sequence &&
    given.execution === id &&
    (execution.status !== 'RUNNING' || given.invocation === execution.invocation?.id) &&
    platform.clock.now() - last.atMs <= CLIENT_TOKEN_MS;
  if (!isRepeated) return undefined;
  const operations: OperationRecord[] = [];
  for (const operationId of last.operations) {
    const operation = await findOperation(platform.store, at, id, operationId);
    if (operation) operations.push(operation);
  }
  return answer(platform, execution, operations);
}
