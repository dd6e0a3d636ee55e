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
import { serviceSubtypes, type ServiceSubtype } from '../service-subtypes.ts';
import { assume } from './function.ts';

export function compileServiceIntegration(
  route: CompiledRoute,
  integration: PublishedHttpIntegration,
): HttpIntegration {
  const subtype = serviceSubtypes.get(integration.integrationSubtype!);
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
  { service, operation, kinds = {}, names = {}, isEntry }: ServiceSubtype,
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
    else input[names[name] ?? name] = readKind(text, kinds[name], name);
  }
  const { platform } = exchange.stage.facts;
  const call = platform.call as (...given: unknown[]) => Promise<unknown>;
  return within(call(service, operation, isEntry ? { Entries: [input] } : input, { as, accountId, region }), timeoutMs);
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
