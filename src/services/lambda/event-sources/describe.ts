// What answers say about a mapping: which members are there depends on its source.
import type { Output } from '#kernel/service-types.ts';
import type { EventSourceMapping, StreamSettings } from './store.ts';

export type Configuration = Output<'lambda', 'GetEventSourceMapping'>;

export const mappingArn = ({ accountId, region, uuid }: EventSourceMapping): string =>
  `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uuid}`;

/** `result` is what became of a stream's last batch. */
export const describe = (mapping: EventSourceMapping, result?: string): Configuration => ({
  UUID: mapping.uuid,
  ...(mapping.stream && startOf(mapping.stream)),
  BatchSize: mapping.batchSize,
  MaximumBatchingWindowInSeconds: mapping.windowSeconds,
  ...(mapping.stream && { ParallelizationFactor: mapping.stream.parallelizationFactor }),
  EventSourceArn: mapping.eventSourceArn,
  ...(mapping.filters.length > 0 && { FilterCriteria: { Filters: mapping.filters.map((Pattern) => ({ Pattern })) } }),
  FunctionArn: mapping.functionArn,
  LastModified: new Date(mapping.lastModified),
  ...(mapping.stream && { LastProcessingResult: result ?? 'No records processed' }),
  State: mapping.transition ?? (mapping.enabled ? 'Enabled' : 'Disabled'),
  // the two families of pollers name the same reason differently
  StateTransitionReason: mapping.stream ? 'User action' : 'USER_INITIATED',
  ...(mapping.stream && endOf(mapping.stream)),
  FunctionResponseTypes: mapping.responseTypes as never,
  ...(mapping.maximumConcurrency !== undefined && {
    ScalingConfig: { MaximumConcurrency: mapping.maximumConcurrency },
  }),
  ...(mapping.pollers && {
    ProvisionedPollerConfig: { MinimumPollers: mapping.pollers.minimum, MaximumPollers: mapping.pollers.maximum },
  }),
  EventSourceMappingArn: mappingArn(mapping),
});

const startOf = ({ startingPosition, startingTimestamp }: StreamSettings): Partial<Configuration> => ({
  StartingPosition: startingPosition,
  ...(startingTimestamp !== undefined && { StartingPositionTimestamp: new Date(startingTimestamp) }),
});

const endOf = (stream: StreamSettings): Partial<Configuration> => ({
  DestinationConfig: { OnFailure: stream.onFailure === undefined ? {} : { Destination: stream.onFailure } },
  MaximumRecordAgeInSeconds: stream.recordAgeMax,
  BisectBatchOnFunctionError: stream.bisectBatch,
  MaximumRetryAttempts: stream.retriesMax,
  TumblingWindowInSeconds: stream.tumblingWindowSeconds,
});
