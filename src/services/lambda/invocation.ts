// What the forms of Invoke read of a request.
import { readBody } from '#core/http.ts';
import type { Context } from '#kernel/context.ts';
import { functionNotFound, invalidRequestContent, notOffered } from './errors.ts';
import { jsonFault } from './json-fault.ts';
import { functionArn, parseFunctionName } from './names.ts';
import { resolveVersion } from './resolve.ts';
import type { Invocable, Snapshots } from './snapshots.ts';
import { placeOf } from './store.ts';

export const SYNC_BYTES_MAX = 6 * 1024 * 1024;
/** 1 MB since October 2025 (Lambda quotas, "Invocation payload") */
export const EVENT_BYTES_MAX = 1024 * 1024;
const NOTHING = Buffer.alloc(0);
const EMPTY_EVENT = Buffer.from('{}');

/** The function, and the payload when it is JSON. */
export async function readInvocation(
  input: {
    FunctionName?: string | undefined;
    Qualifier?: string | undefined;
    ClientContext?: string | undefined;
    Payload?: unknown;
    TenantId?: string | undefined;
    DurableExecutionName?: string | undefined;
  },
  context: Context,
  snapshots: Snapshots,
): Promise<{
  invocable: Invocable;
  payload: Buffer;
  clientContext?: string;
  traceHeader?: string;
  durableExecutionName?: string;
}> {
  if (input.TenantId !== undefined) throw notOffered('TenantId');
  const ref = parseFunctionName(input.FunctionName ?? '', placeOf(context), input.Qualifier);
  const arn = functionArn(ref, ref.name, ref.qualifier);
  const found = snapshots.find(arn);
  const invocable = found instanceof Promise ? await found : found;
  if (!invocable) {
    await resolveVersion(context, ref); // throws, with the words for what is missing
    throw functionNotFound(arn);
  }
  const given = await payloadOf(input.Payload as Uint8Array | AsyncIterable<Uint8Array> | undefined);
  const fault = given.length === 0 ? undefined : jsonFault(given);
  if (fault !== undefined) {
    throw invalidRequestContent(`Could not parse request body into json: Could not parse payload into json: ${fault}`);
  }
  const traceHeader = context.http?.headers['x-amzn-trace-id'];
  return {
    invocable,
    payload: given.length === 0 ? EMPTY_EVENT : given,
    ...(input.ClientContext !== undefined && { clientContext: readClientContext(input.ClientContext) }),
    ...(traceHeader !== undefined && { traceHeader }),
    ...(input.DurableExecutionName !== undefined && { durableExecutionName: input.DurableExecutionName }),
  };
}

function payloadOf(body: Uint8Array | AsyncIterable<Uint8Array> | undefined): Buffer | Promise<Buffer> {
  if (body === undefined) return NOTHING;
  if (body instanceof Uint8Array) return Buffer.from(body.buffer, body.byteOffset, body.length);
  return readBody(body, 2 * SYNC_BYTES_MAX);
}

function readClientContext(text: string): string {
  const json = Buffer.from(text, 'base64').toString();
  try {
    JSON.parse(json);
    return json;
  } catch {
    throw invalidRequestContent('Client context must be a valid Base64-encoded JSON object.');
  }
}
