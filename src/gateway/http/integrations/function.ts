import { ServiceError } from '#core/errors.ts';
import type { Principal } from '#core/principal.ts';
import type { InvokeResult } from '#kernel/functions.ts';
import type { PublishedHttpIntegration } from '../../published-http.ts';
import { functionArnOf } from '../../function-uri.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { TimedOut, within } from '../../timeout.ts';
import type { CompiledRoute } from '../compile.ts';
import { internalServerError, serviceUnavailable } from '../errors.ts';
import { compileEventV1 } from '../event-v1.ts';
import { compileEventV2 } from '../event-v2.ts';
import type { HttpExchange } from '../exchange.ts';
import type { HttpIntegration } from '../integration.ts';
import { compileRequestChanges, type OutgoingRequest, type RequestChanges } from '../parameter-mapping.ts';
import { readResponseV1, readResponseV2 } from '../function-response.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html */
export function compileFunctionIntegration(
  route: CompiledRoute,
  integration: PublishedHttpIntegration,
): HttpIntegration {
  const { stage } = route;
  const uri = withStageVariables(integration.integrationUri ?? '', stage.variables);
  const functionArn = functionArnOf(uri) ?? uri;
  const isV2 = integration.payloadFormatVersion === '2.0';
  const event = isV2 ? compileEventV2(route) : compileEventV1(route);
  const readResponse = isV2 ? readResponseV2 : readResponseV1;
  const timeoutMs = integration.timeoutInMillis ?? stage.facts.limits.httpTimeoutMs;
  const change = compileRequestChanges(integration.requestParameters);
  return async (exchange) => {
    const payload = event(change ? changed(exchange, change) : exchange);
    const as = integration.credentialsArn ? await assume(exchange, integration.credentialsArn) : route.principal;
    const result = await invoke(exchange, functionArn, payload, as, timeoutMs);
    if (result.functionError) {
      exchange.integrationError = 'The Lambda function returned an error';
      throw internalServerError('the function failed');
    }
    return readResponse(exchange, result.payload);
  };
}

function changed(exchange: HttpExchange, change: RequestChanges): HttpExchange {
  const { rawHeaders } = exchange.request;
  const headers: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) headers.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  const outgoing: OutgoingRequest = { headers, query: exchange.query };
  change(exchange, outgoing);
  return exchange.derive(outgoing);
}

export async function assume(exchange: HttpExchange, roleArn: string): Promise<Principal> {
  try {
    return await exchange.stage.facts.roles.principal(roleArn);
  } catch (error) {
    exchange.integrationError = `API Gateway does not have permission to assume the role ${roleArn}`;
    throw internalServerError((error as Error).message, error);
  }
}

async function invoke(
  exchange: HttpExchange,
  functionArn: string,
  payload: string,
  as: Principal,
  timeoutMs: number,
): Promise<InvokeResult> {
  const { platform } = exchange.stage.facts;
  const begin = platform.clock.now();
  try {
    const work = platform.functions.invoke({ functionArn, payload, as, traceHeader: exchange.trace });
    const result = await within(work, timeoutMs);
    exchange.integrationStatus = result.statusCode;
    exchange.integrationRequestId = result.requestId;
    return result;
  } catch (error) {
    if (error instanceof TimedOut) throw serviceUnavailable('the function did not answer in time', error);
    if (!(error instanceof ServiceError)) throw error;
    exchange.integrationStatus = error.status;
    exchange.integrationError = error.message;
    if (error.status === 429 || error.status === 503) throw serviceUnavailable(error.message, error);
    throw internalServerError(error.message, error);
  } finally {
    exchange.integrationLatencyMs = platform.clock.now() - begin;
  }
}
