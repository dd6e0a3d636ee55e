import { arnOf, cfnResource } from '../cfn-resource.ts';
import type { CfnResource } from '../cfn-resource.ts';
import { InvalidEvent } from '../errors.ts';
import { compact } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { assumeRolePolicy, iamRole } from '../policies/execution-role.ts';
import { optional, passedOn, plain } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';
import type { EventSource } from './event-source.ts';
import { deadLetter } from './rule-target.ts';
import type { DeadLetter } from './rule-target.ts';

export const scheduleV2Properties: PropertyTable = {
  ...passedOn(`ScheduleExpression FlexibleTimeWindow Name State Description StartDate EndDate
    ScheduleExpressionTimezone GroupName KmsKeyArn Input RoleArn RetryPolicy PermissionsBoundary`),
  DeadLetterConfig: optional('map'),
  OmitName: plain(optional('boolean')),
};

/** What a schedule invokes or starts, and how its role is allowed to. */
export interface ScheduleTarget {
  readonly arn: Json;
  readonly policySuffix: string;
  readonly action: string;
}

export function scheduleV2Resources(
  logicalId: string,
  properties: JsonMap,
  target: ScheduleTarget,
  attributes: JsonMap,
): CfnResource[] {
  if (properties['OmitName'] === true && properties['Name'] !== undefined) {
    throw new InvalidEvent(logicalId, 'Name cannot be set when OmitName is True');
  }
  const letter = deadLetter(logicalId, properties, attributes);
  const role =
    properties['RoleArn'] === undefined ? scheduleRole(logicalId, properties, target, letter, attributes) : undefined;
  const resource = cfnResource(
    logicalId,
    'AWS::Scheduler::Schedule',
    {
      ScheduleExpression: properties['ScheduleExpression'],
      FlexibleTimeWindow: properties['FlexibleTimeWindow'] ?? { Mode: 'OFF' },
      Name: properties['OmitName'] === true ? undefined : (properties['Name'] ?? logicalId),
      State: properties['State'],
      Description: properties['Description'],
      StartDate: properties['StartDate'],
      EndDate: properties['EndDate'],
      ScheduleExpressionTimezone: properties['ScheduleExpressionTimezone'],
      GroupName: properties['GroupName'],
      KmsKeyArn: properties['KmsKeyArn'],
      Target: compact({
        Arn: target.arn,
        RoleArn: role === undefined ? properties['RoleArn'] : arnOf(role),
        Input: properties['Input'],
        DeadLetterConfig: letter?.config,
        RetryPolicy: properties['RetryPolicy'],
      }),
    },
    attributes,
  );
  return [resource, ...(role ? [role] : []), ...(letter?.queue ? [letter.queue] : [])];
}

export const scheduleV2: EventSource = {
  properties: scheduleV2Properties,
  build(event) {
    const target = { arn: event.target.arn, policySuffix: 'LambdaPolicy', action: 'lambda:InvokeFunction' };
    return scheduleV2Resources(event.logicalId, event.properties, target, event.passedOn);
  },
};

function scheduleRole(
  logicalId: string,
  properties: JsonMap,
  target: ScheduleTarget,
  letter: DeadLetter | undefined,
  attributes: JsonMap,
): CfnResource {
  const policies = [policy(`${logicalId}${target.policySuffix}`, target.action, target.arn)];
  if (letter !== undefined) {
    policies.push(policy(`${logicalId}SQSPolicy`, 'sqs:SendMessage', letter.config['Arn'] ?? null));
  }
  return iamRole(
    `${logicalId}Role`,
    {
      assumeRolePolicyDocument: assumeRolePolicy('scheduler.amazonaws.com'),
      policies,
      permissionsBoundary: properties['PermissionsBoundary'],
    },
    attributes,
  );
}

function policy(name: string, action: string, resource: Json): JsonMap {
  return {
    PolicyName: name,
    PolicyDocument: { Statement: [{ Action: action, Effect: 'Allow', Resource: resource }] },
  };
}
