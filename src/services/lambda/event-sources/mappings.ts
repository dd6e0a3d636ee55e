// https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { requireQualified, requireShort } from '../durable-config.ts';
import { conflict, invalidParameter, notFound } from '../errors.ts';
import { functionArn, parseFunctionName } from '../names.ts';
import { resolveVersion, type Resolved } from '../resolve.ts';
import { placeOf } from '../store.ts';
import { describe, type Configuration } from './describe.ts';
import { settingsOf } from './settings.ts';
import { checkDestination, checkSource } from './source-checks.ts';
import { kindOf, sourceOf, type SourceKind } from './sources.ts';
import { startingCheckpoints, startingPosition } from './starting.ts';
import {
  findMapping,
  findResult,
  listMappings,
  putCheckpoint,
  putMapping,
  type EventSourceMapping,
  type LaneCheckpoint,
} from './store.ts';

const LISTED_MAX = 100;

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
  const resolved = await resolveVersion(context, ref);
  const { durable } = resolved.version;
  if (durable) {
    requireQualified(ref);
    requireShort(durable);
  }
  return { arn: functionArn(ref, ref.name, ref.qualifier), resolved };
}

/** With what became of a stream's last batch. */
async function described(context: Context, mapping: EventSourceMapping): Promise<Configuration> {
  return describe(mapping, mapping.stream && (await findResult(context.store, mapping)));
}

/** Fixed before the answer: what is put into the stream after it is LATEST. A mapping that is not enabled begins when it is. */
async function startOf(context: Context, mapping: EventSourceMapping, kind: SourceKind): Promise<LaneCheckpoint[]> {
  const { stream, eventSourceArn, enabled } = mapping;
  const source = kind === 'sqs' ? undefined : context.platform.streams[kind];
  if (!stream || !source || !enabled) return [];
  const shards = await source.shards(eventSourceArn);
  return startingCheckpoints(source, eventSourceArn, shards, startingPosition(stream), stream.parallelizationFactor);
}

export const createEventSourceMapping: Operation<'lambda', 'CreateEventSourceMapping'> = async (input, context) => {
  const { arn: eventSourceArn, kind } = sourceOf(input);
  const { arn, resolved } = await findTarget(context, input.FunctionName);
  const settings = settingsOf(input, kind, eventSourceArn);
  if ((settings.stream?.startingTimestamp ?? 0) > context.clock.now())
    throw invalidParameter('StartingPositionTimestamp cannot be in the future.');
  await checkSource(context, kind, eventSourceArn, resolved);
  if (settings.stream?.onFailure !== undefined) await checkDestination(context, settings.stream.onFailure, resolved);
  const mapping: EventSourceMapping = {
    ...placeOf(context),
    uuid: context.ids.uuid(),
    revision: context.ids.uuid(),
    eventSourceArn,
    functionArn: arn,
    enabled: input.Enabled ?? true,
    transition: 'Creating',
    ...settings,
    tags: input.Tags ?? {},
    lastModified: context.clock.now(),
  };
  const checkpoints = await startOf(context, mapping, kind);
  await context.store.transact(async (tx) => {
    for (const other of await listMappings(tx, mapping, undefined, 1000)) {
      if (other.eventSourceArn !== eventSourceArn || other.functionArn !== arn) continue;
      if (other.transition === 'Deleting') continue;
      throw conflict(
        `The event source arn (" ${eventSourceArn} ") and function (" ${resolved.record.name} ") provided mapping already exists. Please update or delete the existing mapping with UUID ${other.uuid}`,
      );
    }
    putMapping(tx, mapping);
    for (const checkpoint of checkpoints) putCheckpoint(tx, mapping, checkpoint);
  });
  return describe(mapping);
};

const beingDeleted = (): ServiceError =>
  new ServiceError(
    'ResourceInUseException',
    'Cannot update the event source mapping because it is not in a modifiable state: Deleting',
    400,
    { fields: { Type: 'User' } },
  );

export const updateEventSourceMapping: Operation<'lambda', 'UpdateEventSourceMapping'> = async (input, context) => {
  const current = await requireMapping(context, input.UUID);
  const kind = kindOf(current.eventSourceArn) ?? 'sqs';
  const target = await findTarget(context, input.FunctionName ?? current.functionArn);
  await checkSource(context, kind, current.eventSourceArn, target.resolved);
  const { onFailure } = settingsOf(input, kind, current.eventSourceArn, current).stream ?? {};
  if (onFailure !== undefined) await checkDestination(context, onFailure, target.resolved);
  const updated = await context.store.transact(async (tx) => {
    const before = await requireMapping(context, input.UUID, tx);
    if (before.transition === 'Deleting') throw beingDeleted();
    const enabled = input.Enabled ?? before.enabled;
    const after: EventSourceMapping = {
      ...placeOf(context),
      uuid: before.uuid,
      revision: context.ids.uuid(),
      eventSourceArn: before.eventSourceArn,
      functionArn: target.arn,
      enabled,
      transition: enabled === before.enabled ? 'Updating' : enabled ? 'Enabling' : 'Disabling',
      ...settingsOf(input, kind, before.eventSourceArn, before),
      tags: before.tags,
      lastModified: context.clock.now(),
    };
    putMapping(tx, after);
    return after;
  });
  return described(context, updated);
};

export const getEventSourceMapping: Operation<'lambda', 'GetEventSourceMapping'> = async ({ UUID }, context) =>
  described(context, await requireMapping(context, UUID));

/** Its poller takes it away, once it reads no more. */
export const deleteEventSourceMapping: Operation<'lambda', 'DeleteEventSourceMapping'> = async ({ UUID }, context) => {
  const deleted = await context.store.transact(async (tx) => {
    const before = await requireMapping(context, UUID, tx);
    if (before.transition === 'Deleting') return before;
    const mapping: EventSourceMapping = { ...before, transition: 'Deleting', revision: context.ids.uuid() };
    putMapping(tx, mapping);
    return mapping;
  });
  return described(context, deleted);
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
    EventSourceMappings: await Promise.all(page.map((mapping) => described(context, mapping))),
  };
};
