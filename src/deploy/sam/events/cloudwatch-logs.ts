import { cfnResource } from '../cfn-resource.ts';
import { sub } from '../intrinsics.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { required } from '../properties.ts';
import type { EventSource } from './event-source.ts';

export const cloudWatchLogs: EventSource = {
  properties: { LogGroupName: required('string'), FilterPattern: required('string') },
  build(event) {
    const group = event.properties['LogGroupName'] ?? null;
    const { partition } = event.context;
    const permission = lambdaPermission(
      `${event.logicalId}Permission`,
      {
        functionName: event.target.name,
        principal: 'logs.amazonaws.com',
        sourceArn: sub(`arn:${partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:\${__LogGroupName__}:*`, {
          __LogGroupName__: group,
        }),
      },
      event.passedOn,
    );
    const filter = cfnResource(
      event.logicalId,
      'AWS::Logs::SubscriptionFilter',
      {
        LogGroupName: group,
        FilterPattern: event.properties['FilterPattern'],
        DestinationArn: event.target.arn,
      },
      { DependsOn: [permission.logicalId], ...event.passedOn },
    );
    return [permission, filter];
  },
};
