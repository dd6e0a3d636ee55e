import { NO_VALUE, type Value } from './value.ts';

/** What the pseudo parameters say in one stack. */
export interface StackFacts {
  accountId: string;
  region: string;
  partition: string;
  stackId: string;
  stackName: string;
  notificationArns: readonly string[];
}

export const PSEUDO_PARAMETERS: ReadonlySet<string> = new Set([
  'AWS::AccountId',
  'AWS::NoValue',
  'AWS::NotificationARNs',
  'AWS::Partition',
  'AWS::Region',
  'AWS::StackId',
  'AWS::StackName',
  'AWS::URLSuffix',
]);

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html */
export function pseudoParameter(name: string, facts: StackFacts): Value | undefined {
  switch (name) {
    case 'AWS::AccountId':
      return facts.accountId;
    case 'AWS::NoValue':
      return NO_VALUE;
    case 'AWS::NotificationARNs':
      return [...facts.notificationArns];
    case 'AWS::Partition':
      return facts.partition;
    case 'AWS::Region':
      return facts.region;
    case 'AWS::StackId':
      return facts.stackId;
    case 'AWS::StackName':
      return facts.stackName;
    case 'AWS::URLSuffix':
      return facts.partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
    default:
      return undefined;
  }
}

/** aws, aws-cn or aws-us-gov, from the region's name. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  if (region.startsWith('us-gov-')) return 'aws-us-gov';
  return 'aws';
}

/** Zones a, b and c of every region: those that every account sees in most regions. */
export const availabilityZonesOf = (region: string): string[] => ['a', 'b', 'c'].map((zone) => `${region}${zone}`);
