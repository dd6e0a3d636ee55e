// What a queue can be set to, and what AWS says of values that it cannot.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
import { MalformedPolicy, parsePolicy } from '#core/policy/index.ts';
import { attributeReason, invalidAttribute, invalidValue, unknownAttribute } from './errors.ts';
import { parseQueueArn, queueArn, type QueueRef } from './names.ts';
import type { RedrivePolicy } from './records.ts';

export const MESSAGE_BYTES_MAX = 1024 * 1024;
const POLICY_BYTES_MAX = 8192;
const SOURCE_QUEUES_MAX = 10;

const STANDARD_DEFAULTS = {
  VisibilityTimeout: '30',
  MaximumMessageSize: String(MESSAGE_BYTES_MAX),
  MessageRetentionPeriod: '345600',
  DelaySeconds: '0',
  ReceiveMessageWaitTimeSeconds: '0',
  SqsManagedSseEnabled: 'true',
} as const;
const FIFO_DEFAULTS = {
  FifoQueue: 'true',
  DeduplicationScope: 'queue',
  FifoThroughputLimit: 'perQueue',
  ContentBasedDeduplication: 'false',
} as const;

export const defaultsOf = (isFifo: boolean): Record<string, string> => ({
  ...STANDARD_DEFAULTS,
  ...(isFifo && FIFO_DEFAULTS),
});

type Check = (value: string, name: string, queue: QueueRef) => void;

const integer =
  (least: number, most: number): Check =>
  (value, name) => {
    if (!/^\d{1,9}$/.test(value) || Number(value) < least || Number(value) > most) throw invalidAttribute(name);
  };
const oneOf =
  (...values: string[]): Check =>
  (value, name) => {
    if (!values.includes(value)) throw invalidAttribute(name);
  };
const boolean = oneOf('true', 'false');

const STANDARD_CHECKS: Record<string, Check> = {
  VisibilityTimeout: integer(0, 43_200),
  MaximumMessageSize: integer(1024, MESSAGE_BYTES_MAX),
  MessageRetentionPeriod: integer(60, 1_209_600),
  DelaySeconds: integer(0, 900),
  ReceiveMessageWaitTimeSeconds: integer(0, 20),
  SqsManagedSseEnabled: boolean,
  Policy: checkPolicy,
  RedrivePolicy: checkRedrivePolicy,
  RedriveAllowPolicy: checkRedriveAllowPolicy,
  KmsMasterKeyId: (value) => {
    if (value !== '')
      throw attributeReason('Gatehouse does not encrypt queues by KMS keys: KmsMasterKeyId has no effect.');
  },
  KmsDataKeyReusePeriodSeconds: integer(60, 86_400),
};
const FIFO_CHECKS: Record<string, Check> = {
  FifoQueue: oneOf('true'),
  ContentBasedDeduplication: boolean,
  DeduplicationScope: oneOf('queue', 'messageGroup'),
  FifoThroughputLimit: oneOf('perQueue', 'perMessageGroupId'),
};

/** An empty text takes these back to none. */
const REMOVABLE = new Set(['Policy', 'RedrivePolicy', 'RedriveAllowPolicy', 'KmsMasterKeyId']);

/** Checks each value on its own; answers what is to be kept. */
export function checkAttributes(
  given: Record<string, string>,
  queue: QueueRef,
  isFifo: boolean,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    const check = STANDARD_CHECKS[name] ?? (isFifo ? FIFO_CHECKS[name] : undefined);
    if (!check) throw unknownAttribute(name);
    if (value !== '' || !REMOVABLE.has(name)) check(value, name, queue);
    kept[name] = normalized(name, value);
  }
  return kept;
}

const normalized = (name: string, value: string): string => {
  if (name !== 'RedrivePolicy' || value === '') return value;
  // AWS answers the count as a number, whichever way it was given
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(value) as RedrivePolicy;
  return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) });
};

/** Rules over several attributes, on the queue as it is to be. */
export function checkTogether(attributes: Record<string, string>): void {
  const { FifoThroughputLimit, DeduplicationScope } = attributes;
  if (FifoThroughputLimit === 'perMessageGroupId' && DeduplicationScope !== 'messageGroup') {
    throw attributeReason(
      'The value for parameter FifoThroughputLimit is invalid. Reason: perMessageGroupId is allowed only when the value for DeduplicationScope is messageGroup.',
    );
  }
}

function checkPolicy(value: string, name: string): void {
  if (Buffer.byteLength(value) > POLICY_BYTES_MAX) throw invalidAttribute(name);
  try {
    parsePolicy(value, 'resource');
  } catch (error) {
    if (error instanceof MalformedPolicy) throw invalidAttribute(name);
    throw error;
  }
}

function objectOf(value: string): Record<string, unknown> | undefined {
  try {
    const json: unknown = JSON.parse(value);
    return typeof json === 'object' && json !== null && !Array.isArray(json)
      ? (json as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function checkRedrivePolicy(value: string, name: string, queue: QueueRef): void {
  const wrong = (reason: string): Error => invalidValue(value, name, reason);
  const policy = objectOf(value);
  if (!policy) throw wrong('Redrive policy is not a valid JSON map.');
  const { deadLetterTargetArn: arn, maxReceiveCount } = policy;
  if (arn === undefined || maxReceiveCount === undefined) {
    throw wrong(
      'Redrive policy does not contain mandatory attribute: ' +
        (arn === undefined ? 'deadLetterTargetArn.' : 'maxReceiveCount.'),
    );
  }
  const target = typeof arn === 'string' ? parseQueueArn(arn) : undefined;
  if (!target) throw wrong('Invalid value for deadLetterTargetArn.');
  const count = Number(maxReceiveCount);
  if (!Number.isInteger(count) || count < 1 || count > 1000) {
    throw wrong(
      `Invalid value for maxReceiveCount: ${String(maxReceiveCount)}, valid values are from 1 to 1000 both inclusive.`,
    );
  }
  if (target.accountId !== queue.accountId || target.region !== queue.region) {
    throw wrong('Dead letter target owner should be same as the source.');
  }
  if (target.name.endsWith('.fifo') !== queue.name.endsWith('.fifo')) {
    throw wrong('Dead-letter queue must be same type of queue as the source.');
  }
}

export interface RedriveAllowPolicy {
  redrivePermission: 'allowAll' | 'denyAll' | 'byQueue';
  sourceQueueArns?: string[];
}

function checkRedriveAllowPolicy(value: string, name: string): void {
  const wrong = (reason: string): Error => invalidValue(value, name, reason);
  const policy = objectOf(value);
  if (!policy) throw wrong('Redrive allow policy is not a valid JSON map.');
  const { redrivePermission: permission, sourceQueueArns: sources } = policy;
  if (permission !== 'allowAll' && permission !== 'denyAll' && permission !== 'byQueue') {
    throw wrong('Invalid value for redrivePermission.');
  }
  if (permission !== 'byQueue') {
    if (sources !== undefined) throw wrong('sourceQueueArns is allowed only when redrivePermission is byQueue.');
    return;
  }
  if (!Array.isArray(sources) || sources.length === 0 || sources.length > SOURCE_QUEUES_MAX) {
    throw wrong(
      `sourceQueueArns must have from 1 to ${SOURCE_QUEUES_MAX} queue ARNs when redrivePermission is byQueue.`,
    );
  }
  if (sources.some((arn) => typeof arn !== 'string' || !parseQueueArn(arn))) {
    throw wrong('sourceQueueArns contains an invalid queue ARN.');
  }
}

export const redriveOf = (attributes: Record<string, string>): RedrivePolicy | undefined =>
  attributes['RedrivePolicy'] ? (JSON.parse(attributes['RedrivePolicy']) as RedrivePolicy) : undefined;

/** Whether a queue lets another use it as its dead-letter queue. */
export function allowsRedrive(attributes: Record<string, string>, source: QueueRef): boolean {
  const text = attributes['RedriveAllowPolicy'];
  if (!text) return true;
  const { redrivePermission, sourceQueueArns = [] } = JSON.parse(text) as RedriveAllowPolicy;
  return (
    redrivePermission === 'allowAll' || (redrivePermission === 'byQueue' && sourceQueueArns.includes(queueArn(source)))
  );
}
