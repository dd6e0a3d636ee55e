import type { Execution } from '@aws-sdk/client-lambda';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameter, notFound } from '../errors.ts';
import { parseFunctionName } from '../names.ts';
import { requireFunction } from '../record.ts';
import { resolveVersion } from '../resolve.ts';
import { placeOf } from '../store.ts';
import { changeExecution } from './change.ts';
import { closeExecution, keepError, type ErrorObject } from './close.ts';
import { executionArn, functionArnOf, parseExecutionArn } from './names.ts';
import { findExecution, listIdsByFunction, type ExecutionRecord } from './store.ts';
import { readText } from './text.ts';

const PAGE = { default: 100, max: 1000 };
const ERROR_BYTES_MAX = 1024 * 1024;

export const executionNotFound = (): Error => notFound('Durable Execution does not exist');

export async function requireExecution(context: Context, arn: string): Promise<ExecutionRecord> {
  const { id, accountId, region } = parseExecutionArn(arn);
  const execution = await findExecution(context.store, { accountId, region }, id);
  if (!execution || executionArn(execution) !== arn) throw executionNotFound();
  return execution;
}

export const getDurableExecution: Operation<'lambda', 'GetDurableExecution'> = async (input, context) => {
  const execution = await requireExecution(context, input.DurableExecutionArn ?? '');
  const { platform } = context;
  const { result, error, settings } = execution;
  const included = input.IncludeExecutionData ?? true;
  return {
    ...describe(execution),
    ...(included && {
      InputPayload: await readText(platform, execution.input),
      ...(result && { Result: await readText(platform, result) }),
      ...(error && { Error: JSON.parse(await readText(platform, error)) as ErrorObject }),
    }),
    Version: execution.version,
    TraceHeader: { XAmznTraceId: execution.traceHeader },
    ExecutionDataIncluded: included,
    DurableConfig: {
      ExecutionTimeout: settings.executionTimeout,
      RetentionPeriodInDays: settings.retentionPeriodInDays,
    },
  };
};

function describe(execution: ExecutionRecord): Execution {
  const { endedAt } = execution;
  return {
    DurableExecutionArn: executionArn(execution),
    DurableExecutionName: execution.name,
    FunctionArn: functionArnOf(execution),
    Status: execution.status,
    StartTimestamp: new Date(execution.startedAt),
    ...(endedAt !== undefined && { EndTimestamp: new Date(endedAt) }),
  };
}

export const listDurableExecutionsByFunction: Operation<'lambda', 'ListDurableExecutionsByFunction'> = async (
  input,
  context,
) => {
  const ref = parseFunctionName(input.FunctionName ?? '', placeOf(context), input.Qualifier);
  await requireFunction(context, ref);
  const version = ref.qualifier === undefined ? undefined : (await resolveVersion(context, ref)).version.version;
  const { StartedAfter, StartedBefore, Statuses } = input;
  const isAsked = (execution: ExecutionRecord): boolean =>
    (version === undefined || execution.version === version) &&
    (input.DurableExecutionName === undefined || execution.name === input.DurableExecutionName) &&
    (!Statuses?.length || Statuses.includes(execution.status)) &&
    (StartedAfter === undefined || execution.startedAt > new Date(StartedAfter).getTime()) &&
    (StartedBefore === undefined || execution.startedAt < new Date(StartedBefore).getTime());
  const itemsMax = Math.min(input.MaxItems || PAGE.default, PAGE.max);
  const found: Execution[] = [];
  let after = input.Marker ? readMarker(input.Marker) : undefined;
  for (;;) {
    const page = await listIdsByFunction(context.store, ref, ref.name, {
      limit: PAGE.default,
      // "Set to true to return results in chronological order (oldest first)" (API reference)
      oldestFirst: input.ReverseOrder ?? false,
      ...(after && { after }),
    });
    for (const entry of page) {
      const execution = await findExecution(context.store, ref, entry.id);
      if (execution && isAsked(execution)) {
        if (found.length === itemsMax && after) return { DurableExecutions: found, NextMarker: markerOf(after) };
        found.push(describe(execution));
      }
      after = entry;
    }
    if (page.length < PAGE.default) return { DurableExecutions: found };
  }
};

interface Position {
  startedAt: number;
  id: string;
}
const markerOf = ({ startedAt, id }: Position): string => Buffer.from(`${startedAt}/${id}`).toString('base64');
function readMarker(marker: string): Position {
  const [, startedAt, id] = /^(\d{1,16})\/([0-9a-f-]+)$/.exec(Buffer.from(marker, 'base64').toString()) ?? [];
  if (startedAt === undefined || id === undefined) throw invalidParameter('Invalid marker');
  return { startedAt: Number(startedAt), id };
}

const STOPPED: ErrorObject = { ErrorMessage: 'Execution stopped by user request' };

/** An execution that has ended stays as it is, and says when that was. */
export const stopDurableExecution: Operation<'lambda', 'StopDurableExecution'> = async (input, context) => {
  const { at, id } = await requireExecution(context, input.DurableExecutionArn ?? '');
  // the error is the body: none is the same as an empty one
  const given = Object.keys(input.Error ?? {}).length > 0 ? input.Error! : STOPPED;
  checkError(given);
  const error = await keepError(context.platform, given);
  const endedAt = await changeExecution(context.platform, at, id, async (change) => {
    await closeExecution(change, { status: 'STOPPED', error });
    return change.execution.endedAt;
  });
  if (endedAt === undefined) throw executionNotFound();
  return { StopTimestamp: new Date(endedAt) };
};

export function checkError(error: ErrorObject): void {
  if (Buffer.byteLength(JSON.stringify(error)) > ERROR_BYTES_MAX) {
    throw invalidParameter(`Error object size must be less than ${ERROR_BYTES_MAX} bytes.`);
  }
}
