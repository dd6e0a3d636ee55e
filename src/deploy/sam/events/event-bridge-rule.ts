import { arnOf, cfnResource } from '../cfn-resource.ts';
import { compact } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { optional, passedOn } from '../properties.ts';
import type { PropertyTable } from '../properties.ts';
import type { EventSource } from './event-source.ts';
import { deadLetter, deadLetterResources, ruleState, targetId } from './rule-target.ts';

export const ruleProperties: PropertyTable = {
  ...passedOn('EventBusName Pattern Input InputPath InputTransformer RetryPolicy RuleName State Enabled'),
  DeadLetterConfig: optional('map'),
  Target: optional('map'),
};

/** EventBridgeRule, and CloudWatchEvent by its older name. */
export const eventBridgeRule: EventSource = {
  properties: ruleProperties,
  build(event) {
    const { properties, logicalId, passedOn: attributes } = event;
    const letter = deadLetter(logicalId, properties, attributes);
    const rule = cfnResource(
      logicalId,
      'AWS::Events::Rule',
      {
        EventBusName: properties['EventBusName'],
        EventPattern: properties['Pattern'],
        Name: properties['RuleName'],
        State: ruleState(event.eventId, properties),
        Targets: [
          compact({
            Arn: event.target.arn,
            Id: targetId(logicalId, 'LambdaTarget', properties['Target']),
            Input: properties['Input'],
            InputPath: properties['InputPath'],
            InputTransformer: properties['InputTransformer'],
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
