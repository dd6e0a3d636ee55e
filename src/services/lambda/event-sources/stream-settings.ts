import { parseArn } from '#core/arn.ts';
import { invalidParameter } from '../errors.ts';
import type { Given } from './sources.ts';
import type { StreamSettings } from './store.ts';

/** seconds, where an age is given at all */
const RECORD_AGE_LEAST = 60;

export function streamSettings(
  given: Given,
  kind: 'kinesis' | 'dynamodb',
  sourceArn: string,
  before: StreamSettings | undefined,
): StreamSettings {
  const recordAgeMax = given.MaximumRecordAgeInSeconds ?? before?.recordAgeMax ?? -1;
  if (recordAgeMax !== -1 && recordAgeMax < RECORD_AGE_LEAST) {
    throw invalidParameter(
      'MaximumRecordAgeInSeconds must be either -1 (forever) or between 60 and 604800 (inclusive)',
    );
  }
  const onFailure = given.DestinationConfig ? destinationOf(given.DestinationConfig) : before?.onFailure;
  return {
    ...(before ? keepStart(before) : startOf(given, kind, sourceArn)),
    parallelizationFactor: given.ParallelizationFactor ?? before?.parallelizationFactor ?? 1,
    bisectBatch: given.BisectBatchOnFunctionError ?? before?.bisectBatch ?? false,
    recordAgeMax,
    retriesMax: given.MaximumRetryAttempts ?? before?.retriesMax ?? -1,
    tumblingWindowSeconds: given.TumblingWindowInSeconds ?? before?.tumblingWindowSeconds ?? 0,
    ...(onFailure !== undefined && { onFailure }),
  };
}

type Start = Pick<StreamSettings, 'startingPosition' | 'startingTimestamp'>;

const keepStart = ({ startingPosition, startingTimestamp }: Start): Start => ({
  startingPosition,
  ...(startingTimestamp !== undefined && { startingTimestamp }),
});

/** Where to begin: asked for once, when the mapping is created. */
function startOf(
  { StartingPosition: startingPosition, StartingPositionTimestamp: timestamp }: Given,
  kind: 'kinesis' | 'dynamodb',
  sourceArn: string,
): Start {
  if (startingPosition === undefined) {
    throw invalidParameter(
      "1 validation error detected: Value null at 'startingPosition' failed to satisfy constraint: Member must not be null.",
    );
  }
  if (startingPosition !== 'AT_TIMESTAMP') {
    if (timestamp !== undefined)
      throw invalidParameter('StartingPositionTimestamp is only valid when StartingPosition is AT_TIMESTAMP.');
    return { startingPosition };
  }
  if (kind === 'dynamodb') throw invalidParameter(`Unsupported starting position for arn type: ${sourceArn}`);
  if (timestamp === undefined) throw invalidParameter('Need to specify a timestamp');
  return { startingPosition, startingTimestamp: new Date(timestamp).getTime() };
}

const DESTINATIONS = new Set(['sqs', 'sns', 's3']);

/** A failure destination; an empty one takes it back. Streams have none for success. */
function destinationOf(config: NonNullable<Given['DestinationConfig']>): string | undefined {
  if (config.OnSuccess?.Destination) {
    throw invalidParameter('Unsupported DestinationConfig parameter for given event source mapping type.');
  }
  const onFailure = config.OnFailure?.Destination || undefined;
  if (onFailure === undefined) return undefined;
  const service = parseArn(onFailure)?.service ?? '';
  // neither FIFO queues nor FIFO topics: services-kinesis-parameters, 2026-11
  if (!DESTINATIONS.has(service) || onFailure.endsWith('.fifo')) {
    throw invalidParameter(
      `The provided destination config DestinationConfig(onSuccess=null, onFailure=OnFailure(destination=${onFailure})) is invalid.`,
    );
  }
  return onFailure;
}
