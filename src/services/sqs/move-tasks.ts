// Dead-letter queue redrive: messages go back to where they came from, as work that survives restarts.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import { Postpone, type WorkItem, type WorkKind } from '#kernel/work.ts';
import { invalidParameter, invalidValue, resourceNotFound, unsupported } from './errors.ts';
import { moveMessage } from './move.ts';
import { parseQueueArn } from './names.ts';
import { queueCache } from './queue-cache.ts';
import { hasSourceQueues } from './queues.ts';
import type { Queue } from './records.ts';
import { findMoveTask, listDue, listMoveTasks, messageKey, putMoveTask, type MoveTask } from './store.ts';
import type { Message } from './records.ts';
import { countMessages } from './counts.ts';

export const moveWork = 'sqs:move';
const RATE_MAX = 500;
const TASKS_LISTED_MAX = 10;

interface Handle {
  taskId: string;
  sourceArn: string;
}
const formatHandle = (handle: Handle): string => Buffer.from(JSON.stringify(handle)).toString('base64');

function parseHandle(text: string): Handle {
  try {
    const { taskId, sourceArn } = JSON.parse(Buffer.from(text, 'base64').toString()) as Partial<Handle>;
    if (typeof taskId === 'string' && typeof sourceArn === 'string') return { taskId, sourceArn };
  } catch {
    // answered below
  }
  throw invalidValue(text, 'TaskHandle', 'Invalid task handle.');
}
export const taskArn = (handle: string): string => parseHandle(handle).sourceArn;

async function requireByArn(platform: Platform, arn: string, parameter: string): Promise<Queue> {
  const ref = parseQueueArn(arn);
  const queue = ref && (await queueCache(platform).find(ref));
  if (!queue) throw resourceNotFound(`The resource that you specified for the ${parameter} parameter doesn't exist.`);
  return queue;
}

export const startMessageMoveTask: Operation<'sqs', 'StartMessageMoveTask'> = async (input, context) => {
  const { SourceArn, DestinationArn, MaxNumberOfMessagesPerSecond: rate } = input;
  if (rate !== undefined && (rate < 1 || rate > RATE_MAX)) {
    throw invalidValue(rate, 'MaxNumberOfMessagesPerSecond', `Must be between 1 and ${RATE_MAX}, if provided.`);
  }
  const source = await requireByArn(context.platform, SourceArn, 'SourceArn');
  if (!(await hasSourceQueues(context, SourceArn))) {
    throw invalidParameter('Source queue must be configured as a Dead Letter Queue.');
  }
  const destination = DestinationArn && (await requireByArn(context.platform, DestinationArn, 'DestinationArn'));
  if (destination && destination.isFifo !== source.isFifo) {
    throw invalidParameter('Source and destination queue must be of the same type.');
  }
  const counts = await countMessages(context.store, source, context.clock.now());
  const task: MoveTask = {
    id: context.ids.uuid(),
    sourceArn: SourceArn,
    ...(DestinationArn !== undefined && { destinationArn: DestinationArn }),
    ...(rate !== undefined && { rate }),
    status: 'RUNNING',
    moved: 0,
    toMove: counts.visible + counts.inFlight + counts.delayed,
    startedAt: context.clock.now(),
  };
  await context.store.transact(async (tx) => {
    const tasks = await listMoveTasks(tx, source, SourceArn);
    if (tasks.some(({ status }) => status === 'RUNNING' || status === 'CANCELLING')) {
      throw unsupported(
        'There is already a task running. Only one active task is allowed for a source queue arn at a given time.',
      );
    }
    putMoveTask(tx, source, task);
    context.platform.work.enqueue(tx, moveWork, { sourceArn: SourceArn, id: task.id });
  });
  return { TaskHandle: formatHandle({ taskId: task.id, sourceArn: SourceArn }) };
};

export const listMessageMoveTasks: Operation<'sqs', 'ListMessageMoveTasks'> = async (input, context) => {
  const { SourceArn, MaxResults = 1 } = input;
  if (MaxResults < 1 || MaxResults > TASKS_LISTED_MAX) {
    throw invalidValue(MaxResults, 'MaxResults', `Must be between 1 and ${TASKS_LISTED_MAX}, if provided.`);
  }
  const source = await requireByArn(context.platform, SourceArn, 'SourceArn');
  const tasks = await listMoveTasks(context.store, source, SourceArn);
  const newest = tasks.sort((a, b) => b.startedAt - a.startedAt).slice(0, MaxResults);
  return newest.length > 0 ? { Results: newest.map(describe) } : {};
};

const describe = (task: MoveTask): object => ({
  // only a running task can be cancelled
  ...(task.status === 'RUNNING' && { TaskHandle: formatHandle({ taskId: task.id, sourceArn: task.sourceArn }) }),
  Status: task.status,
  SourceArn: task.sourceArn,
  ...(task.destinationArn !== undefined && { DestinationArn: task.destinationArn }),
  ...(task.rate !== undefined && { MaxNumberOfMessagesPerSecond: task.rate }),
  ApproximateNumberOfMessagesMoved: task.moved,
  ApproximateNumberOfMessagesToMove: task.toMove,
  ...(task.failure !== undefined && { FailureReason: task.failure }),
  StartedTimestamp: task.startedAt,
});

export const cancelMessageMoveTask: Operation<'sqs', 'CancelMessageMoveTask'> = async ({ TaskHandle }, context) => {
  const { taskId, sourceArn } = parseHandle(TaskHandle);
  const source = await requireByArn(context.platform, sourceArn, 'SourceArn');
  const moved = await changeTask(context, source, sourceArn, taskId, (task) => {
    if (task.status !== 'RUNNING') throw unsupported('Only active tasks can be cancelled.');
    return { ...task, status: 'CANCELLING' };
  });
  return { ApproximateNumberOfMessagesMoved: moved.moved };
};

function changeTask(
  { store }: Pick<Context, 'store'>,
  source: Queue,
  arn: string,
  id: string,
  change: (task: MoveTask) => MoveTask,
): Promise<MoveTask> {
  return store.transact(async (tx) => {
    const task = await findMoveTask(tx, source, arn, id);
    if (!task) throw resourceNotFound('Task does not exist.');
    const after = change(task);
    putMoveTask(tx, source, after);
    return after;
  });
}

/** A second's worth, then again a second later, until nothing is left. */
const STEP_MS = 1000;

async function run(item: WorkItem<{ sourceArn: string; id: string }>, platform: Platform): Promise<void | Postpone> {
  const { sourceArn, id } = item.payload;
  const ref = parseQueueArn(sourceArn);
  const source = ref && (await queueCache(platform).find(ref));
  if (!source) return;
  const task = await findMoveTask(platform.store, source, sourceArn, id);
  if (!task) return;
  if (task.status === 'CANCELLING') {
    await changeTask(platform, source, sourceArn, id, (each) => ({ ...each, status: 'CANCELLED' }));
    return;
  }
  const now = platform.clock.now();
  const due = await listDue(platform.store, source, { toMs: now + 1 }, task.rate ?? RATE_MAX);
  let moved = 0;
  let failure: string | undefined;
  for (const { seq } of due) {
    const message = (await platform.store.get<Message>(messageKey(source, seq)))?.value;
    const target = parseQueueArn(task.destinationArn ?? message?.deadLetterSource ?? '');
    const queue = target && (await queueCache(platform).find(target));
    if (message && !queue)
      failure = target ? 'AWS.SimpleQueueService.NonExistentQueue' : 'CouldNotDetermineMessageSource';
    if (!message || !queue) continue;
    if (await moveMessage(platform, source, queue, seq, message, true)) moved++;
  }
  const isDone = failure !== undefined || due.length === 0;
  await changeTask(platform, source, sourceArn, id, (each) => ({
    ...each,
    moved: each.moved + moved,
    ...(isDone && each.status === 'RUNNING' && { status: failure === undefined ? 'COMPLETED' : 'FAILED' }),
    ...(failure !== undefined && { failure }),
  }));
  return isDone ? undefined : new Postpone(task.rate === undefined ? platform.clock.now() : now + STEP_MS);
}

export const moveWorkKind: WorkKind<{ sourceArn: string; id: string }> = {
  run,
  retry: { attempts: 10, backoffMs: (failures) => Math.min(1000 * 2 ** failures, 60_000) },
};
