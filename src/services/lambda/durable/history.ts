// GetDurableExecutionHistory: the events of an execution, in AWS's types and members.
import type { Event } from '@aws-sdk/client-lambda';
import type { Platform } from '#kernel/platform.ts';
import type { Operation } from '#kernel/service.ts';
import type { ErrorObject } from './close.ts';
import { requireExecution } from './executions.ts';
import { markerOf, readMarker } from './state.ts';
import { listEvents, type EventRecord } from './store.ts';
import { readText } from './text.ts';

const PAGE = { default: 100, max: 1000 };
const DATES = new Set(['ScheduledEndTimestamp', 'StartTimestamp', 'EndTimestamp']);

export const getDurableExecutionHistory: Operation<'lambda', 'GetDurableExecutionHistory'> = async (input, context) => {
  const { at, id } = await requireExecution(context, input.DurableExecutionArn ?? '');
  const limit = Math.min(input.MaxItems || PAGE.default, PAGE.max);
  const records = await listEvents(context.store, at, id, {
    limit: Math.min(limit + 1, PAGE.max),
    reverse: input.ReverseOrder ?? false,
    ...(input.Marker && { after: readMarker(input.Marker) }),
  });
  const shown = records.slice(0, limit);
  const included = input.IncludeExecutionData ?? true;
  const Events: Event[] = [];
  for (const record of shown) Events.push(await describeEvent(context.platform, record, included));
  const last = shown.at(-1);
  // a full page of the greatest size may be the last one: then the next is empty
  const more = records.length > limit || (limit === PAGE.max && records.length === limit);
  return { Events, ...(more && last && { NextMarker: markerOf(last.n) }) };
};

async function describeEvent(platform: Platform, record: EventRecord, included: boolean): Promise<Event> {
  const { type, operation } = record;
  const details = {
    ...Object.fromEntries(
      Object.entries(record.details).map(([name, value]) => [
        name,
        DATES.has(name) ? new Date(value as number) : value,
      ]),
    ),
    ...(record.input && { Input: await payloadOf(platform, record.input, included) }),
    ...(record.result && { Result: await payloadOf(platform, record.result, included) }),
    ...(record.error && { Error: await errorOf(platform, record.error, included) }),
  };
  return {
    EventType: type as NonNullable<Event['EventType']>,
    ...(operation?.subType !== undefined && { SubType: operation.subType }),
    EventId: record.n,
    ...(operation && { Id: operation.id }),
    ...(operation?.name !== undefined && { Name: operation.name }),
    EventTimestamp: new Date(record.atMs),
    ...(operation?.parentId !== undefined && { ParentId: operation.parentId }),
    [`${type}Details`]: required(type, details),
  };
}

/** Members that the model requires are there even when nobody gave a value. */
function required(type: string, details: Record<string, unknown>): Record<string, unknown> {
  if (type.endsWith('Succeeded') && type !== 'WaitSucceeded') return { Result: { Truncated: false }, ...details };
  if (type.endsWith('Failed') || type === 'ExecutionStopped' || type === 'CallbackTimedOut') {
    return { Error: { Truncated: false }, ...details };
  }
  return details;
}

const payloadOf = async (platform: Platform, text: NonNullable<EventRecord['input']>, included: boolean) =>
  included ? { Payload: await readText(platform, text), Truncated: false } : { Truncated: true };

const errorOf = async (platform: Platform, text: NonNullable<EventRecord['error']>, included: boolean) =>
  included
    ? { Payload: JSON.parse(await readText(platform, text)) as ErrorObject, Truncated: false }
    : { Truncated: true };
