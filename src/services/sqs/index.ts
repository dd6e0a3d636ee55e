import type { Platform } from '#kernel/platform.ts';
import { defineService } from '#kernel/service.ts';
import { onQueue, onQueueName, onSourceArn, onTask } from './access.ts';
import * as moveTasks from './move-tasks.ts';
import * as permissions from './permissions.ts';
import * as queueAttributes from './queue-attributes.ts';
import { queueCache } from './queue-cache.ts';
import * as queues from './queues.ts';
import { receiveMessage } from './receive.ts';
import { receiversOf } from './receivers.ts';
import * as removal from './removal.ts';
import * as send from './send.ts';
import * as tags from './tags.ts';
import { clear, clearWork, startUpkeep } from './upkeep.ts';

function start(platform: Platform): () => Promise<void> {
  const stopUpkeep = startUpkeep(platform);
  return async () => {
    receiversOf(platform).stop();
    queueCache(platform).stop();
    await stopUpkeep();
  };
}

export const sqs = defineService({
  id: 'sqs',
  operations: {
    AddPermission: permissions.addPermission,
    CancelMessageMoveTask: moveTasks.cancelMessageMoveTask,
    ChangeMessageVisibility: removal.changeMessageVisibility,
    ChangeMessageVisibilityBatch: removal.changeMessageVisibilityBatch,
    CreateQueue: queues.createQueue,
    DeleteMessage: removal.deleteMessage,
    DeleteMessageBatch: removal.deleteMessageBatch,
    DeleteQueue: queues.deleteQueue,
    GetQueueAttributes: queueAttributes.getQueueAttributes,
    GetQueueUrl: queues.getQueueUrl,
    ListDeadLetterSourceQueues: queues.listDeadLetterSourceQueues,
    ListMessageMoveTasks: moveTasks.listMessageMoveTasks,
    ListQueueTags: tags.listQueueTags,
    ListQueues: queues.listQueues,
    PurgeQueue: queues.purgeQueue,
    ReceiveMessage: receiveMessage,
    RemovePermission: permissions.removePermission,
    SendMessage: send.sendMessage,
    SendMessageBatch: send.sendMessageBatch,
    SetQueueAttributes: queueAttributes.setQueueAttributes,
    StartMessageMoveTask: moveTasks.startMessageMoveTask,
    TagQueue: tags.tagQueue,
    UntagQueue: tags.untagQueue,
  },
  // a queue's policy may let everyone in (docs: sqs-basic-examples-of-sqs-policies)
  anonymous: [
    'ChangeMessageVisibility',
    'ChangeMessageVisibilityBatch',
    'DeleteMessage',
    'DeleteMessageBatch',
    'GetQueueAttributes',
    'GetQueueUrl',
    'ReceiveMessage',
    'SendMessage',
    'SendMessageBatch',
  ],
  authorize: {
    AddPermission: onQueue('AddPermission'),
    CancelMessageMoveTask: onTask,
    ChangeMessageVisibility: onQueue('ChangeMessageVisibility'),
    ChangeMessageVisibilityBatch: onQueue('ChangeMessageVisibility'),
    CreateQueue: onQueueName('CreateQueue'),
    DeleteMessage: onQueue('DeleteMessage'),
    DeleteMessageBatch: onQueue('DeleteMessage'),
    DeleteQueue: onQueue('DeleteQueue'),
    GetQueueAttributes: onQueue('GetQueueAttributes'),
    GetQueueUrl: onQueueName('GetQueueUrl'),
    ListDeadLetterSourceQueues: onQueue('ListDeadLetterSourceQueues'),
    ListMessageMoveTasks: onSourceArn('ListMessageMoveTasks'),
    ListQueueTags: onQueue('ListQueueTags'),
    PurgeQueue: onQueue('PurgeQueue'),
    ReceiveMessage: onQueue('ReceiveMessage'),
    RemovePermission: onQueue('RemovePermission'),
    SendMessage: onQueue('SendMessage'),
    SendMessageBatch: onQueue('SendMessage'),
    SetQueueAttributes: onQueue('SetQueueAttributes'),
    StartMessageMoveTask: onSourceArn('StartMessageMoveTask'),
    TagQueue: onQueue('TagQueue'),
    UntagQueue: onQueue('UntagQueue'),
  },
  work: { [clearWork]: clear, [moveTasks.moveWork]: moveTasks.moveWorkKind },
  start,
});
