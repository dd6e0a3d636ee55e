import { arnOf, cfnResource } from '../cfn-resource.ts';
import { compact } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { optional, passedOn } from '../properties.ts';
import type { EventSource } from './event-source.ts';
import { deadLetter, deadLetterResources, ruleState, targetId } from './rule-target.ts';

export const schedule: EventSource = {
  properties: {
    ...passedOn('Schedule Input Enabled State Name Description RetryPolicy'),
    DeadLetterConfig: optional('map'),
  },
  build(event) {
    const { properties, logicalId, passedOn: attributes } = event;
    const letter = deadLetter(logicalId, properties, attributes);
    const rule = cfnResource(
      logicalId,
      'AWS::Events::Rule',
      {
        ScheduleExpression: properties['Schedule'],
        State: ruleState(event.eventId, properties),
        Name: properties['Name'],
        Description: properties['Description'],
        Targets: [
          compact({
            Arn: event.target.arn,
            Id: targetId(logicalId, 'LambdaTarget', undefined),
            Input: properties['Input'],
            DeadLetterConfig: letter?.config,
            RetryPolicy: properties['RetryPolicy'],
          }),
        ],
      },
      attributes,
    );
    const permission = lambdaPermission(
      `${logicalId}Permission`,
      { functionName: event.target.name, principal: 'events.amazonaws.com', sourceArn: arnOf(rule) },
      attributes,
    );
    return [rule, permission, ...deadLetterResources(rule, letter, attributes)];
  },
};
