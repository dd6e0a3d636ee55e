// Type AWS to any service: the mapped request becomes a signed request of that service's own API, answered in process.
import type { Credentials } from '#kernel/identity.ts';
import type { BackendResponse } from '../../http-client.ts';
import type { PublishedRestIntegration } from '../../published-rest.ts';
import {
  buildServiceRequest,
  inJson,
  parseServiceUri,
  signServiceRequest,
  type ServiceRequest,
} from '../../service-request.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { TimedOut } from '../../timeout.ts';
import type { CompiledMethod } from '../compile.ts';
import { configurationError, integrationTimeout } from '../errors.ts';
import type { RestExchange } from '../exchange.ts';
import type { Integration } from '../integration.ts';
import { isCallerCredentials } from '../invoke-function.ts';
import { compileRequestMapping } from '../map-request.ts';
import { compileResponseMapping } from '../map-response.ts';

export function compileService(
  method: CompiledMethod,
  integration: PublishedRestIntegration,
  uri: string,
): Integration {
  const target = parseServiceUri(uri);
  const mapRequest = compileRequestMapping(method, integration);
  const mapResponse = compileResponseMapping(method, integration);
  const role = integration.credentials && withStageVariables(integration.credentials, method.variant.variables);
  const timeoutMs = integration.timeoutInMillis ?? method.variant.stage.facts.limits.restTimeoutMs;
  return async (exchange) => {
    if (!target) throw configurationError(`Invalid integration URI ${uri}`);
    const mapped = mapRequest(exchange);
    const credentials = await credentialsOf(exchange, role);
    const request = buildServiceRequest(target, integration.httpMethod ?? 'POST', mapped);
    const signed = signServiceRequest(target, request, credentials, exchange.stage.now());
    const response = await send(exchange, request, signed, timeoutMs);
    const asJson = inJson(target, response);
    return mapResponse(exchange, {
      status: response.status,
      headers: asJson === undefined ? response.headers : [['Content-Type', 'application/json']],
      body: asJson ?? response.body,
      selection: String(response.status),
    });
  };
}

async function credentialsOf(exchange: RestExchange, role: string | undefined): Promise<Credentials> {
  const { roles } = exchange.stage.facts;
  if (!role) throw configurationError('Credentials are required for AWS service integrations');
  try {
    if (!isCallerCredentials(role)) return await roles.credentials(role);
    return await callerCredentials(exchange);
  } catch (error) {
    throw configurationError('API Gateway does not have permission to assume the provided role', error);
  }
}

/** `arn:aws:iam::*:user/*`: on as the caller, with credentials of a moment. */
async function callerCredentials(exchange: RestExchange): Promise<Credentials> {
  const { principal } = exchange;
  const { identity } = exchange.stage.facts.platform;
  if (!principal || principal.type === 'service' || principal.type === 'anonymous') {
    throw configurationError('the credentials of the caller are needed, but the request is not signed');
  }
  return identity.issueCredentials(principal, 900);
}

async function send(
  exchange: RestExchange,
  { method, url, body }: ServiceRequest,
  headers: [string, string][],
  timeoutMs: number,
): Promise<BackendResponse> {
  const { client, clock, limits } = exchange.stage.facts;
  const begin = clock.now();
  exchange.log?.sending(url.href, headers, body);
  try {
    const response = await client.send({ method, url, headers, body, timeoutMs, bytesMax: limits.payloadBytes });
    exchange.integrationStatus = response.status;
    exchange.integrationLatencyMs = clock.now() - begin;
    exchange.log?.received(response.status, response.headers, response.body);
    exchange.integrationRequestId = response.headers.find(([name]) => /^x-amzn?-request-?id$/i.test(name))?.[1];
    return response;
  } catch (error) {
    exchange.integrationError = (error as Error).message;
    if (error instanceof TimedOut || (error as Error).name === 'TimeoutError') throw integrationTimeout();
    throw configurationError((error as Error).message, error);
  } finally {
    exchange.integrationLatencyMs = clock.now() - begin;
  }
}
