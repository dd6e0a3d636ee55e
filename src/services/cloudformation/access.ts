// Actions and resources by the service authorization reference, "Actions, resources, and condition keys for AWS CloudFormation".
import type { Context } from '#kernel/context.ts';
import type { Authorization, Authorize } from '#kernel/service.ts';
import { partitionOf } from '#deploy/template/pseudo.ts';
import { changeSetUuid } from './change-set-lookups.ts';
import { findStack } from './lookups.ts';

interface Named {
  StackName?: string | undefined;
  RoleARN?: string | undefined;
  ChangeSetName?: string | undefined;
  TemplateURL?: string | undefined;
}

async function stackArn(name: string | undefined, context: Context): Promise<string> {
  const { accountId, region } = context;
  const prefix = `arn:${partitionOf(region)}:cloudformation:${region}:${accountId}:stack`;
  if (name === undefined) return `${prefix}/*/*`;
  if (name.startsWith('arn:')) return name;
  const stack = await findStack(name, context);
  return stack?.stackId ?? `${prefix}/${name}/*`;
}

/** On a stack, and PassRole on the role that the stack is to act as. */
const onStack =
  (action: string): Authorize =>
  async (input: Named, context): Promise<Authorization[]> => {
    const { StackName, RoleARN, ChangeSetName } = input;
    const resource =
      StackName === undefined && ChangeSetName && changeSetUuid(ChangeSetName)
        ? '*'
        : await stackArn(StackName, context);
    return [
      {
        action: `cloudformation:${action}`,
        resource,
        conditions: {
          ...(ChangeSetName !== undefined && { 'cloudformation:ChangeSetName': ChangeSetName }),
          ...(RoleARN !== undefined && { 'cloudformation:RoleArn': RoleARN }),
          ...(input.TemplateURL !== undefined && { 'cloudformation:TemplateUrl': input.TemplateURL }),
        },
      },
      ...(RoleARN === undefined
        ? []
        : [
            {
              action: 'iam:PassRole',
              resource: RoleARN,
              conditions: { 'iam:PassedToService': 'cloudformation.amazonaws.com' },
            },
          ]),
    ];
  };

const STACK_OPERATIONS = [
  'CancelUpdateStack',
  'ContinueUpdateRollback',
  'CreateChangeSet',
  'CreateStack',
  'DeleteChangeSet',
  'DeleteStack',
  'DescribeChangeSet',
  'DescribeStackEvents',
  'DescribeStackResource',
  'DescribeStackResources',
  'DescribeStacks',
  'ExecuteChangeSet',
  'GetStackPolicy',
  'GetTemplate',
  'ListChangeSets',
  'ListStackResources',
  'RollbackStack',
  'SetStackPolicy',
  'SignalResource',
  'UpdateStack',
  'UpdateTerminationProtection',
] as const;

export const authorize = Object.fromEntries(STACK_OPERATIONS.map((action) => [action, onStack(action)])) as Record<
  (typeof STACK_OPERATIONS)[number],
  Authorize
>;
