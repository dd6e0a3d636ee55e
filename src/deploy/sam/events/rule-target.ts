import { arnOf, cfnResource, refTo } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidEvent } from '../errors.ts';
import { isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';

// What rules and schedules have in common, whether they invoke a function or start a state machine.

const targetIdMax = 64;

export function targetId(logicalId: string, suffix: string, given: Json | undefined): Json {
  const own = isMap(given) ? given['Id'] : undefined;
  return own ?? logicalId.slice(0, targetIdMax - suffix.length) + suffix;
}

/** `State`, or what the older `Enabled` means. */
export function ruleState(eventId: string, properties: JsonMap): Json | undefined {
  const { State: state, Enabled: enabled } = properties;
  if (enabled === undefined) return state;
  if (state !== undefined) throw new InvalidEvent(eventId, 'State and Enabled Properties cannot both be specified.');
  if (typeof enabled === 'boolean') return enabled ? 'ENABLED' : 'DISABLED';
  return enabled;
}

export interface DeadLetter {
  readonly config: JsonMap;
  /** The queue that is made when `Type: SQS` asks for one. */
  readonly queue?: CfnResource;
}

/** DeadLetterConfig: an ARN of the user's, or a queue made here. */
export function deadLetter(logicalId: string, properties: JsonMap, attributes: JsonMap): DeadLetter | undefined {
  const given = properties['DeadLetterConfig'];
  if (!isMap(given)) return undefined;
  const { Arn: arn, Type: type, QueueLogicalId: queueId } = given;
  const fail = (detail: string): InvalidEvent => new InvalidEvent(logicalId, detail);
  if (arn !== undefined && type !== undefined) {
    throw fail("You can either define 'Arn' or 'Type' property of DeadLetterConfig.");
  }
  if (arn !== undefined) return { config: { Arn: arn } };
  if (type === undefined) throw fail("No 'Arn' or 'Type' property provided for DeadLetterConfig.");
  if (type !== 'SQS') throw fail("The only valid value for 'Type' property of DeadLetterConfig is 'SQS'.");
  if (queueId !== undefined && typeof queueId !== 'string') throw fail('QueueLogicalId must be a string');
  const queue = cfnResource(queueId ?? `${logicalId}Queue`, 'AWS::SQS::Queue', {}, attributes);
  return { config: { Arn: arnOf(queue) }, queue };
}

/** Lets EventBridge send the rule's failed events to the queue. */
export function deadLetterQueuePolicy(rule: CfnResource, queue: CfnResource, attributes: JsonMap): CfnResource {
  return cfnResource(
    `${rule.logicalId}QueuePolicy`,
    'AWS::SQS::QueuePolicy',
    {
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Action: 'sqs:SendMessage',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Resource: arnOf(queue),
            Condition: { ArnEquals: { 'aws:SourceArn': arnOf(rule) } },
          },
        ],
      },
      Queues: [refTo(queue)],
    },
    attributes,
  );
}

export function deadLetterResources(
  rule: CfnResource,
  letter: DeadLetter | undefined,
  attributes: JsonMap,
): CfnResource[] {
  if (letter?.queue === undefined) return [];
  return [letter.queue, deadLetterQueuePolicy(rule, letter.queue, attributes)];
}
