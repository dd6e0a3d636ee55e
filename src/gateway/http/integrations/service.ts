// First-class integrations: the parameters of the mapping are the members of the operation's input.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-aws-services-reference.html
import { ServiceError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import type { PublishedHttpIntegration } from '../../published-http.ts';
import { TimedOut, within } from '../../timeout.ts';
import type { CompiledRoute } from '../compile.ts';
import { HttpApiError, internalServerError, serviceUnavailable } from '../errors.ts';
import type { HttpExchange } from '../exchange.ts';
import type { HttpIntegration } from '../integration.ts';
import { compileParameterValue, type ParameterValue } from '../parameter-value.ts';
import { assume } from './function.ts';

interface Subtype {
  service: string;
  operation: string;
  /** members of the input that are no text: how their text is read */
  kinds?: Record<string, 'number' | 'json' | 'bytes'>;
  /** EventBridge's parameters are those of its one entry */
  wrap?: (input: Record<string, unknown>) => Record<string, unknown>;
}

const RECEIVE_KINDS = {
  MaxNumberOfMessages: 'number',
  VisibilityTimeout: 'number',
  WaitTimeSeconds: 'number',
} as const;

const subtypes: Record<string, Subtype> = {
  'EventBridge-PutEvents': {
    service: 'events',
    operation: 'PutEvents',
    kinds: { Resources: 'json' },
    wrap: ({ Region: _region, ...entry }) => ({ Entries: [entry] }),
  },
  'SQS-SendMessage': {
    service: 'sqs',
    operation: 'SendMessage',
    kinds: { DelaySeconds: 'number', MessageAttributes: 'json', MessageSystemAttributes: 'json' },
  },
  'SQS-ReceiveMessage': {
    service: 'sqs',
    operation: 'ReceiveMessage',
    kinds: { ...RECEIVE_KINDS, AttributeNames: 'json', MessageAttributeNames: 'json' },
  },
  'SQS-DeleteMessage': { service: 'sqs', operation: 'DeleteMessage' },
  'SQS-PurgeQueue': { service: 'sqs', operation: 'PurgeQueue' },
  'Kinesis-PutRecord': { service: 'kinesis', operation: 'PutRecord', kinds: { Data: 'bytes' } },
  'StepFunctions-StartExecution': { service: 'stepfunctions', operation: 'StartExecution' },
  'StepFunctions-StartSyncExecution': { service: 'stepfunctions', operation: 'StartSyncExecution' },
  'StepFunctions-StopExecution': { service: 'stepfunctions', operation: 'StopExecution' },
};

const NAMES: Record<string, string> = {
  StateMachineArn: 'stateMachineArn',
  Input: 'input',
  Name: 'name',
  ExecutionArn: 'executionArn',
  Cause: 'cause',
  Error: 'error',
};

/** Subtypes whose services this program may have; the control plane refuses the others. */
export const serviceSubtypes: ReadonlyMap<string, { service: string; operation: string }> = new Map(
  Object.entries(subtypes),
);

export function compileServiceIntegration(
  route: CompiledRoute,
  integration: PublishedHttpIntegration,
): HttpIntegration {
  const subtype = subtypes[integration.integrationSubtype!];
  const parameters = Object.entries(integration.requestParameters ?? {}).map(
    ([name, text]) => [name, compileParameterValue(text)] as const,
  );
  const timeoutMs = integration.timeoutInMillis ?? route.stage.facts.limits.httpTimeoutMs;
  return async (exchange) => {
    if (!subtype) throw internalServerError(`the subtype ${integration.integrationSubtype} is not known`);
    const { clock } = exchange.stage.facts;
    const begin = clock.now();
    try {
      const output = await callService(exchange, integration, subtype, parameters, timeoutMs);
      exchange.integrationStatus = 200;
      return answer(exchange, 200, output);
    } catch (error) {
      return refusal(exchange, error);
    } finally {
      exchange.integrationLatencyMs = clock.now() - begin;
    }
  };
}

async function callService(
  exchange: HttpExchange,
  integration: PublishedHttpIntegration,
  { service, operation, kinds = {}, wrap }: Subtype,
  parameters: readonly (readonly [string, ParameterValue])[],
  timeoutMs: number,
): Promise<unknown> {
  const { accountId, region: ownRegion } = exchange.stage.published;
  const as = await assume(exchange, integration.credentialsArn ?? '');
  const input: Record<string, unknown> = {};
  let region = ownRegion;
  for (const [name, value] of parameters) {
    const text = value(exchange);
    if (text === undefined) continue;
    if (name === 'Region') region = text;
    else input[service === 'stepfunctions' ? (NAMES[name] ?? name) : name] = readKind(text, kinds[name], name);
  }
  const { platform } = exchange.stage.facts;
  const call = platform.call as (...given: unknown[]) => Promise<unknown>;
  return within(call(service, operation, wrap ? wrap(input) : input, { as, accountId, region }), timeoutMs);
}

function readKind(text: string, kind: 'number' | 'json' | 'bytes' | undefined, name: string): unknown {
  if (kind === undefined) return text;
  if (kind === 'bytes') return Buffer.from(text);
  const value = kind === 'number' ? Number(text) : parseOr(text);
  if (value === undefined || Number.isNaN(value)) throw new HttpApiError(400, `Invalid value for ${name}`);
  return value;
}

function parseOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What the service says goes to the client, with the service's status. */
function refusal(exchange: HttpExchange, error: unknown): HttpResponse {
  if (error instanceof TimedOut) throw serviceUnavailable('the service did not answer in time', error);
  if (!(error instanceof ServiceError)) throw error;
  exchange.integrationStatus = error.status;
  exchange.integrationError = error.message;
  return answer(exchange, error.status, { __type: error.code, message: error.message });
}

function answer(exchange: HttpExchange, status: number, value: unknown): HttpResponse {
  return {
    status,
    headers: [
      ['Content-Type', 'application/json'],
      ['Apigw-Requestid', exchange.requestId],
    ],
    body: JSON.stringify(value ?? {}, wireForm),
  };
}

/** Times as seconds, bytes in base64: the JSON of AWS's services. */
function wireForm(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key];
  if (raw instanceof Date) return raw.getTime() / 1000;
  return raw instanceof Uint8Array ? Buffer.from(raw).toString('base64') : value;
}
