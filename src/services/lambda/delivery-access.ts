// Whether a function's role may deliver to a queue, a topic, a bucket, a bus or a function: asked when one is configured.
import { parseArn } from '#core/arn.ts';
import { ServiceError } from '#core/errors.ts';
import { rootPrincipal } from '#core/principal.ts';
import { decideAccess, isEnforced } from '#kernel/authorize.ts';
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import { queueUrlOf } from './event-sources/sources.ts';
import { rolePrincipal } from './role.ts';

interface Delivery {
  action: string;
  operation: string;
  product: string;
}
const DELIVERIES: Readonly<Record<string, Delivery>> = {
  sqs: { action: 'sqs:SendMessage', operation: 'SendMessage', product: 'SQS' },
  sns: { action: 'sns:Publish', operation: 'Publish', product: 'SNS' },
  s3: { action: 's3:PutObject', operation: 'PutObject', product: 'S3' },
  lambda: { action: 'lambda:InvokeFunction', operation: 'InvokeFunction', product: 'Lambda' },
  events: { action: 'events:PutEvents', operation: 'PutEvents', product: 'EventBridge' },
};

/** What the role must not do, where IAM is enforced; undefined when it may. */
export async function deniedDelivery(
  context: Context,
  destination: string,
  source: { role: string; name: string },
): Promise<Delivery | undefined> {
  const { platform } = context;
  const principal = rolePrincipal(source.role, source.name);
  const { service = '', region = '', accountId = '' } = parseArn(destination) ?? {};
  const delivery = DELIVERIES[service];
  if (!delivery || !isEnforced(platform, principal)) return undefined;
  const at = { accountId: accountId || context.accountId, region: region || context.region };
  const resourcePolicy = service === 'sqs' ? await queuePolicy(platform, destination, at) : undefined;
  const decision = await decideAccess(
    platform,
    { principal, ...at },
    {
      action: delivery.action,
      resource: service === 's3' ? `${destination}/*` : destination,
      resourceAccountId: at.accountId,
      ...(resourcePolicy !== undefined && { resourcePolicy }),
    },
  );
  return decision.allowed ? undefined : delivery;
}

/** A queue that does not exist has none. */
async function queuePolicy(
  platform: Platform,
  queueArn: string,
  at: { accountId: string; region: string },
): Promise<string | undefined> {
  const input = { QueueUrl: queueUrlOf(queueArn), AttributeNames: ['Policy' as const] };
  try {
    const as = rootPrincipal(at.accountId);
    const { Attributes } = await platform.call('sqs', 'GetQueueAttributes', input, { as, ...at, trusted: true });
    return Attributes?.['Policy'];
  } catch (error) {
    if (error instanceof ServiceError) return undefined;
    throw error;
  }
}
