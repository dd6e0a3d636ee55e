import { arnOf, cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { findResource } from '../context.ts';
import { InvalidEvent } from '../errors.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { managedPolicyArn } from '../partition.ts';
import { attachManagedPolicy } from '../policies/execution-role.ts';
import { optional, passedOn, required } from '../properties.ts';
import type { EventSource, FunctionEvent } from './event-source.ts';

const batchSizeDefault = 10;

interface SubscribedQueue {
  readonly arn: Json;
  readonly url: Json;
}

export const sns: EventSource = {
  properties: {
    ...passedOn('Region FilterPolicy FilterPolicyScope RedrivePolicy'),
    Topic: required('string'),
    SqsSubscription: optional('boolean', 'map'),
  },
  build(event) {
    const through = event.properties['SqsSubscription'];
    if (through === undefined || through === false) return direct(event);
    return isMap(through) ? throughGivenQueue(event, through) : throughOwnQueue(event);
  },
};

function direct(event: FunctionEvent): CfnResource[] {
  const permission = lambdaPermission(
    `${event.logicalId}Permission`,
    {
      functionName: event.target.name,
      principal: 'sns.amazonaws.com',
      sourceArn: event.properties['Topic'],
    },
    event.passedOn,
  );
  return [permission, subscription(event, 'lambda', event.target.arn)];
}

function throughOwnQueue(event: FunctionEvent): CfnResource[] {
  const fifo = isFifoTopic(event) ? { FifoQueue: true } : {};
  const queue = cfnResource(`${event.logicalId}Queue`, 'AWS::SQS::Queue', fifo, event.passedOn);
  return [queue, ...throughQueue(event, { arn: arnOf(queue), url: refTo(queue) }, {})];
}

function throughGivenQueue(event: FunctionEvent, given: JsonMap): CfnResource[] {
  const { QueueArn: arn, QueueUrl: url } = given;
  if (arn === undefined || url === undefined) {
    throw new InvalidEvent(event.eventId, 'No QueueARN or QueueURL provided.');
  }
  return throughQueue(event, { arn, url }, given);
}

function throughQueue(event: FunctionEvent, queue: SubscribedQueue, settings: JsonMap): CfnResource[] {
  const mapping = cfnResource(
    `${event.logicalId}EventSourceMapping`,
    'AWS::Lambda::EventSourceMapping',
    {
      BatchSize: settings['BatchSize'] ?? batchSizeDefault,
      Enabled: settings['Enabled'] ?? true,
      EventSourceArn: queue.arn,
      FunctionName: event.target.name,
    },
    event.passedOn,
  );
  if (event.role !== undefined) {
    const policy = managedPolicyArn(event.context.partition, 'service-role/AWSLambdaSQSQueueExecutionRole');
    attachManagedPolicy(event.role, policy);
  }
  return [queuePolicy(event, queue, settings), mapping, subscription(event, 'sqs', queue.arn)];
}

function queuePolicy(event: FunctionEvent, queue: SubscribedQueue, settings: JsonMap): CfnResource {
  const given = settings['QueuePolicyLogicalId'];
  const statement = {
    Action: 'sqs:SendMessage',
    Effect: 'Allow',
    Principal: '*',
    Resource: queue.arn,
    Condition: { ArnEquals: { 'aws:SourceArn': event.properties['Topic'] ?? null } },
  };
  return cfnResource(
    typeof given === 'string' ? given : `${event.logicalId}QueuePolicy`,
    'AWS::SQS::QueuePolicy',
    { PolicyDocument: { Version: '2012-10-17', Statement: [statement] }, Queues: [queue.url] },
    event.passedOn,
  );
}

function subscription(event: FunctionEvent, protocol: string, endpoint: Json): CfnResource {
  const { properties } = event;
  return cfnResource(
    event.logicalId,
    'AWS::SNS::Subscription',
    {
      Protocol: protocol,
      Endpoint: endpoint,
      TopicArn: properties['Topic'],
      Region: properties['Region'],
      FilterPolicy: properties['FilterPolicy'],
      FilterPolicyScope: properties['FilterPolicyScope'],
      RedrivePolicy: properties['RedrivePolicy'],
    },
    event.passedOn,
  );
}

/** A FIFO topic delivers to FIFO queues only. */
function isFifoTopic(event: FunctionEvent): boolean {
  const topic = event.properties['Topic'];
  const topicId = isMap(topic) ? topic['Ref'] : undefined;
  if (typeof topicId !== 'string') return false;
  const properties = findResource(event.context.resources, topicId)?.['Properties'];
  return isMap(properties) && properties['FifoTopic'] === true;
}
