// Change sets of nested stacks, below the one of their root (IncludeNestedStacks). Stacks that do not exist yet have none.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/change-sets-for-nested-stacks.html
import type { ResourceChange } from '@aws-sdk/client-cloudformation';
import type { Platform } from '#kernel/platform.ts';
import type { Reader, Transaction } from '#store/contract.ts';
import { NESTED_STACK, parametersOf } from '../resources/nested-stack-properties.ts';
import { tagMap } from '../resources/shared.ts';
import type { Properties } from '../resources/contract.ts';
import type { StackKey, StackRecord } from '../engine/records.ts';
import { evaluate } from '../template/evaluate.ts';
import { findUnknown } from '../template/value.ts';
import type { ChangeSetRecord } from './change-set.ts';
import type { ChangeSetRequest } from './change-sets.ts';
import { parseStackId } from './identity.ts';
import { deployedScope, type PreviewInput } from './preview.ts';
import * as store from './store.ts';

type Write = (
  platform: Platform,
  request: ChangeSetRequest,
) => Promise<{ stack: StackRecord; changeSet: ChangeSetRecord }>;

/** By logical id: what the nested stack's change set is, or that it has nothing to change. */
export type NestedChanges = ReadonlyMap<string, { changeSetId: string } | 'unchanged'>;

const RANDOM_LENGTH = 13;

/** Writes the change sets of the nested stacks that would change. What depends on values of later is left out. */
export async function writeNestedChangeSets(
  platform: Platform,
  request: ChangeSetRequest,
  preview: PreviewInput,
  parent: { id: string; rootId: string },
  write: Write,
): Promise<NestedChanges> {
  const found = new Map<string, { changeSetId: string } | 'unchanged'>();
  const scope = deployedScope(preview);
  for (const { logicalId, type, deployed } of preview.resources) {
    const resource = preview.blueprint.resources.get(logicalId);
    const key = type === NESTED_STACK && deployed ? parseStackId(deployed.physicalId) : undefined;
    const child = key && (await store.getStack(platform.store, key));
    if (!resource || !child) continue;
    const value = evaluate(resource.properties, scope);
    if (findUnknown(value)) continue;
    const properties = value as Properties;
    const { changeSet } = await write(platform, {
      ...request,
      existing: child,
      stackName: child.name,
      name: `${request.name}-${logicalId}-${platform.ids.upper(RANDOM_LENGTH)}`,
      type: 'UPDATE',
      source: { TemplateURL: properties.TemplateURL },
      usePreviousTemplate: false,
      parameters: parametersOf(properties.Parameters),
      tags: { ...preview.tags, ...tagMap(properties.Tags) },
      parent,
    });
    const unchanged = changeSet.status === 'FAILED' && changeSet.hasNoChanges === true;
    found.set(logicalId, unchanged ? 'unchanged' : { changeSetId: changeSet.id });
    if (unchanged) await platform.store.transact((tx) => store.deleteChangeSet(tx, child, changeSet.uuid));
  }
  return found;
}

interface Below {
  stack: StackKey;
  changeSet: ChangeSetRecord;
}

/** All change sets under one, at any depth. */
export async function changeSetsBelow(reader: Reader, changes: readonly ResourceChange[]): Promise<Below[]> {
  const below: Below[] = [];
  for (const { ChangeSetId: id, PhysicalResourceId: stackId } of changes) {
    const stack = id === undefined || stackId === undefined ? undefined : parseStackId(stackId);
    const changeSet = stack && (await store.getChangeSet(reader, stack, id!.split('/').at(-1)!));
    if (!stack || !changeSet) continue;
    below.push({ stack, changeSet }, ...(await changeSetsBelow(reader, changeSet.changes)));
  }
  return below;
}

/** With the change set that holds them. */
export async function deleteChangeSetsBelow(tx: Transaction, changes: readonly ResourceChange[]): Promise<void> {
  for (const { stack, changeSet } of await changeSetsBelow(tx, changes)) {
    store.deleteChangeSet(tx, stack, changeSet.uuid);
  }
}
