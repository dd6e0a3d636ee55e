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
/** a page of large payloads has fewer events */
const PAGE_BYTES_MAX = 6 * 1024 * 1024;
const DATES = new Set(['ScheduledEndTimestamp', 'StartTimestamp', 'EndTimestamp']);

export const getDurableExecutionHistory: Operation<'lambda', 'GetDurableExecutionHistory'> = async (input, context) => {
  const { at, id, events } = await requireExecution(context, input.DurableExecutionArn ?? '');
  const limit = Math.min(input.MaxItems || PAGE.default, PAGE.max);
  const records = await listEvents(context.store, at, id, {
    limit,
    reverse: input.ReverseOrder ?? false,
    ...(input.Marker && { after: readMarker(input.Marker) }),
  });
  const included = input.IncludeExecutionData ?? true;
  const Events: Event[] = [];
  let bytes = 0;
  for (const record of records) {
    const event = await describeEvent(context.platform, record, included);
    bytes += Buffer.byteLength(JSON.stringify(event));
    if (bytes > PAGE_BYTES_MAX && Events.length > 0) break;
    Events.push(event);
  }
  const last = Events.at(-1)?.EventId ?? 0;
  const isLast = input.ReverseOrder ? last <= 1 : last >= events;
  return { Events, ...(!isLast && { NextMarker: markerOf(last) }) };
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
