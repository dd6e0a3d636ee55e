// Services in memory for tests of the engine: what was called, and failures on demand.
import { ServiceError } from '#core/errors.ts';
import { defineService, type Service } from '#kernel/service.ts';

export interface FakeQueue {
  attributes: Record<string, string>;
  tags: Record<string, string>;
}

export class FakeSqs {
  readonly queues = new Map<string, FakeQueue>();
  readonly calls: string[] = [];
  /** by queue name (or a part of it) and operation: throws instead of answering */
  readonly failures = new Map<string, string>();
  /** awaited by every operation */
  gate: () => Promise<void> = async () => undefined;

  async #enter(operation: string, name: string): Promise<void> {
    this.calls.push(`${operation} ${name}`);
    await this.gate();
    for (const [key, message] of this.failures) {
      const [wanted, part = ''] = key.split(' ');
      if (wanted === operation && name.includes(part)) throw new ServiceError('InvalidParameterValue', message, 400);
    }
  }

  readonly service: Service<'sqs'> = defineService({
    id: 'sqs',
    operations: {
      CreateQueue: async ({ QueueName, Attributes, tags }) => {
        await this.#enter('CreateQueue', QueueName);
        if (this.queues.has(QueueName))
          throw new ServiceError('QueueNameExists', 'A queue already exists with the same name', 400);
        this.queues.set(QueueName, { attributes: { ...(Attributes as Record<string, string>) }, tags: { ...tags } });
        return { QueueUrl: `http://sqs/${QueueName}` };
      },
      SetQueueAttributes: async ({ QueueUrl, Attributes }) => {
        const name = QueueUrl.split('/').at(-1)!;
        await this.#enter('SetQueueAttributes', `${name} ${JSON.stringify(Attributes)}`);
        const queue = this.queues.get(name);
        if (!queue) throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.', 400);
        Object.assign(queue.attributes, Attributes);
        return {};
      },
      TagQueue: async ({ QueueUrl, Tags }) => {
        const name = QueueUrl.split('/').at(-1)!;
        await this.#enter('TagQueue', name);
        Object.assign(this.queues.get(name)!.tags, Tags);
        return {};
      },
      UntagQueue: async ({ QueueUrl, TagKeys }) => {
        const name = QueueUrl.split('/').at(-1)!;
        for (const key of TagKeys) delete this.queues.get(name)!.tags[key];
        return {};
      },
      DeleteQueue: async ({ QueueUrl }) => {
        const name = QueueUrl.split('/').at(-1)!;
        await this.#enter('DeleteQueue', name);
        if (!this.queues.delete(name))
          throw new ServiceError('QueueDoesNotExist', 'The specified queue does not exist.', 400);
        return {};
      },
    },
  });
}
