// Backends of WebSocket routes. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
import { ServiceError } from '#core/errors.ts';
import type { Principal } from '#core/principal.ts';
import { functionArnOf } from '../function-uri.ts';
import type { PublishedWebSocketIntegration } from '../published-websocket.ts';
import { compileSafeRegex } from '../safe-regex.ts';
import { withStageVariables } from '../stage-variables.ts';
import { compileTemplate, Input, util, type Template, type Value } from '../templates/index.ts';
import { within } from '../timeout.ts';
import type { CompiledWebSocketRoute } from './compile.ts';
import { WebSocketContext } from './context.ts';
import { webSocketEvent } from './event.ts';
import type { WebSocketExchange } from './exchange.ts';
import { compileExpression, compileParameter, type Expression } from './expression.ts';
import { Refused } from './refused.ts';

/** What the backend said: the status decides handshakes, the text goes to clients of routes with a response. */
export interface BackendAnswer {
  status: number;
  headers: [string, string][];
  text: string;
}

export type WebSocketIntegration = (exchange: WebSocketExchange) => Promise<BackendAnswer>;

const internalServerError = (cause: unknown): Refused => new Refused(500, 'Internal server error', cause);

export function compileWebSocketIntegration(
  route: CompiledWebSocketRoute,
  integration: PublishedWebSocketIntegration,
): WebSocketIntegration {
  switch (integration.integrationType) {
    case 'AWS_PROXY':
      return compileProxy(route, integration);
    case 'AWS':
      return mapped(integration, compileFunction(route, integration));
    case 'HTTP':
      return mapped(integration, compileHttp(route, integration));
    case 'HTTP_PROXY':
      return compileHttpProxy(route, integration);
    case 'MOCK':
      return mapped(integration, async (_exchange, body) => ({ status: mockStatus(body), headers: [], text: '' }));
  }
}

const mockStatus = (body: string): number => {
  const status = /["']?statusCode["']?\s*:\s*["']?(\d{3})/.exec(body)?.[1];
  if (!status) throw internalServerError('the request template gives no statusCode');
  return Number(status);
};

type Ask = (exchange: WebSocketExchange, body: string) => Promise<BackendAnswer>;

/** The function gets the whole event and says status and body itself. */
function compileProxy(route: CompiledWebSocketRoute, integration: PublishedWebSocketIntegration): WebSocketIntegration {
  const ask = compileFunction(route, integration);
  return async (exchange) => {
    const { text, status } = await ask(exchange, webSocketEvent(exchange));
    if (status >= 400) throw new Refused(502, 'Internal server error');
    return readProxyAnswer(text);
  };
}

function readProxyAnswer(text: string): BackendAnswer {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch (error) {
    throw new Refused(502, 'Internal server error', error);
  }
  const { statusCode = 200, headers = {}, body } = (answer ?? {}) as Record<string, unknown>;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) throw new Refused(502, 'Internal server error');
  return {
    status,
    headers: Object.entries(headers as object).map(([name, value]) => [name, String(value)]),
    text: typeof body === 'string' ? body : body === undefined || body === null ? '' : JSON.stringify(body),
  };
}

/** Payload in, payload out; a function that fails counts as status 500. */
function compileFunction(route: CompiledWebSocketRoute, integration: PublishedWebSocketIntegration): Ask {
  const { stage } = route;
  const functionArn = functionArnOf(withStageVariables(integration.integrationUri ?? '', stage.variables));
  const timeoutMs = integration.timeoutInMillis ?? stage.facts.limits.restTimeoutMs;
  return async (exchange, payload) => {
    if (!functionArn) throw internalServerError(`Invalid function ARN in ${integration.integrationUri}`);
    const { platform } = stage.facts;
    const begin = platform.clock.now();
    try {
      const as = await principalOf(route, integration);
      const work = platform.functions.invoke({
        functionArn,
        payload: payload || '{}',
        as,
        traceHeader: exchange.trace,
      });
      const result = await within(work, timeoutMs);
      exchange.integrationStatus = result.statusCode;
      exchange.integrationRequestId = result.requestId;
      if (result.functionError) exchange.integrationError = 'The Lambda function returned an error';
      return { status: result.functionError ? 500 : 200, headers: [], text: result.payload.toString() };
    } catch (error) {
      exchange.integrationError = (error as Error).message;
      if (error instanceof ServiceError) exchange.integrationStatus = error.status;
      throw internalServerError(error);
    } finally {
      exchange.integrationLatencyMs = platform.clock.now() - begin;
    }
  };
}

async function principalOf(
  route: CompiledWebSocketRoute,
  integration: PublishedWebSocketIntegration,
): Promise<Principal> {
  const role = integration.credentialsArn;
  return role ? route.stage.facts.roles.principal(role) : route.principal;
}

function compileHttp(route: CompiledWebSocketRoute, integration: PublishedWebSocketIntegration): Ask {
  const parameters = Object.entries(integration.requestParameters ?? {}).flatMap(([target, source]) => {
    const match = /^integration\.request\.(header|querystring|path)\.(.+)$/.exec(target);
    return match ? [{ place: match[1]!, name: match[2]!, value: compileParameter(source) }] : [];
  });
  return async (exchange, body) => {
    const { facts, variables } = route.stage;
    const headers: [string, string][] = [['Content-Type', 'application/json']];
    const path = new Map<string, string>();
    const query: [string, string][] = [];
    for (const { place, name, value } of parameters) {
      const text = value(exchange);
      if (text === undefined) continue;
      if (place === 'path') path.set(name, text);
      else (place === 'header' ? headers : query).push([name, text]);
    }
    const uri = withStageVariables(integration.integrationUri ?? '', variables);
    const begin = facts.clock.now();
    try {
      const url = new URL(
        uri.replace(/\{([^{}]+)\}/g, (_all, name: string) => encodeURIComponent(path.get(name) ?? '')),
      );
      for (const [name, value] of query) url.searchParams.append(name, value);
      const response = await facts.client.send({
        method: integration.integrationMethod ?? 'POST',
        url,
        headers,
        body,
        timeoutMs: integration.timeoutInMillis ?? facts.limits.restTimeoutMs,
        bytesMax: facts.limits.payloadBytes,
        tls: integration.tlsConfig,
      });
      exchange.integrationStatus = response.status;
      return { status: response.status, headers: [], text: response.body.toString() };
    } catch (error) {
      exchange.integrationError = (error as Error).message;
      throw internalServerError(error);
    } finally {
      exchange.integrationLatencyMs = facts.clock.now() - begin;
    }
  };
}

function compileHttpProxy(
  route: CompiledWebSocketRoute,
  integration: PublishedWebSocketIntegration,
): WebSocketIntegration {
  const ask = compileHttp(route, integration);
  return (exchange) => ask(exchange, exchange.body);
}

/** Templates both ways, by selection expression. */
function mapped(integration: PublishedWebSocketIntegration, ask: Ask): WebSocketIntegration {
  const mapRequest = compileTemplates(integration.requestTemplates, integration.templateSelectionExpression);
  const behavior = integration.passthroughBehavior ?? 'WHEN_NO_MATCH';
  const hasTemplates = Object.keys(integration.requestTemplates ?? {}).length > 0;
  const responses = (integration.integrationResponses ?? []).map((response) => ({
    matches: statusMatcher(response.integrationResponseKey),
    map: compileTemplates(response.responseTemplates, response.templateSelectionExpression),
  }));
  return async (exchange) => {
    const body = mapRequest(exchange, exchange.body);
    if (body === undefined && (behavior === 'NEVER' || (behavior === 'WHEN_NO_TEMPLATES' && hasTemplates))) {
      throw new Refused(415, 'Unsupported Media Type');
    }
    const answer = await ask(exchange, body ?? exchange.body);
    const response = responses.find(({ matches }) => matches(answer.status));
    const text = response?.map(exchange, answer.text);
    return text === undefined ? answer : { ...answer, text };
  };
}

/** `$default` matches what no expression before it did: the control plane keeps it last. */
function statusMatcher(key: string): (status: number) => boolean {
  const pattern = /^\/(.*)\/$/.exec(key);
  if (!pattern) return () => true;
  const regex = compileSafeRegex(`^(?:${pattern[1]})$`);
  return (status) => regex.test(String(status));
}

type MapText = (exchange: WebSocketExchange, text: string) => string | undefined;

function compileTemplates(templates: Record<string, string> | undefined, selection: string | undefined): MapText {
  const compiled = new Map<string, Template>();
  const select: Expression = selection === undefined ? () => '$default' : compileExpression(selection);
  return (exchange, text) => {
    const key = select(exchange) ?? '$default';
    const name = templates?.[key] === undefined ? '$default' : key;
    const source = templates?.[name];
    if (source === undefined) return undefined;
    try {
      let template = compiled.get(name);
      if (!template) compiled.set(name, (template = compileTemplate(source)));
      return template.render(variablesOf(exchange, text));
    } catch (error) {
      throw internalServerError(error);
    }
  };
}

function variablesOf(exchange: WebSocketExchange, text: string): Map<string, Value> {
  const input = new Input(text, () => ({ path: [], querystring: exchange.query, header: [] }));
  return new Map<string, Value>([
    ['input', input],
    ['context', new WebSocketContext(exchange)],
    ['stageVariables', new Map(Object.entries(exchange.connection.stage.variables))],
    ['util', util],
  ]);
}
