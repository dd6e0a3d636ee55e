// Asynchronous invocations: on disk before 202 is answered, tried at least once, then retried, then dead-lettered.
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html (2026-11)
import { ServiceError } from '#core/errors.ts';
import type { Platform } from '#kernel/platform.ts';
import { Postpone, type WorkItem, type WorkKind } from '#kernel/work.ts';
import { functionArn, parseFunctionName, type FunctionRef } from './names.ts';
import { lineageId, RecursiveInvocation } from './recursion.ts';
import { findResolved, versionOfAlias, type Resolved } from './resolve.ts';
import { poolOf } from './pools.ts';
import { snapshotOf, traceFor, type Invocable } from './snapshots.ts';
import {
  findEventInvoke,
  type EventInvokeRecord,
  type FunctionRecord,
  type Place,
  type VersionRecord,
} from './store.ts';
import type { Destination } from './destinations.ts';

/** Two more tries by default, a minute and two minutes later; function errors only. */
const RETRIES_DEFAULT = 2;
const BACKOFF_MS = [60_000, 120_000];
/** Throttles and faults of our own are tried again with back-off from 1 s to 5 min, until the event is too old (6 hours). */
const AGE_SECONDS_DEFAULT = 6 * 3600;
const THROTTLE_MS = { first: 1000, most: 300_000 };
/** a store entry holds less: bigger events go into a blob */
const INLINE_BYTES_MAX = 128 * 1024;

export interface AsyncEvent {
  at: Place;
  name: string;
  qualifier?: string;
  requestId: string;
  /** JSON text, or the blob that holds it */
  payload?: string;
  blob?: string;
  traceHeader?: string;
  clientContext?: string;
}

export async function enqueueEvent(
  platform: Platform,
  invocable: Invocable,
  payload: Uint8Array | string,
  requestId: string,
  traceHeader?: string,
  clientContext?: string,
): Promise<void> {
  const bytes =
    typeof payload === 'string'
      ? Buffer.from(payload)
      : Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const large = bytes.length > INLINE_BYTES_MAX;
  const blob = large ? (await platform.blobs.put(bytes)).id : undefined;
  const event: AsyncEvent = {
    at: invocable.at,
    name: invocable.name,
    ...(invocable.qualifier !== undefined && { qualifier: invocable.qualifier }),
    requestId,
    ...(blob === undefined ? { payload: bytes.toString() } : { blob }),
    ...(traceHeader !== undefined && { traceHeader }),
    ...(clientContext !== undefined && { clientContext }),
  };
  await platform.store.transact((tx) => {
    if (blob !== undefined) platform.blobs.claim(tx, blob);
    platform.work.enqueue(tx, 'lambda:async', event);
  });
}

async function payloadOf(event: AsyncEvent, platform: Platform): Promise<string> {
  if (event.blob === undefined) return event.payload ?? 'null';
  return Buffer.concat(await Array.fromAsync(platform.blobs.read(event.blob))).toString();
}

interface Outcome {
  condition: 'Success' | 'RetriesExhausted' | 'EventAgeExceeded';
  tries: number;
  version: string;
  functionError?: string;
  /** JSON text, as a rule */
  response?: string;
}

/** A runtime of the user's own, or a Python handler's bytes, need not be JSON. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Puts the outcome on its way: to the destination, and a failure to the dead letter queue too. */
async function settle(
  event: AsyncEvent,
  payload: string,
  config: EventInvokeRecord | undefined,
  deadLetter: string | undefined,
  outcome: Outcome,
  platform: Platform,
): Promise<void> {
  const success = outcome.condition === 'Success';
  const target = success ? config?.onSuccess : config?.onFailure;
  const { at, requestId } = event;
  const record = {
    version: '1.0',
    timestamp: new Date(platform.clock.now()).toISOString(),
    requestContext: {
      requestId,
      functionArn: functionArn(at, event.name, event.qualifier ?? '$LATEST'),
      condition: outcome.condition,
      approximateInvokeCount: outcome.tries,
    },
    requestPayload: JSON.parse(payload) as unknown,
    ...(outcome.tries > 0 && {
      responseContext: {
        statusCode: 200,
        executedVersion: outcome.version,
        ...(outcome.functionError !== undefined && { functionError: outcome.functionError }),
      },
      ...(outcome.response !== undefined && { responsePayload: parsed(outcome.response) }),
    }),
  };
  const deliveries: Destination[] = [];
  if (target !== undefined)
    deliveries.push({ at, source: event.name, arn: target, kind: 'record', success, body: JSON.stringify(record) });
  if (!success && deadLetter !== undefined) {
    const { errorMessage = outcome.condition } = (parsed(outcome.response ?? '{}') ?? {}) as { errorMessage?: string };
    deliveries.push({
      at,
      source: event.name,
      arn: deadLetter,
      kind: 'dead-letter',
      success,
      body: payload,
      requestId,
      errorMessage,
    });
  }
  await platform.store.transact((tx) => {
    for (const delivery of deliveries) platform.work.enqueue(tx, 'lambda:destination', delivery);
    if (event.blob !== undefined) platform.work.enqueue(tx, 'lambda:remove-blob', { blob: event.blob });
  });
}

/** Thrown to have the work queue count a failed try and wait. */
class FunctionFailed extends Error {}

async function run(item: WorkItem<AsyncEvent>, platform: Platform): Promise<void | Postpone> {
  const event = item.payload;
  const ref = parseFunctionName(event.name, event.at, event.qualifier);
  const resolved = await findResolved(platform.store, ref);
  if (!resolved) return; // deleted meanwhile: AWS drops its events
  const { record } = resolved;
  const version = await chosenVersion(platform, ref, resolved);
  const config = await findEventInvoke(platform.store, ref, ref.name, event.qualifier ?? '$LATEST');
  const payload = await payloadOf(event, platform);
  const done = (outcome: Omit<Outcome, 'version'>): Promise<void> =>
    settle(event, payload, config, version.deadLetterTargetArn, { ...outcome, version: version.version }, platform);
  const ageMs = platform.clock.now() - item.createdAt;
  if (ageMs > (config?.maximumEventAgeInSeconds ?? AGE_SECONDS_DEFAULT) * 1000) {
    return done({ condition: 'EventAgeExceeded', tries: item.failures });
  }
  let result;
  try {
    result = await poolOf(platform).invoke(snapshotOf(platform, ref, record, version), {
      requestId: event.requestId,
      payload,
      invokedFunctionArn: functionArn(ref, ref.name, event.qualifier),
      traceHeader: traceOf(platform, event, record),
      ...(event.clientContext !== undefined && { clientContext: event.clientContext }),
    });
  } catch (error) {
    if (error instanceof RecursiveInvocation) {
      const response = JSON.stringify({ errorMessage: error.message });
      return done({ condition: 'RetriesExhausted', tries: item.failures, response });
    }
    // Throttled, or the platform's own fault: neither is a try of the function.
    if (!(error instanceof ServiceError))
      platform.warn(`asynchronous invocation of ${event.name}: ${(error as Error).message}`);
    if (record.reservedConcurrency === 0) return done({ condition: 'RetriesExhausted', tries: 0 });
    return new Postpone(platform.clock.now() + Math.min(Math.max(ageMs, THROTTLE_MS.first), THROTTLE_MS.most));
  }
  const response = result.payload.toString();
  const tries = item.failures + 1;
  if (result.functionError === undefined) return done({ condition: 'Success', tries, response });
  if (item.failures >= (config?.maximumRetryAttempts ?? RETRIES_DEFAULT)) {
    return done({ condition: 'RetriesExhausted', tries, functionError: result.functionError, response });
  }
  throw new FunctionFailed(response.slice(0, 1000));
}

/** A weighted alias sends its share of events to the other version. */
async function chosenVersion(platform: Platform, ref: FunctionRef, resolved: Resolved): Promise<VersionRecord> {
  const { record, version, alias } = resolved;
  if (!alias?.routing || Math.random() >= alias.routing.weight) return version;
  return (await versionOfAlias(platform.store, ref, record, alias.routing.version)) ?? version;
}

const traceOf = (platform: Platform, event: AsyncEvent, record: FunctionRecord): string =>
  traceFor(
    platform,
    { lineageId: lineageId(functionArn(event.at, event.name)), mayLoop: record.recursiveLoop === 'Allow' },
    event.requestId,
    event.traceHeader,
  );

export const asyncWork: WorkKind<AsyncEvent> = {
  run,
  retry: { attempts: RETRIES_DEFAULT + 2, backoffMs: (failures) => BACKOFF_MS[failures - 1] ?? 120_000 },
  concurrency: 50,
  leaseMs: 120_000,
};

export const removeBlobWork: WorkKind<{ blob: string }> = {
  run: (item, platform) => platform.blobs.remove(item.payload.blob),
  retry: { attempts: 10, backoffMs: (failures) => 1000 * 2 ** failures },
};
