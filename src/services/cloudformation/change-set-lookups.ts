import type { Context } from '#kernel/context.ts';
import type { StackRecord } from '#deploy/engine/records.ts';
import type { ChangeSetRecord } from '#deploy/stacks/change-set.ts';
import { changeSetNotFound, stackMissing, validationError } from '#deploy/stacks/errors.ts';
import * as store from '#deploy/stacks/store.ts';
import { findStack } from './lookups.ts';

export const changeSetUuid = (nameOrArn: string): string | undefined =>
  /^arn:[^:]+:cloudformation:[^:]+:\d{12}:changeSet\/[^/]+\/(.+)$/.exec(nameOrArn)?.[1];

export interface FoundChangeSet {
  stack: StackRecord;
  changeSet: ChangeSetRecord;
}

/** By ARN alone, or by name and stack. */
export async function findChangeSet(
  nameOrArn: string,
  stackName: string | undefined,
  context: Context,
): Promise<FoundChangeSet | undefined> {
  const uuid = changeSetUuid(nameOrArn);
  if (stackName === undefined && uuid === undefined) {
    throw validationError('StackName must be specified if ChangeSetName is not specified as an ARN.');
  }
  if (stackName !== undefined) {
    const stack = await findStack(stackName, context);
    if (!stack) throw stackMissing(stackName);
    const changeSet = (await store.listChangeSets(context.store, stack)).find((record) =>
      uuid === undefined ? record.name === nameOrArn : record.uuid === uuid,
    );
    return changeSet && { stack, changeSet };
  }
  for (const stack of await store.listStacks(context.store, context)) {
    const changeSet = await store.getChangeSet(context.store, stack, uuid!);
    if (changeSet) return { stack, changeSet };
  }
  return undefined;
}

export async function changeSetOf(
  nameOrArn: string,
  stackName: string | undefined,
  context: Context,
): Promise<FoundChangeSet> {
  const found = await findChangeSet(nameOrArn, stackName, context);
  if (!found) throw changeSetNotFound(nameOrArn);
  return found;
}
