// A platform with CloudFormation and fake services, and the calls that tests make.
import { rootPrincipal } from '#core/principal.ts';
import type { Clock } from '#core/clock.ts';
import type { Call } from '#kernel/call.ts';
import type { Platform, PlatformConfig } from '#kernel/platform.ts';
import type { Service } from '#kernel/service.ts';
import { createPlatform } from '#server/create-platform.ts';
import { cloudformation } from '#services/cloudformation/index.ts';
import { FakeSqs } from './fake-services.ts';

export const accountId = '123456789012';
export const region = 'us-east-1';

export interface TestBed {
  platform: Platform;
  sqs: FakeSqs;
  call: Call;
  /** events of a stack, oldest first, as `LogicalId STATUS reason` */
  events(stack: string): Promise<string[]>;
  status(stack: string): Promise<string | undefined>;
  outputs(stack: string): Promise<Record<string, string>>;
  stop(): Promise<void>;
}

export async function testBed(
  config: Partial<PlatformConfig> = {},
  more: readonly Service<any>[] = [],
  sqs = new FakeSqs(),
  clock?: Clock,
): Promise<TestBed> {
  const warnings: string[] = [];
  const { platform, stop } = await createPlatform({
    services: [cloudformation, sqs.service, ...more],
    config,
    ...(clock && { clock }),
    warn: (text) => warnings.push(text),
  });
  const call = ((service: never, operation: never, input: never) =>
    platform.call(service, operation, input, { as: rootPrincipal(accountId), accountId, region })) as Call;
  return {
    platform,
    sqs,
    call,
    async events(stack) {
      const { StackEvents } = await call('cloudformation', 'DescribeStackEvents', { StackName: stack });
      return (StackEvents ?? [])
        .map((event) =>
          [event.LogicalResourceId, event.ResourceStatus, event.ResourceStatusReason].filter(Boolean).join(' '),
        )
        .reverse();
    },
    async status(stack) {
      const { Stacks } = await call('cloudformation', 'DescribeStacks', { StackName: stack });
      return Stacks?.[0]?.StackStatus;
    },
    async outputs(stack) {
      const { Stacks } = await call('cloudformation', 'DescribeStacks', { StackName: stack });
      return Object.fromEntries((Stacks?.[0]?.Outputs ?? []).map((output) => [output.OutputKey!, output.OutputValue!]));
    },
    stop,
  };
}
