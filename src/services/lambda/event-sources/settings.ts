// What a mapping may be set to, by its source.
import { parseArn } from '#core/arn.ts';
import { ServiceError } from '#core/errors.ts';
import type { Input } from '#kernel/service-types.ts';
import { invalidParameter } from '../errors.ts';
import { compilePattern, InvalidPattern } from './event-pattern.ts';
import type { EventSourceMapping } from './store.ts';

export type Given = Partial<Omit<Input<'lambda', 'CreateEventSourceMapping'>, 'FunctionName'>>;

const FILTERS_MAX = 5;
const FIFO_BATCH_MAX = 10;
const STANDARD_BATCH_MAX = 10_000;
const BATCH_DEFAULT = 10;

/** Sources that AWS has and this program does not, by the service in their ARN. */
const OTHER_SOURCES: Record<string, string> = {
  dynamodb: 'DynamoDB Streams',
  kinesis: 'Kinesis',
  kafka: 'Amazon MSK',
  mq: 'Amazon MQ',
  rds: 'Amazon DocumentDB',
};

/** Throws for every source but a queue. */
export function checkSource(given: Given): string {
  if (given.SelfManagedEventSource)
    throw invalidParameter('Gatehouse does not offer self-managed Apache Kafka as an event source');
  const arn = parseArn(given.EventSourceArn ?? '');
  if (!arn) throw invalidParameter('Missing or invalid EventSourceArn.');
  const other = OTHER_SOURCES[arn.service];
  if (other !== undefined) throw invalidParameter(`Gatehouse does not offer ${other} as an event source`);
  if (arn.service !== 'sqs') throw invalidParameter('Unrecognized event source.');
  return given.EventSourceArn ?? '';
}

const NOT_FOR_QUEUES = [
  'StartingPosition',
  'StartingPositionTimestamp',
  'ParallelizationFactor',
  'DestinationConfig',
  'MaximumRecordAgeInSeconds',
  'BisectBatchOnFunctionError',
  'MaximumRetryAttempts',
  'TumblingWindowInSeconds',
  'Topics',
  'Queues',
  'SourceAccessConfigurations',
  'AmazonManagedKafkaEventSourceConfig',
  'SelfManagedKafkaEventSourceConfig',
  'DocumentDBEventSourceConfig',
] as const;
const NOT_OFFERED = ['ProvisionedPollerConfig', 'MetricsConfig', 'LoggingConfig'] as const;

const isEmpty = (value: unknown): boolean =>
  value === undefined ||
  value === false ||
  (Array.isArray(value) && value.length === 0) ||
  (typeof value === 'object' && value !== null && !(value instanceof Date) && Object.keys(value).length === 0);

type Settings = Pick<
  EventSourceMapping,
  'batchSize' | 'windowSeconds' | 'responseTypes' | 'maximumConcurrency' | 'filters'
>;

/** The settings after a change; `before` are those of the mapping so far. */
export function settingsOf(given: Given, sourceArn: string, before?: Settings): Settings {
  for (const name of NOT_FOR_QUEUES) {
    if (!isEmpty(given[name]))
      throw invalidParameter(`Unsupported ${name} parameter for given event source mapping type.`);
  }
  for (const name of NOT_OFFERED) {
    if (!isEmpty(given[name])) throw invalidParameter(`Gatehouse does not offer ${name} of event source mappings`);
  }
  if (given.KMSKeyArn) throw invalidParameter('Gatehouse does not offer KMSKeyArn of event source mappings');
  const isFifo = sourceArn.endsWith('.fifo');
  const batchSize = given.BatchSize ?? before?.batchSize ?? BATCH_DEFAULT;
  const windowSeconds = given.MaximumBatchingWindowInSeconds ?? before?.windowSeconds ?? 0;
  checkBatching(isFifo, batchSize, windowSeconds);
  // an empty configuration takes the limit back
  const maximumConcurrency = given.ScalingConfig ? given.ScalingConfig.MaximumConcurrency : before?.maximumConcurrency;
  return {
    batchSize,
    windowSeconds,
    responseTypes: (given.FunctionResponseTypes as string[] | undefined) ?? before?.responseTypes ?? [],
    ...(maximumConcurrency !== undefined && { maximumConcurrency }),
    filters: given.FilterCriteria ? patternsOf(given.FilterCriteria.Filters ?? []) : (before?.filters ?? []),
  };
}

function checkBatching(isFifo: boolean, batchSize: number, windowSeconds: number): void {
  if (isFifo && windowSeconds > 0) throw invalidParameter('Batching window is not supported for FIFO queues.');
  const most = isFifo ? FIFO_BATCH_MAX : STANDARD_BATCH_MAX;
  if (batchSize > most) throw invalidParameter(`Batch size must be between 1 and ${most} for this event source.`);
  if (batchSize > BATCH_DEFAULT && windowSeconds === 0) {
    throw invalidParameter(
      'Maximum batch window in seconds must be greater than 0 if maximum batch size is greater than 10',
    );
  }
}

function patternsOf(filters: readonly { Pattern?: string | undefined }[]): string[] {
  if (filters.length > FILTERS_MAX)
    throw invalidParameter(`Filter limit exceeded: ${FILTERS_MAX} filters are allowed.`);
  return filters.map(({ Pattern = '' }) => {
    try {
      compilePattern(Pattern);
    } catch (error) {
      if (error instanceof InvalidPattern) throw invalidParameter('Invalid filter pattern definition.');
      throw error;
    }
    return Pattern;
  });
}

/** How Lambda repeats what SQS said. */
export const sourceFailure = (operation: string, error: unknown): Error => {
  if (!(error instanceof ServiceError)) return error as Error;
  const code = error.code === 'QueueDoesNotExist' ? 'AWS.SimpleQueueService.NonExistentQueue' : error.code;
  return invalidParameter(
    `Error occurred while ${operation}. SQS Error Code: ${code}. SQS Error Message: ${error.message}`,
  );
};
