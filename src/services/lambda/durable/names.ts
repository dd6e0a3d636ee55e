// ARNs of executions, and the two opaque tokens that carry one: whoever holds it may checkpoint, or answer a callback.
import { invalidParameter } from '../errors.ts';
import { functionArn } from '../names.ts';
import type { Place } from '../store.ts';
import type { ExecutionRecord } from './store.ts';

const ARN =
  /^arn:[a-zA-Z0-9-]+:lambda:([a-zA-Z0-9-]+):(\d{12}):function:([a-zA-Z0-9_-]+):(\$LATEST|\d+)\/durable-execution\/([a-zA-Z0-9_-]+)\/([a-zA-Z0-9_-]+)$/;

export interface ExecutionRef extends Place {
  functionName: string;
  version: string;
  name: string;
  id: string;
}

export const functionArnOf = ({ at, functionName, version }: ExecutionRecord): string =>
  functionArn(at, functionName, version);

export const executionArn = (record: ExecutionRecord): string =>
  `${functionArnOf(record)}/durable-execution/${record.name}/${record.id}`;

export function parseExecutionArn(arn: string): ExecutionRef {
  const match = ARN.exec(arn);
  if (!match) throw invalidParameter('Invalid Durable Execution ARN');
  const [, region = '', accountId = '', functionName = '', version = '', name = '', id = ''] = match;
  return { region, accountId, functionName, version, name, id };
}

/** Base64 of JSON: the API takes these characters alone. */
const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
function decode<T>(text: string): T | undefined {
  try {
    return JSON.parse(Buffer.from(text, 'base64').toString()) as T;
  } catch {
    return undefined;
  }
}

interface CheckpointToken {
  execution: string;
  invocation: string;
  sequence: number;
}
export const checkpointToken = ({ id, invocation, sequence }: ExecutionRecord): string =>
  encode({ execution: id, invocation: invocation?.id ?? '', sequence } satisfies CheckpointToken);
export const parseCheckpointToken = (token: string): Partial<CheckpointToken> => decode(token) ?? {};

interface CallbackId extends Place {
  execution: string;
  operation: string;
  token: string;
}
export const callbackId = ({ at, id }: ExecutionRecord, operation: string, token: string): string =>
  encode({ accountId: at.accountId, region: at.region, execution: id, operation, token } satisfies CallbackId);
export function parseCallbackId(text: string): CallbackId | undefined {
  const parsed = decode<Partial<CallbackId>>(text);
  const whole =
    typeof parsed?.accountId === 'string' &&
    typeof parsed.region === 'string' &&
    typeof parsed.execution === 'string' &&
    typeof parsed.operation === 'string' &&
    typeof parsed.token === 'string';
  return whole ? (parsed as CallbackId) : undefined;
}
