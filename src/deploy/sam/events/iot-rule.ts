import { cfnResource, refTo } from '../cfn-resource.ts';
import { sub } from '../intrinsics.ts';
import { compact } from '../json.ts';
import { lambdaPermission } from '../lambda-permission.ts';
import { optional, required } from '../properties.ts';
import type { EventSource } from './event-source.ts';

export const iotRule: EventSource = {
  properties: { Sql: required('string'), AwsIotSqlVersion: optional('string') },
  build(event) {
    const rule = cfnResource(
      event.logicalId,
      'AWS::IoT::TopicRule',
      {
        TopicRulePayload: compact({
          Sql: event.properties['Sql'],
          AwsIotSqlVersion: event.properties['AwsIotSqlVersion'],
          RuleDisabled: false,
          Actions: [{ Lambda: { FunctionArn: event.target.arn } }],
        }),
      },
      event.passedOn,
    );
    const { partition } = event.context;
    const permission = lambdaPermission(
      `${event.logicalId}Permission`,
      {
        functionName: event.target.name,
        principal: 'iot.amazonaws.com',
        sourceAccount: sub('${AWS::AccountId}'),
        sourceArn: sub(`arn:${partition}:iot:\${AWS::Region}:\${AWS::AccountId}:rule/\${RuleName}`, {
          RuleName: refTo(rule),
        }),
      },
      event.passedOn,
    );
    return [rule, permission];
  },
};
