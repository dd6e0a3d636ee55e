import type { Ids } from '#core/ids.ts';
import { TemplateError } from '../template/error.ts';
import { partitionOf } from '../template/pseudo.ts';
import type { StackIdentity } from './stored-blueprint.ts';

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateStack.html */
const STACK_NAME = /^[a-zA-Z][-a-zA-Z0-9]{0,127}$/;

export function checkStackName(name: string): void {
  if (STACK_NAME.test(name)) return;
  throw new TemplateError(
    name.length > 128
      ? `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must have length less than or equal to 128`
      : `1 validation error detected: Value '${name}' at 'stackName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*`,
  );
}

export function newStackIdentity(place: { accountId: string; region: string }, name: string, ids: Ids): StackIdentity {
  const uuid = ids.uuid();
  const { accountId, region } = place;
  return {
    accountId,
    region,
    uuid,
    name,
    stackId: `arn:${partitionOf(region)}:cloudformation:${region}:${accountId}:stack/${name}/${uuid}`,
  };
}

/** Name and UUID from a stack's ARN; undefined when it is none. */
export function parseStackId(
  text: string,
): { accountId: string; region: string; name: string; uuid: string } | undefined {
  const match = /^arn:[^:]+:cloudformation:([^:]+):(\d{12}):stack\/([^/]+)\/([^/]+)$/.exec(text);
  return match ? { region: match[1]!, accountId: match[2]!, name: match[3]!, uuid: match[4]! } : undefined;
}
