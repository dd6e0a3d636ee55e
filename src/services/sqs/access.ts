// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
import type { Context } from '#kernel/context.ts';
import type { Authorization, Authorize } from '#kernel/service.ts';
import { resourceNotFound } from './errors.ts';
import { parseQueueArn, parseQueueUrl, queueArn, type QueueRef } from './names.ts';
import { queueCache } from './queue-cache.ts';
import { refOf } from './queues.ts';
import { placeOf } from './records.ts';
import { taskArn } from './move-tasks.ts';

async function onRef(ref: QueueRef, action: string, context: Context): Promise<Authorization[]> {
  const found = queueCache(context.platform).find(ref);
  const queue = found instanceof Promise ? await found : found;
  const resourcePolicy = queue?.attributes['Policy'];
  return [
    {
      action: `sqs:${action}`,
      resource: queueArn(ref),
      resourceAccountId: ref.accountId,
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
  ];
}

/** On the queue of the URL, with the queue's own policy. Batches are authorized as what they repeat. */
export const onQueue =
  (action: string): Authorize =>
  (input: { QueueUrl: string }, context) =>
    onRef(parseQueueUrl(input.QueueUrl, placeOf(context)), action, context);

export const onQueueName =
  (action: string): Authorize =>
  (input: { QueueName: string; QueueOwnerAWSAccountId?: string }, context) =>
    onRef(refOf(input, context), action, context);

export const onSourceArn =
  (action: string): Authorize =>
  (input: { SourceArn: string }, context) => {
    const ref = parseQueueArn(input.SourceArn);
    if (!ref) throw resourceNotFound("The resource that you specified for the SourceArn parameter doesn't exist.");
    return onRef(ref, action, context);
  };

export const onTask: Authorize = (input: { TaskHandle: string }, context) =>
  onSourceArn('CancelMessageMoveTask')({ SourceArn: taskArn(input.TaskHandle) }, context);
