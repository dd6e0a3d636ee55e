// What the stack operations' inputs have in common.
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { OperationRecord, StackKey } from '#deploy/engine/records.ts';
import { settleStack } from '#deploy/stacks/settle.ts';
import { validationError } from '#deploy/stacks/errors.ts';
import { parseObjectUrl, readObjectText } from '#deploy/stacks/template-url.ts';
import { checkPolicyText } from '#deploy/engine/stack-policy.ts';

/**
 * Operations answer when the stack has settled, or after this long: a client that asks at once after a quick operation
 * finds it done, and does not sleep its waiter's 30 seconds. AWS's own answers take about as long.
 */
const SETTLE_MS = 2_000;
const POLICY_BYTES_MAX = 16_384;

export async function settleBriefly(context: Context, key: StackKey): Promise<void> {
  await settleStack(context.platform, key, context.clock.now() + SETTLE_MS);
}

export const tagsOf = (
  tags: readonly { Key?: string | undefined; Value?: string | undefined }[] | undefined,
): Record<string, string> => Object.fromEntries((tags ?? []).map(({ Key = '', Value = '' }) => [Key, Value]));

/** Settings that would have no effect here. */
export function refuseUnsupported(input: {
  NotificationARNs?: string[] | undefined;
  RollbackConfiguration?: { RollbackTriggers?: unknown[] | undefined } | undefined;
}): void {
  if ((input.NotificationARNs ?? []).length > 0) {
    throw new ServiceError('ValidationError', 'Gatehouse does not support NotificationARNs: it has no SNS yet', 400);
  }
  if ((input.RollbackConfiguration?.RollbackTriggers ?? []).length > 0) {
    throw new ServiceError(
      'ValidationError',
      'Gatehouse does not support RollbackTriggers: it has no CloudWatch alarms yet',
      400,
    );
  }
}

export function onFailureOf(input: {
  DisableRollback?: boolean | undefined;
  OnFailure?: string | undefined;
}): OperationRecord['onFailure'] | undefined {
  if (input.DisableRollback !== undefined && input.OnFailure !== undefined) {
    throw validationError('Either DisableRollback or OnFailure can be specified, not both.');
  }
  if (input.DisableRollback) return 'DO_NOTHING';
  return input.OnFailure as OperationRecord['onFailure'] | undefined;
}

/** A stack policy's text, from the body or from S3. */
export async function stackPolicyText(
  body: string | undefined,
  url: string | undefined,
  context: Context,
): Promise<string | undefined> {
  if (body !== undefined && url !== undefined) {
    throw validationError('You cannot specify both StackPolicyURL and StackPolicyBody');
  }
  const text = url === undefined ? body : await readObjectText(context.call, parseObjectUrl(url), POLICY_BYTES_MAX);
  if (text !== undefined) checkPolicyText(text);
  return text;
}
