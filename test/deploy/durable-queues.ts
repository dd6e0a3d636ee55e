// A queue service whose state lies in the platform's store, slow enough to be killed in the middle of a step.
import { ServiceError } from '#core/errors.ts';
import { defineService, type Service } from '#kernel/service.ts';
import type { Key } from '#store/contract.ts';

export const QUEUES: Key = ['test', 'queues'];
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const nameOf = (url: string): string => url.split('/').at(-1) ?? '';

/** Waits before and after each change, so that a kill finds steps begun, done and answered. */
export const durableQueues = (ms: number): Service<'sqs'> =>
  defineService({
    id: 'sqs',
    operations: {
      async CreateQueue({ QueueName, Attributes }, { store }) {
        await pause(ms);
        await store.transact(async (tx) => {
          if (await tx.get([...QUEUES, QueueName]))
            throw new ServiceError('QueueNameExists', 'A queue already exists', 400);
          tx.set([...QUEUES, QueueName], Attributes ?? {});
        });
        await pause(ms);
        return { QueueUrl: `http://sqs/${QueueName}` };
      },
      async SetQueueAttributes({ QueueUrl, Attributes }, { store }) {
        await pause(ms);
        await store.transact(async (tx) => {
          const key = [...QUEUES, nameOf(QueueUrl)];
          const entry = await tx.get(key);
          if (!entry) throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.', 400);
          tx.set(key, { ...entry.value, ...Attributes });
        });
        await pause(ms);
        return {};
      },
      async DeleteQueue({ QueueUrl }, { store }) {
        await pause(ms);
        await store.transact(async (tx) => {
          const key = [...QUEUES, nameOf(QueueUrl)];
          if (!(await tx.get(key)))
            throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.', 400);
          tx.delete(key);
        });
        await pause(ms);
        return {};
      },
    },
  });
