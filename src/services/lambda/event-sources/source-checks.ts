// What has to hold of a source and the function's role before a mapping is taken.
import { parseArn } from '#core/arn.ts';
import { ServiceError } from '#core/errors.ts';
import type { Principal } from '#core/principal.ts';
import { decideAccess, isEnforced } from '#kernel/authorize.ts';
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import { deniedDelivery } from '../delivery-access.ts';
import { invalidParameter } from '../errors.ts';
import type { Resolved } from '../resolve.ts';
import { rolePrincipal } from '../role.ts';
import { queueUrlOf, type SourceKind } from './sources.ts';

const POLLING = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

export async function checkSource(
  context: Context,
  kind: SourceKind,
  sourceArn: string,
  resolved: Resolved,
): Promise<void> {
  if (kind === 'sqs') await checkQueue(context, sourceArn, resolved);
  else await checkStream(context, kind, sourceArn, resolved);
}

/** The role must be able to poll, and the queue must hold messages for as long as the function may run. */
async function checkQueue(context: Context, sourceArn: string, { version, record }: Resolved): Promise<void> {
  const { platform } = context;
  const at = { accountId: context.accountId, region: parseArn(sourceArn)?.region ?? context.region };
  const as = rolePrincipal(version.role, record.name);
  let timeout: number;
  try {
    const { Attributes = {} } = await platform.call(
      'sqs',
      'GetQueueAttributes',
      { QueueUrl: queueUrlOf(sourceArn), AttributeNames: ['VisibilityTimeout', 'Policy'] },
      { as, ...at, trusted: true },
    );
    timeout = Number(Attributes['VisibilityTimeout']);
    for (const action of POLLING) {
      const decision = await decideAccess(
        platform,
        { principal: as, ...at },
        {
          action: `sqs:${action}`,
          resource: sourceArn,
          resourceAccountId: parseArn(sourceArn)?.accountId ?? at.accountId,
          ...(Attributes['Policy'] !== undefined && { resourcePolicy: Attributes['Policy'] }),
        },
      );
      if (!decision.allowed && isEnforced(platform, as)) {
        throw invalidParameter(`The function execution role does not have permissions to call ${action} on SQS`);
      }
    }
  } catch (error) {
    if (error instanceof ServiceError && error.code === 'QueueDoesNotExist')
      throw sourceFailure('ReceiveMessage', error);
    throw error;
  }
  if (timeout < version.timeout) {
    throw invalidParameter(
      `Queue visibility timeout: ${timeout} seconds is less than Function timeout: ${version.timeout} seconds`,
    );
  }
}

/** How Lambda repeats what SQS said. */
function sourceFailure(operation: string, error: ServiceError): ServiceError {
  const code = error.code === 'QueueDoesNotExist' ? 'AWS.SimpleQueueService.NonExistentQueue' : error.code;
  return invalidParameter(
    `Error occurred while ${operation}. SQS Error Code: ${code}. SQS Error Message: ${error.message}`,
  );
}

/** The role must be able to tell about records that are given up. */
export async function checkDestination(
  context: Context,
  destination: string,
  { version, record }: Resolved,
): Promise<void> {
  const denied = await deniedDelivery(context, destination, { role: version.role, name: record.name });
  if (!denied) return;
  throw invalidParameter(
    `The provided execution role does not have permissions to call ${denied.operation} on ${denied.product}`,
  );
}

/** On the stream itself; ListStreams, which AWS's words name as well, knows no resource. */
const READING = {
  kinesis: ['GetRecords', 'GetShardIterator', 'DescribeStream', 'ListShards'],
  dynamodb: ['GetRecords', 'GetShardIterator', 'DescribeStream'],
} as const;
const READING_NAMED = {
  kinesis: 'GetRecords, GetShardIterator, DescribeStream, ListShards, and ListStreams',
  dynamodb: 'GetRecords, GetShardIterator, DescribeStream, and ListStreams',
} as const;

async function checkStream(
  context: Context,
  kind: 'kinesis' | 'dynamodb',
  sourceArn: string,
  { version, record }: Resolved,
): Promise<void> {
  const { platform } = context;
  // a service that is not part of this program has no streams
  const stream = await platform.streams[kind]?.find(sourceArn);
  if (!stream) throw invalidParameter(`Stream not found: ${sourceArn}`);
  if (await mayRead(platform, kind, sourceArn, rolePrincipal(version.role, record.name))) return;
  throw invalidParameter(
    `Cannot access stream ${sourceArn}. Please ensure the role can perform the ${READING_NAMED[kind]} Actions on your stream in IAM.`,
  );
}

/** Asked when a mapping is made, and by its poller as long as it reads. */
export async function mayRead(
  platform: Platform,
  kind: 'kinesis' | 'dynamodb',
  sourceArn: string,
  role: Principal,
): Promise<boolean> {
  if (!isEnforced(platform, role)) return true;
  const { region = '', accountId = '', resource = '' } = parseArn(sourceArn) ?? {};
  const isConsumer = kind === 'kinesis' && resource.includes('/consumer/');
  for (const action of isConsumer ? ['SubscribeToShard'] : READING[kind]) {
    const authorization = { action: `${kind}:${action}`, resource: sourceArn, resourceAccountId: accountId };
    const decision = await decideAccess(platform, { principal: role, region, accountId }, authorization);
    if (!decision.allowed) return false;
  }
  return true;
}
