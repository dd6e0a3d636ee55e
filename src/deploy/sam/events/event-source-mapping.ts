import { cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidEvent } from '../errors.ts';
import { expectOfEvent } from '../expect.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { managedPolicyArn } from '../partition.ts';
import { addInlinePolicy, attachManagedPolicy } from '../policies/execution-role.ts';
import { optional, passedOn } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';
import type { FunctionEvent } from './event-source.ts';

/** Sources that Lambda polls. They share one property table: what a source does not know, Lambda refuses. */
export const mappingProperties: PropertyTable = {
  ...passedOn(`BatchSize BisectBatchOnFunctionError Broker Cluster CollectionName ConsumerGroupId DatabaseName
    DestinationConfig DynamicPolicyName Enabled FilterCriteria FullDocument FunctionResponseTypes KmsKeyArn
    LoggingConfig MaximumBatchingWindowInSeconds MaximumRecordAgeInSeconds MaximumRetryAttempts MetricsConfig
    ParallelizationFactor ProvisionedPollerConfig Queue ScalingConfig SchemaRegistryConfig SecretsManagerKmsKeyId
    StartingPosition StartingPositionTimestamp Stream TumblingWindowInSeconds KafkaBootstrapServers`),
  Topics: optional('list'),
  Queues: optional('list'),
  SourceAccessConfigurations: optional('list'),
};

/** Properties that the mapping takes over under their own name. */
const taken = [
  'BatchSize',
  'BisectBatchOnFunctionError',
  'Enabled',
  'FilterCriteria',
  'FunctionResponseTypes',
  'KmsKeyArn',
  'LoggingConfig',
  'MaximumBatchingWindowInSeconds',
  'MaximumRecordAgeInSeconds',
  'MaximumRetryAttempts',
  'MetricsConfig',
  'ParallelizationFactor',
  'ProvisionedPollerConfig',
  'Queues',
  'ScalingConfig',
  'SourceAccessConfigurations',
  'StartingPosition',
  'StartingPositionTimestamp',
  'Topics',
  'TumblingWindowInSeconds',
] as const;

export interface MappingDetails {
  /** As in messages: Kinesis, DynamoDB … */
  readonly typeName: string;
  readonly source?: Json | undefined;
  readonly managedPolicy?: string;
  /** Further properties of the mapping. */
  readonly extra?: Readonly<Record<string, Json | undefined>>;
  readonly policy?: { readonly name: string; readonly document: JsonMap } | undefined;
  /** The source knows consumer groups, and `extra` carries the group. */
  readonly hasConsumerGroups?: boolean;
}

export function eventSourceMapping(event: FunctionEvent, details: MappingDetails): CfnResource[] {
  const { properties } = event;
  if (properties['ConsumerGroupId'] !== undefined && details.hasConsumerGroups !== true) {
    throw new InvalidEvent(
      event.logicalId,
      `Property ConsumerGroupId not defined for resource of type ${details.typeName}.`,
    );
  }
  const destination = destinationConfig(event);
  const mapping = cfnResource(
    event.logicalId,
    'AWS::Lambda::EventSourceMapping',
    {
      ...Object.fromEntries(taken.map((name) => [name, properties[name]])),
      FunctionName: event.target.name,
      EventSourceArn: details.source,
      DestinationConfig: destination?.config,
      ...details.extra,
    },
    event.passedOn,
  );
  grant(event, details, destination?.policy);
  return [mapping];
}

/** The source's ARN under one of its names, required. */
export function sourceArn(event: FunctionEvent, name: 'Stream' | 'Queue' | 'Broker' | 'Cluster'): Json {
  const arn = event.properties[name];
  if (isBlank(arn) || arn === undefined) {
    throw new InvalidEvent(
      event.eventId,
      'No Queue (for SQS) or Stream (for Kinesis, DynamoDB or MSK) or Broker (for Amazon MQ) or Cluster (for Amazon DocumentDB) provided.',
    );
  }
  return arn;
}

export function requireStartingPosition(event: FunctionEvent): void {
  if (isBlank(event.properties['StartingPosition'])) {
    throw new InvalidEvent(event.eventId, 'StartingPosition is required for Kinesis, DynamoDB and MSK.');
  }
}

function grant(event: FunctionEvent, details: MappingDetails, destinationPolicy: DestinationPolicy | undefined): void {
  const { role } = event;
  if (role === undefined) return;
  if (details.managedPolicy !== undefined) {
    attachManagedPolicy(role, managedPolicyArn(event.context.partition, details.managedPolicy));
  }
  if (details.policy !== undefined) addInlinePolicy(role, details.policy.name, details.policy.document);
  if (destinationPolicy !== undefined) addInlinePolicy(role, destinationPolicy.name, destinationPolicy.document);
}

interface DestinationPolicy {
  readonly name: string;
  readonly document: JsonMap;
}

const destinationActions: Readonly<Record<string, Json | undefined>> = {
  SQS: 'sqs:SendMessage',
  SNS: 'sns:publish',
  S3: ['s3:PutObject', 's3:ListBucket'],
  Kafka: undefined,
};

/** `Type` in a destination tells SAM which permission the role needs; Lambda does not know it. */
function destinationConfig(event: FunctionEvent): { config: Json; policy?: DestinationPolicy } | undefined {
  const given = event.properties['DestinationConfig'];
  if (given === undefined || isBlank(given)) return undefined;
  if (!isMap(given)) return { config: given };
  const onFailure = expectOfEvent(event.logicalId).map(given['OnFailure'], 'DestinationConfig.OnFailure');
  const { Type: type, ...rest } = onFailure;
  if (type === undefined) return { config: given };
  if (typeof type !== 'string' || !Object.hasOwn(destinationActions, type)) {
    throw new InvalidEvent(event.logicalId, "The only valid values for 'Type' are 'SQS', 'SNS', 'S3' and 'Kafka'");
  }
  const config = { ...given, OnFailure: rest };
  const action = destinationActions[type];
  if (action === undefined) return { config };
  const statement = { Action: action, Effect: 'Allow', Resource: rest['Destination'] ?? null };
  return { config, policy: { name: `${event.logicalId}${type}Policy`, document: { Statement: [statement] } } };
}
