import type { Properties, ResourceType } from './contract.ts';
import { ignoreMissing, jsonText, tagChanges, tagMap } from './shared.ts';

const ATTRIBUTES = [
  'ContentBasedDeduplication',
  'DeduplicationScope',
  'DelaySeconds',
  'FifoQueue',
  'FifoThroughputLimit',
  'KmsDataKeyReusePeriodSeconds',
  'KmsMasterKeyId',
  'MaximumMessageSize',
  'MessageRetentionPeriod',
  'ReceiveMessageWaitTimeSeconds',
  'RedriveAllowPolicy',
  'RedrivePolicy',
  'SqsManagedSseEnabled',
  'VisibilityTimeout',
];

/** What an attribute goes back to when the template no longer names it. */
const DEFAULTS: Readonly<Record<string, string>> = {
  ContentBasedDeduplication: 'false',
  DeduplicationScope: 'queue',
  DelaySeconds: '0',
  FifoThroughputLimit: 'perQueue',
  KmsDataKeyReusePeriodSeconds: '300',
  KmsMasterKeyId: '',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
  RedriveAllowPolicy: '',
  RedrivePolicy: '',
  SqsManagedSseEnabled: 'true',
  VisibilityTimeout: '30',
};

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const attributesOf = (properties: Properties): Record<string, string> =>
  Object.fromEntries(
    ATTRIBUTES.filter((name) => properties[name] !== undefined).map((name) => [name, textOf(properties[name])]),
  );

const queue: ResourceType = {
  type: 'AWS::SQS::Queue',
  service: 'Sqs',
  attributes: ['QueueName'],
  name: { property: 'QueueName', lengthMax: 80, suffix: (properties) => (properties.FifoQueue ? '.fifo' : '') },
  async create(properties, { call, physicalName, region, accountId, partition }) {
    const QueueName: string = properties.QueueName ?? physicalName;
    const tags = tagMap(properties.Tags);
    const { QueueUrl = '' } = await call('sqs', 'CreateQueue', {
      QueueName,
      Attributes: attributesOf(properties),
      ...(Object.keys(tags).length > 0 && { tags }),
    });
    const Arn = `arn:${partition}:sqs:${region}:${accountId}:${QueueName}`;
    return { physicalId: QueueUrl, attributes: { Arn, QueueName, QueueUrl } };
  },
  async update({ physicalId: QueueUrl, properties: before, attributes }, properties, { call }) {
    const old = attributesOf(before);
    const next = attributesOf(properties);
    const changed = Object.fromEntries(
      [...new Set([...Object.keys(old), ...Object.keys(next)])]
        .filter((name) => name !== 'FifoQueue' && old[name] !== next[name])
        .map((name) => [name, next[name] ?? DEFAULTS[name] ?? '']),
    );
    if (Object.keys(changed).length > 0) await call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: changed });
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    if (Object.keys(set).length > 0) await call('sqs', 'TagQueue', { QueueUrl, Tags: set });
    if (remove.length > 0) await call('sqs', 'UntagQueue', { QueueUrl, TagKeys: remove });
    return { attributes };
  },
  async delete({ physicalId: QueueUrl }, { call }) {
    await ignoreMissing(() => call('sqs', 'DeleteQueue', { QueueUrl }));
  },
};

const queuePolicy: ResourceType = {
  type: 'AWS::SQS::QueuePolicy',
  service: 'Sqs',
  async create({ Queues, PolicyDocument }, { call, physicalName }) {
    for (const QueueUrl of Queues) {
      await call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: jsonText(PolicyDocument) } });
    }
    return { physicalId: physicalName, attributes: { Id: physicalName } };
  },
  async update({ properties: before }, { Queues, PolicyDocument }, { call }) {
    for (const QueueUrl of Queues) {
      await call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: jsonText(PolicyDocument) } });
    }
    for (const QueueUrl of before.Queues ?? []) {
      if (Queues.includes(QueueUrl)) continue;
      await ignoreMissing(() => call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: '' } }));
    }
  },
  async delete({ properties: { Queues } }, { call }) {
    for (const QueueUrl of Queues) {
      await ignoreMissing(() => call('sqs', 'SetQueueAttributes', { QueueUrl, Attributes: { Policy: '' } }));
    }
  },
};

export const sqs: readonly ResourceType[] = [queue, queuePolicy];
