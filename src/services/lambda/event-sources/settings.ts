// What a mapping may be set to, by its source. `before` are the settings so far, where a mapping is changed.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html, .../services-kinesis-parameters.html, .../services-ddb-params.html
import { invalidParameter } from '../errors.ts';
import { compilePattern, InvalidPattern } from './event-pattern.ts';
import { queueSettings, type QueueSettings } from './queue-settings.ts';
import type { Given, SourceKind } from './sources.ts';
import type { EventSourceMapping } from './store.ts';
import { streamSettings } from './stream-settings.ts';

const FILTERS_MAX = 5;

type Settings = Pick<
  EventSourceMapping,
  'batchSize' | 'windowSeconds' | 'responseTypes' | 'maximumConcurrency' | 'pollers' | 'stream' | 'filters'
>;

/** Members that belong to other sources. */
const FOREIGN = [
  'Topics',
  'Queues',
  'SourceAccessConfigurations',
  'AmazonManagedKafkaEventSourceConfig',
  'SelfManagedKafkaEventSourceConfig',
  'DocumentDBEventSourceConfig',
] as const;
const STREAMS_ONLY = [
  'StartingPositionTimestamp',
  'ParallelizationFactor',
  'DestinationConfig',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'MaximumRetryAttempts',
  'TumblingWindowInSeconds',
] as const;
const QUEUES_ONLY = ['ScalingConfig', 'ProvisionedPollerConfig'] as const;
const NOT_OFFERED = ['MetricsConfig', 'LoggingConfig', 'KMSKeyArn'] as const;

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === false ||
  value === '' ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && value !== null && !(value instanceof Date) && Object.keys(value).length === 0);

export function settingsOf(given: Given, kind: SourceKind, sourceArn: string, before?: Settings): Settings {
  if (kind === 'sqs' && given.StartingPosition !== undefined)
    throw invalidParameter('StartingPosition is not valid for SQS event sources.');
  for (const name of [...FOREIGN, ...(kind === 'sqs' ? STREAMS_ONLY : QUEUES_ONLY)]) {
    if (!isEmpty(given[name]))
      throw invalidParameter(`Unsupported ${name} parameter for given event source mapping type.`);
  }
  for (const name of NOT_OFFERED) {
    if (!isEmpty(given[name])) throw invalidParameter(`Gatehouse does not offer ${name} of event source mappings`);
  }
  return {
    ...(kind === 'sqs' ? queueSettings(given, sourceArn, before) : streamBatching(given, kind, sourceArn, before)),
    responseTypes: (given.FunctionResponseTypes as string[] | undefined) ?? before?.responseTypes ?? [],
    filters: given.FilterCriteria ? patternsOf(given.FilterCriteria.Filters ?? [], kind) : (before?.filters ?? []),
  };
}

const STREAM_BATCH_DEFAULT = 100;

const streamBatching = (
  given: Given,
  kind: 'kinesis' | 'dynamodb',
  sourceArn: string,
  before: Settings | undefined,
): QueueSettings & Pick<EventSourceMapping, 'stream'> => ({
  batchSize: given.BatchSize ?? before?.batchSize ?? STREAM_BATCH_DEFAULT,
  windowSeconds: given.MaximumBatchingWindowInSeconds ?? before?.windowSeconds ?? 0,
  stream: streamSettings(given, kind, sourceArn, before?.stream),
});

function patternsOf(filters: readonly { Pattern?: string | undefined }[], kind: SourceKind): string[] {
  if (filters.length > FILTERS_MAX)
    throw invalidParameter(`Filter limit exceeded: ${FILTERS_MAX} filters are allowed.`);
  return filters.map(({ Pattern = '' }) => {
    try {
      const { pattern } = compilePattern(Pattern);
      // the data of a stream's record is looked into as JSON, never compared as a text
      if (kind === 'kinesis' && Array.isArray(pattern['data'])) throw new InvalidPattern('data must be an object');
    } catch (error) {
      if (error instanceof InvalidPattern) throw invalidParameter('Invalid filter pattern definition.');
      throw error;
    }
    return Pattern;
  });
}
