import type { Context } from '#kernel/context.ts';
import { stackDoesNotExist } from '#deploy/stacks/errors.ts';
import { parseStackId } from '#deploy/stacks/identity.ts';
import * as store from '#deploy/stacks/store.ts';
import type { StackRecord } from '#deploy/engine/records.ts';

/** By name: a stack that is there. By ARN: also one that was deleted. */
export async function findStack(nameOrId: string, context: Context): Promise<StackRecord | undefined> {
  const { accountId, region } = context;
  const parsed = parseStackId(nameOrId);
  if (parsed && (parsed.accountId !== accountId || parsed.region !== region)) return undefined;
  const uuid = parsed?.uuid ?? (await store.findUuid(context.store, { accountId, region }, nameOrId));
  return uuid === undefined ? undefined : store.getStack(context.store, { accountId, region, uuid });
}

export async function requireStack(
  nameOrId: string | undefined,
  context: Context,
  error = stackDoesNotExist,
): Promise<StackRecord> {
  const stack = nameOrId === undefined ? undefined : await findStack(nameOrId, context);
  if (!stack) throw error(nameOrId ?? '');
  return stack;
}

/** One that can still be acted on. */
export async function requireLiveStack(
  nameOrId: string | undefined,
  context: Context,
  error = stackDoesNotExist,
): Promise<StackRecord> {
  const stack = await requireStack(nameOrId, context, error);
  if (stack.status === 'DELETE_COMPLETE') throw error(nameOrId ?? '');
  return stack;
}
