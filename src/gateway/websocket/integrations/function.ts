import type { Principal } from '#core/principal.ts';
import type { InvokeResult } from '#kernel/functions.ts';
import { functionArnOf } from '../../function-uri.ts';
import type { PublishedWebSocketIntegration } from '../../published-websocket.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { within } from '../../timeout.ts';
import type { CompiledWebSocketRoute } from '../compile.ts';
import { webSocketEvent } from '../event.ts';
import type { WebSocketExchange } from '../exchange.ts';
import type { AskBackend, BackendAnswer, WebSocketIntegration } from '../integration.ts';
import { configurationError, malformedAnswer } from '../refused.ts';
import { callBackend } from './backend.ts';
import { compileParameters } from './parameters.ts';

/** The function gets the whole event and says status and body itself. */
export function compileProxy(
  route: CompiledWebSocketRoute,
  integration: PublishedWebSocketIntegration,
): WebSocketIntegration {
  const invoke = compileInvoke(route, integration);
  const isBase64 = integration.contentHandlingStrategy === 'CONVERT_TO_BINARY';
  return async (exchange) => {
    const { functionError, payload } = await invoke(exchange, webSocketEvent(exchange, isBase64), 'RequestResponse');
    if (functionError) throw malformedAnswer(payload.toString());
    return readProxyAnswer(payload);
  };
}

/** An object with a status, or without one for 200; anything else is no answer. */
function readProxyAnswer(payload: Buffer): BackendAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(payload.toString());
  } catch (error) {
    throw malformedAnswer(error);
  }
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) throw malformedAnswer();
  const { statusCode = 200, headers, body, isBase64Encoded } = answer as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) throw malformedAnswer();
  if (body !== undefined && body !== null && typeof body !== 'string') throw malformedAnswer();
  return {
    status,
    headers: Object.entries((headers as object | null) ?? {}).map(([name, value]) => [name, String(value)]),
    body: isBase64Encoded === true && body ? Buffer.from(body, 'base64') : (body ?? ''),
  };
}

/** Payload in, payload out. Keys of integration responses are compared with the function's error message. */
export function compileFunction(route: CompiledWebSocketRoute, integration: PublishedWebSocketIntegration): AskBackend {
  const invoke = compileInvoke(route, integration);
  const mapParameters = compileParameters(integration);
  return async (exchange, body) => {
    const { headers } = mapParameters(exchange);
    const kind = headers.find(([name]) => name.toLowerCase() === 'x-amz-invocation-type')?.[1];
    const invocationType = kind === 'Event' || kind === 'DryRun' ? kind : 'RequestResponse';
    const result = await invoke(exchange, body.length ? body : '{}', invocationType);
    return {
      // A handshake whose function fails is no connection.
      status: result.functionError ? 500 : result.statusCode,
      headers: [],
      body: result.payload,
      selection: result.functionError ? errorMessageOf(result.payload) : '',
    };
  };
}

function errorMessageOf(payload: Buffer): string {
  try {
    return String((JSON.parse(payload.toString()) as { errorMessage?: unknown }).errorMessage ?? '');
  } catch {
    return payload.toString();
  }
}

type Invoke = (
  exchange: WebSocketExchange,
  payload: string | Buffer,
  invocationType: 'RequestResponse' | 'Event' | 'DryRun',
) => Promise<InvokeResult>;

function compileInvoke(route: CompiledWebSocketRoute, integration: PublishedWebSocketIntegration): Invoke {
  const { facts, variables } = route.stage;
  const functionArn = functionArnOf(withStageVariables(integration.integrationUri ?? '', variables));
  const timeoutMs = integration.timeoutInMillis ?? facts.limits.restTimeoutMs;
  return async (exchange, payload, invocationType) => {
    if (!functionArn) throw configurationError(`Invalid function ARN in ${integration.integrationUri}`);
    exchange.log?.sending(functionArn, payload);
    const result = await callBackend(exchange, async () => {
      const as = await principalOf(route, integration);
      const request = { functionArn, payload, as, invocationType, traceHeader: exchange.trace };
      return within(facts.platform.functions.invoke(request), timeoutMs);
    });
    exchange.integrationStatus = result.statusCode;
    exchange.integrationRequestId = result.requestId;
    if (result.functionError) exchange.integrationError = 'The Lambda function returned an error';
    exchange.log?.received(result.statusCode, result.payload);
    return result;
  };
}

async function principalOf(
  route: CompiledWebSocketRoute,
  { credentialsArn }: PublishedWebSocketIntegration,
): Promise<Principal> {
  return credentialsArn ? route.stage.facts.roles.principal(credentialsArn) : route.principal;
}
