import { InvalidResource } from '../errors.ts';
import { isMap } from '../json.ts';
import type { JsonMap } from '../json.ts';
import { pythonRepr } from '../python-text.ts';
import type { SamResource } from '../sam-resource.ts';

const actions: Readonly<Record<string, string>> = { SQS: 'sqs:SendMessage', SNS: 'sns:Publish' };

export function checkDeadLetterQueue(resource: SamResource): void {
  const queue = resource.properties['DeadLetterQueue'];
  if (queue === undefined) return;
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  if (!isMap(queue) || !('Type' in queue) || !('TargetArn' in queue)) {
    throw fail("'DeadLetterQueue' requires Type and TargetArn properties to be specified.");
  }
  const type = queue['Type'];
  if (typeof type !== 'string' || !Object.hasOwn(actions, type)) {
    throw fail(`'DeadLetterQueue' requires Type of ${pythonRepr(Object.keys(actions))}`);
  }
}

/** The statement that lets the function's role send to its dead letter queue. */
export function deadLetterStatement(resource: SamResource): JsonMap | undefined {
  const queue = resource.properties['DeadLetterQueue'];
  if (!isMap(queue)) return undefined;
  const action = actions[String(queue['Type'])];
  const target = queue['TargetArn'];
  if (action === undefined || target === undefined) return undefined;
  return { Action: action, Resource: target, Effect: 'Allow' };
}
