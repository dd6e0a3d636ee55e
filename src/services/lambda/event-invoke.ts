// How asynchronous invocations of a function are retried, and where their outcome goes.
import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { deniedDelivery } from './delivery-access.ts';
import { invalidParameter, notFound } from './errors.ts';
import { functionArn, parseFunctionName, type FunctionRef } from './names.ts';
import { findResolved } from './resolve.ts';
import {
  deleteEventInvokeEntry,
  findEventInvoke,
  findFunction,
  listEventInvokes,
  placeOf,
  putEventInvoke,
  type EventInvokeRecord,
} from './store.ts';

const PAGE_MAX = 50;
const DESTINATIONS = new Set(['sqs', 'sns', 'lambda', 'events', 's3']);

interface Given {
  MaximumRetryAttempts?: number;
  MaximumEventAgeInSeconds?: number;
  DestinationConfig?: { OnSuccess?: { Destination?: string }; OnFailure?: { Destination?: string } };
}

const noFunction = (): Error => notFound("The function doesn't exist.");
const qualifierOf = (ref: FunctionRef): string => ref.qualifier ?? '$LATEST';
const missing = (ref: FunctionRef): Error =>
  notFound(`The function ${functionArn(ref, ref.name, qualifierOf(ref))} doesn't have an EventInvokeConfig`);

function checkDestination(kind: 'success' | 'failure', arn: string | undefined, ref: FunctionRef): void {
  if (arn === undefined || arn === '') return;
  const service = parseArn(arn)?.service ?? '';
  // buckets take failures only
  if (!DESTINATIONS.has(service) || (service === 's3' && kind === 'success')) {
    const [onSuccess, onFailure] =
      kind === 'success' ? [`OnSuccess(destination=${arn})`, null] : [null, `OnFailure(destination=${arn})`];
    throw invalidParameter(
      `The provided destination config DestinationConfig(onSuccess=${onSuccess}, onFailure=${onFailure}) is invalid.`,
    );
  }
  if (arn === functionArn(ref, ref.name))
    throw invalidParameter("You can't specify the function as a destination for itself.");
}

/** The role must be able to deliver, as AWS asks when a destination is configured. */
async function checkDelivery(
  context: Context,
  ref: FunctionRef,
  destinations: readonly (string | undefined)[],
): Promise<void> {
  const resolved = await findResolved(context.store, ref);
  if (!resolved) return;
  for (const destination of destinations) {
    if (!destination) continue;
    const denied = await deniedDelivery(context, destination, { role: resolved.version.role, name: ref.name });
    if (denied) {
      throw invalidParameter(
        `The function's execution role does not have permissions to call ${denied.operation} on ${destination}`,
      );
    }
  }
}

function describe(ref: FunctionRef, record: EventInvokeRecord): any {
  return {
    LastModified: new Date(record.lastModified),
    FunctionArn: functionArn(ref, ref.name, record.qualifier),
    ...(record.maximumRetryAttempts !== undefined && { MaximumRetryAttempts: record.maximumRetryAttempts }),
    ...(record.maximumEventAgeInSeconds !== undefined && { MaximumEventAgeInSeconds: record.maximumEventAgeInSeconds }),
    DestinationConfig: {
      OnSuccess: record.onSuccess === undefined ? {} : { Destination: record.onSuccess },
      OnFailure: record.onFailure === undefined ? {} : { Destination: record.onFailure },
    },
  };
}

async function write(
  context: Context,
  text: string,
  qualifier: string | undefined,
  given: Given,
  keep: boolean,
): Promise<any> {
  const ref = parseFunctionName(text, placeOf(context), qualifier);
  const onSuccess = given.DestinationConfig?.OnSuccess?.Destination;
  const onFailure = given.DestinationConfig?.OnFailure?.Destination;
  if (
    !keep &&
    given.MaximumRetryAttempts === undefined &&
    given.MaximumEventAgeInSeconds === undefined &&
    !given.DestinationConfig
  ) {
    throw invalidParameter('You must specify at least one of error handling or destination setting.');
  }
  checkDestination('success', onSuccess, ref);
  checkDestination('failure', onFailure, ref);
  await checkDelivery(context, ref, [onSuccess, onFailure]);
  return context.store.transact(async (tx) => {
    const resolved = await findResolved(tx, ref);
    if (!resolved) throw noFunction();
    if (resolved.version.durable && (onSuccess || onFailure)) {
      throw invalidParameter('Durable functions do not support destinations. Use a dead-letter queue.');
    }
    const before = await findEventInvoke(tx, ref, ref.name, qualifierOf(ref));
    if (keep && !before) throw missing(ref);
    const base: Partial<EventInvokeRecord> = keep && before ? before : {};
    const record: EventInvokeRecord = {
      ...base,
      qualifier: qualifierOf(ref),
      lastModified: context.clock.now(),
      ...(given.MaximumRetryAttempts !== undefined && { maximumRetryAttempts: given.MaximumRetryAttempts }),
      ...(given.MaximumEventAgeInSeconds !== undefined && { maximumEventAgeInSeconds: given.MaximumEventAgeInSeconds }),
      ...(onSuccess !== undefined && { onSuccess }),
      ...(onFailure !== undefined && { onFailure }),
    };
    if (record.onSuccess === '') delete record.onSuccess;
    if (record.onFailure === '') delete record.onFailure;
    putEventInvoke(tx, ref, ref.name, record);
    return describe(ref, record);
  });
}

export const putFunctionEventInvokeConfig: Operation<'lambda', 'PutFunctionEventInvokeConfig'> = (input, context) =>
  write(context, input.FunctionName, input.Qualifier, input as Given, false);
export const updateFunctionEventInvokeConfig: Operation<'lambda', 'UpdateFunctionEventInvokeConfig'> = (
  input,
  context,
) => write(context, input.FunctionName, input.Qualifier, input as Given, true);

export const getFunctionEventInvokeConfig: Operation<'lambda', 'GetFunctionEventInvokeConfig'> = async (
  input,
  context,
) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  const record = await findEventInvoke(context.store, ref, ref.name, qualifierOf(ref));
  if (!record) throw missing(ref);
  return describe(ref, record);
};
export const deleteFunctionEventInvokeConfig: Operation<'lambda', 'DeleteFunctionEventInvokeConfig'> = async (
  input,
  context,
) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context), input.Qualifier);
  await context.store.transact(async (tx) => {
    if (!(await findEventInvoke(tx, ref, ref.name, qualifierOf(ref)))) throw missing(ref);
    deleteEventInvokeEntry(tx, ref, ref.name, qualifierOf(ref));
  });
  return {};
};
export const listFunctionEventInvokeConfigs: Operation<'lambda', 'ListFunctionEventInvokeConfigs'> = async (
  input,
  context,
) => {
  const ref = parseFunctionName(input.FunctionName, placeOf(context));
  if (!(await findFunction(context.store, ref, ref.name))) throw noFunction();
  const limit = Math.min(input.MaxItems ?? PAGE_MAX, PAGE_MAX);
  const all = await listEventInvokes(context.store, ref, ref.name);
  const rest = all.filter((record) => input.Marker === undefined || record.qualifier > input.Marker);
  const shown = rest.slice(0, limit);
  return {
    FunctionEventInvokeConfigs: shown.map((record) => describe(ref, record)),
    ...(rest.length > limit && { NextMarker: shown.at(-1)?.qualifier }),
  };
};
