// AddPermission writes statements into the queue's policy, as AWS does.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_AddPermission.html
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter, invalidValue, missingParameter, overLimit, queueDoesNotExist } from './errors.ts';
import { queueArn } from './names.ts';
import { queueCache, requireQueue } from './queue-cache.ts';
import type { Queue } from './records.ts';
import { findQueue, putQueue } from './store.ts';

const ACTIONS = new Set([
  '*',
  'SendMessage',
  'ReceiveMessage',
  'DeleteMessage',
  'ChangeMessageVisibility',
  'GetQueueAttributes',
  'GetQueueUrl',
  'ListDeadLetterSourceQueues',
  'PurgeQueue',
]);
const ACTIONS_MAX = 7;
const LABEL = /^[A-Za-z0-9_-]{1,80}$/;

interface Policy {
  Version: string;
  Id?: string;
  Statement: { Sid?: string }[];
}

async function changePolicy(
  context: Context,
  url: string,
  change: (policy: Policy, queue: Queue) => Policy,
): Promise<void> {
  const queue = await requireQueue(context, url);
  await context.store.transact(async (tx) => {
    const current = await findQueue(tx, queue, queue.name);
    if (!current) throw queueDoesNotExist();
    const text = current.attributes['Policy'];
    const before = text
      ? (JSON.parse(text) as Policy)
      : { Version: '2008-10-17', Id: `${queueArn(queue)}/SQSDefaultPolicy`, Statement: [] };
    const after = change({ ...before, Statement: [before.Statement].flat() }, current);
    const { Policy: _before, ...attributes } = current.attributes;
    if (after.Statement.length > 0) attributes['Policy'] = JSON.stringify(after);
    putQueue(tx, { ...current, attributes, modifiedAt: Math.floor(context.clock.now() / 1000) });
  });
  queueCache(context.platform).forget(queue);
}

export const addPermission: Operation<'sqs', 'AddPermission'> = async (input, context) => {
  const { Label, AWSAccountIds, Actions } = input;
  if (!LABEL.test(Label)) {
    throw invalidValue(
      Label,
      'Label',
      'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length.',
    );
  }
  if (AWSAccountIds.length === 0) throw missingParameter('AWSAccountIds');
  if (Actions.length === 0) throw missingParameter('Actions');
  if (Actions.length > ACTIONS_MAX) throw overLimitOf(Actions.length);
  for (const action of Actions) {
    if (!ACTIONS.has(action)) {
      throw invalidValue(`SQS:${action}`, 'ActionName', 'Only the queue owner is allowed to invoke this action.');
    }
  }
  for (const id of AWSAccountIds) {
    if (!/^\d{12}$/.test(id)) throw invalidValue(`[${AWSAccountIds.join(', ')}]`, 'PrincipalId', 'Unable to verify.');
  }
  await changePolicy(context, input.QueueUrl, (policy, queue) => {
    if (policy.Statement.some(({ Sid }) => Sid === Label)) {
      throw invalidValue(Label, 'Label', 'Already exists.');
    }
    const statement = {
      Sid: Label,
      Effect: 'Allow',
      Principal: { AWS: oneOrAll(AWSAccountIds.map((id) => `arn:aws:iam::${id}:root`)) },
      Action: oneOrAll(Actions.map((action) => `SQS:${action}`)),
      Resource: queueArn(queue),
    };
    return { ...policy, Statement: [...policy.Statement, statement] };
  });
  return {};
};

const oneOrAll = (values: string[]): string | string[] => (values.length === 1 ? (values[0] ?? '') : values);

const overLimitOf = (count: number): Error =>
  Object.assign(overLimit(), { message: `${count} Actions were found, maximum allowed is ${ACTIONS_MAX}.` });

export const removePermission: Operation<'sqs', 'RemovePermission'> = async ({ QueueUrl, Label }, context) => {
  await changePolicy(context, QueueUrl, (policy) => {
    const Statement = policy.Statement.filter(({ Sid }) => Sid !== Label);
    if (Statement.length === policy.Statement.length) {
      throw invalidParameter(
        `Value ${Label} for parameter Label is invalid. Reason: can't find label on existing policy.`,
      );
    }
    return { ...policy, Statement };
  });
  return {};
};
