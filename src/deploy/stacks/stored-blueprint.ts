import type { Platform } from '#kernel/platform.ts';
import type { StackDefinition, StackKey } from '../engine/records.ts';
import { buildBlueprint, type Blueprint } from '../template/blueprint.ts';
import { parseTemplate } from '../template/document.ts';
import { parseParameters } from '../template/parameters.ts';
import { partitionOf, type StackFacts } from '../template/pseudo.ts';
import type { JsonObject } from '../template/document.ts';
import * as store from './store.ts';

export interface StackIdentity extends StackKey {
  stackId: string;
  name: string;
}

export const factsOf = (stack: StackIdentity, notificationArns: readonly string[]): StackFacts => ({
  accountId: stack.accountId,
  region: stack.region,
  partition: partitionOf(stack.region),
  stackId: stack.stackId,
  stackName: stack.name,
  notificationArns,
});

/** The blueprint of a stack's stored template, with lines of the text that the user gave. */
export async function blueprintOf(platform: Platform, stack: StackIdentity & StackDefinition): Promise<Blueprint> {
  const [original, processed] = await Promise.all([
    store.getTemplate(platform.store, stack, stack.template, 'Original'),
    store.getTemplate(platform.store, stack, stack.template, 'Processed'),
  ]);
  if (original === undefined) throw new Error(`stack ${stack.stackId} has no template ${stack.template}`);
  const document = parseTemplate(original);
  const template = processed === undefined ? document.json : (JSON.parse(processed) as JsonObject);
  const lineOf = (path: readonly (string | number)[]): number | undefined => document.lineOf(path);
  const definitions = parseParameters(template.Parameters, lineOf);
  return buildBlueprint({
    template,
    definitions,
    parameters: stack.parameters,
    facts: factsOf(stack, stack.notificationArns),
    lineOf,
  });
}
