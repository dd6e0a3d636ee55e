// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
import { parseArn } from '#core/arn.ts';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import type { Output } from '#kernel/service-types.ts';
import { decideAccess, isEnforced } from '#kernel/authorize.ts';
import { conflict, invalidParameter, notFound } from '../errors.ts';
import { functionArn, parseFunctionName } from '../names.ts';
import { resolveVersion, type Resolved } from '../resolve.ts';
import { rolePrincipal } from '../role.ts';
import { placeOf } from '../store.ts';
import { queueUrlOf } from './queue.ts';
import { checkSource, settingsOf, sourceFailure } from './settings.ts';
import { deleteMapping, findMapping, listMappings, putMapping, type EventSourceMapping } from './store.ts';

type Configuration = Output<'lambda', 'GetEventSourceMapping'>;

const LISTED_MAX = 100;

export const mappingArn = ({ accountId, region, uuid }: EventSourceMapping): string =>
  `arn:aws:lambda:${region}:${accountId}:event-source-mapping:${uuid}`;

/** A change takes effect at once; the answer to it still says that it is under way, as AWS's does. */
const describe = (mapping: EventSourceMapping, state?: string): Configuration => ({
  UUID: mapping.uuid,
  BatchSize: mapping.batchSize,
  MaximumBatchingWindowInSeconds: mapping.windowSeconds,
  EventSourceArn: mapping.eventSourceArn,
  ...(mapping.filters.length > 0 && { FilterCriteria: { Filters: mapping.filters.map((Pattern) => ({ Pattern })) } }),
  FunctionArn: mapping.functionArn,
  LastModified: new Date(mapping.lastModified),
  State: state ?? (mapping.enabled ? 'Enabled' : 'Disabled'),
  StateTransitionReason: 'USER_INITIATED',
  FunctionResponseTypes: mapping.responseTypes as never,
  ...(mapping.maximumConcurrency !== undefined && {
    ScalingConfig: { MaximumConcurrency: mapping.maximumConcurrency },
  }),
  EventSourceMappingArn: mappingArn(mapping),
});

const mappingNotFound = (): ServiceError => notFound('The resource you requested does not exist.');

export async function requireMapping(
  context: Context,
  uuid: string,
  reader = context.store as Parameters<typeof findMapping>[0],
): Promise<EventSourceMapping> {
  const mapping = await findMapping(reader, placeOf(context), uuid);
  if (!mapping) throw mappingNotFound();
  return mapping;
}

async function findTarget(context: Context, name: string): Promise<{ arn: string; resolved: Resolved }> {
  const ref = parseFunctionName(name, placeOf(context));
  return { arn: functionArn(ref, ref.name, ref.qualifier), resolved: await resolveVersion(context, ref) };
}

const POLLING = ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes'];

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

export const createEventSourceMapping: Operation<'lambda', 'CreateEventSourceMapping'> = async (input, context) => {
  const eventSourceArn = checkSource(input);
  const { arn, resolved } = await findTarget(context, input.FunctionName);
  const settings = settingsOf(input, eventSourceArn);
  await checkQueue(context, eventSourceArn, resolved);
  const mapping: EventSourceMapping = {
    ...placeOf(context),
    uuid: context.ids.uuid(),
    revision: context.ids.uuid(),
    eventSourceArn,
    functionArn: arn,
    enabled: input.Enabled ?? true,
    ...settings,
    tags: input.Tags ?? {},
    lastModified: context.clock.now(),
  };
  await context.store.transact(async (tx) => {
    for (const other of await listMappings(tx, mapping, undefined, 1000)) {
      if (other.eventSourceArn !== eventSourceArn || other.functionArn !== arn) continue;
      throw conflict(
        `The event source arn (" ${eventSourceArn} ") and function (" ${resolved.record.name} ") provided mapping already exists. Please update or delete the existing mapping with UUID ${other.uuid}`,
      );
    }
    putMapping(tx, mapping);
  });
  return describe(mapping, 'Creating');
};

export const updateEventSourceMapping: Operation<'lambda', 'UpdateEventSourceMapping'> = async (input, context) => {
  const current = await requireMapping(context, input.UUID);
  const target = await findTarget(context, input.FunctionName ?? current.functionArn);
  await checkQueue(context, current.eventSourceArn, target.resolved);
  let state = 'Updating';
  const updated = await context.store.transact(async (tx) => {
    const before = await requireMapping(context, input.UUID, tx);
    const { maximumConcurrency: _before, ...rest } = before;
    const after: EventSourceMapping = {
      ...rest,
      ...settingsOf(input as never, before.eventSourceArn, before),
      functionArn: target.arn,
      enabled: input.Enabled ?? before.enabled,
      revision: context.ids.uuid(),
      lastModified: context.clock.now(),
    };
    state = after.enabled === before.enabled ? 'Updating' : after.enabled ? 'Enabling' : 'Disabling';
    putMapping(tx, after);
    return after;
  });
  return describe(updated, state);
};

export const getEventSourceMapping: Operation<'lambda', 'GetEventSourceMapping'> = async ({ UUID }, context) =>
  describe(await requireMapping(context, UUID));

export const deleteEventSourceMapping: Operation<'lambda', 'DeleteEventSourceMapping'> = async ({ UUID }, context) => {
  const deleted = await context.store.transact(async (tx) => {
    const mapping = await requireMapping(context, UUID, tx);
    deleteMapping(tx, mapping);
    return mapping;
  });
  return describe(deleted, 'Deleting');
};

export const listEventSourceMappings: Operation<'lambda', 'ListEventSourceMappings'> = async (input, context) => {
  const limit = Math.min(input.MaxItems ?? LISTED_MAX, LISTED_MAX);
  const ref = input.FunctionName === undefined ? undefined : parseFunctionName(input.FunctionName, placeOf(context));
  const arn = ref && functionArn(ref, ref.name, ref.qualifier);
  const found: EventSourceMapping[] = [];
  for (let after = input.Marker; ;) {
    const page = await listMappings(context.store, placeOf(context), after, 1000);
    for (const mapping of page) {
      if (input.EventSourceArn !== undefined && mapping.eventSourceArn !== input.EventSourceArn) continue;
      if (arn === undefined || mapping.functionArn === arn) found.push(mapping);
    }
    after = page.at(-1)?.uuid;
    if (page.length < 1000 || found.length > limit) break;
  }
  const page = found.slice(0, limit);
  return {
    ...(found.length > limit && { NextMarker: page.at(-1)?.uuid }),
    EventSourceMappings: page.map((mapping) => describe(mapping)),
  };
};
