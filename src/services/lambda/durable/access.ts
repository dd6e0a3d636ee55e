// IAM's view: actions on an execution ask for its ARN, which lies below its function's (service authorization reference, AWS Lambda).
import type { Context } from '#kernel/context.ts';
import type { Authorization } from '#kernel/service.ts';
import { tagConditions } from '../access.ts';
import { policyFor } from '../policy.ts';
import { findFunction } from '../store.ts';
import { executionArn, parseCallbackId, parseExecutionArn } from './names.ts';
import { findExecution } from './store.ts';

export const onExecution =
  (action: string) =>
  (input: { DurableExecutionArn?: string }, context: Context): Promise<Authorization[]> =>
    asked(action, input.DurableExecutionArn ?? '', context);

/** A callback's id names the execution; one that names none is for the operation to refuse. */
export const onCallback =
  (action: string) =>
  async (input: { CallbackId?: string }, context: Context): Promise<Authorization[]> => {
    const ref = parseCallbackId(input.CallbackId ?? '');
    const execution = ref && (await findExecution(context.store, ref, ref.execution));
    return execution
      ? asked(action, executionArn(execution), context)
      : [{ action: `lambda:${action}`, resource: '*' }];
  };

async function asked(action: string, arn: string, context: Context): Promise<Authorization[]> {
  const { accountId, region, functionName, version } = parseExecutionArn(arn);
  const record = await findFunction(context.store, { accountId, region }, functionName);
  const resourcePolicy = record && policyFor(record, version);
  return [
    {
      action: `lambda:${action}`,
      resource: arn,
      resourceAccountId: accountId,
      conditions: tagConditions(record?.tags ?? {}),
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
  ];
}
