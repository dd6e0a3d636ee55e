import { invalidParameter } from '../errors.ts';
import type { Given } from './sources.ts';
import type { EventSourceMapping } from './store.ts';

const FIFO_BATCH_MAX = 10;
const STANDARD_BATCH_MAX = 10_000;
const BATCH_DEFAULT = 10;
/** Provisioned mode (November 2025): https://docs.aws.amazon.com/lambda/latest/api/API_ProvisionedPollerConfig.html */
const POLLERS = { minimum: { least: 2, most: 200, default: 2 }, maximum: { least: 2, most: 10_000, default: 200 } };

export type QueueSettings = Pick<EventSourceMapping, 'batchSize' | 'windowSeconds' | 'maximumConcurrency' | 'pollers'>;

export function queueSettings(given: Given, sourceArn: string, before: QueueSettings | undefined): QueueSettings {
  const isFifo = sourceArn.endsWith('.fifo');
  const batchSize = given.BatchSize ?? before?.batchSize ?? BATCH_DEFAULT;
  const windowSeconds = given.MaximumBatchingWindowInSeconds ?? before?.windowSeconds ?? 0;
  checkBatching(isFifo, batchSize, windowSeconds);
  // an empty configuration takes the limit back
  const maximumConcurrency = given.ScalingConfig ? given.ScalingConfig.MaximumConcurrency : before?.maximumConcurrency;
  const pollers = given.ProvisionedPollerConfig ? pollersOf(given.ProvisionedPollerConfig) : before?.pollers;
  if (pollers && maximumConcurrency !== undefined) {
    throw invalidParameter('ProvisionedPollerConfig and ScalingConfig cannot be used together.');
  }
  return {
    batchSize,
    windowSeconds,
    ...(maximumConcurrency !== undefined && { maximumConcurrency }),
    ...(pollers && { pollers }),
  };
}

function checkBatching(isFifo: boolean, batchSize: number, windowSeconds: number): void {
  if (isFifo && windowSeconds > 0) throw invalidParameter('Batching window is not supported for FIFO queues');
  const most = isFifo ? FIFO_BATCH_MAX : STANDARD_BATCH_MAX;
  if (batchSize > most) throw invalidParameter(`Maximum batch size must be between 1 and ${most} inclusive`);
  if (batchSize > BATCH_DEFAULT && windowSeconds === 0) {
    throw invalidParameter(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
}

function pollersOf(config: NonNullable<Given['ProvisionedPollerConfig']>): QueueSettings['pollers'] {
  const { MinimumPollers, MaximumPollers, PollerGroupName } = config;
  if (PollerGroupName) throw invalidParameter('PollerGroupName is not supported for SQS event sources.');
  if (MinimumPollers === undefined && MaximumPollers === undefined) return undefined;
  const minimum = MinimumPollers ?? Math.min(POLLERS.minimum.default, MaximumPollers ?? POLLERS.maximum.default);
  const maximum = MaximumPollers ?? Math.max(POLLERS.maximum.default, minimum);
  for (const [name, value, { least, most }] of [
    ['MinimumPollers', minimum, POLLERS.minimum],
    ['MaximumPollers', maximum, POLLERS.maximum],
  ] as const) {
    if (value < least || value > most)
      throw invalidParameter(`${name} must be between ${least} and ${most} for SQS event sources.`);
  }
  if (minimum > maximum) throw invalidParameter('MinimumPollers must be less than or equal to MaximumPollers.');
  return { minimum, maximum };
}
