// Backends of WebSocket routes. https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html
import { functionArnOf } from '../function-uri.ts';
import type { PublishedWebSocketIntegration } from '../published-websocket.ts';
import { withStageVariables } from '../stage-variables.ts';
import type { CompiledWebSocketRoute } from './compile.ts';
import type { WebSocketExchange } from './exchange.ts';
import { compileFunction, compileProxy } from './integrations/function.ts';
import { compileHttp } from './integrations/http.ts';
import { compileMock } from './integrations/mock.ts';
import { compileService } from './integrations/service.ts';
import { mapped, passedThrough } from './integrations/mapping.ts';

/** What the backend said: the status decides handshakes, the body goes to clients of routes with a response. */
export interface BackendAnswer {
  status: number;
  headers: [string, string][];
  body: string | Buffer;
  /** what keys of integration responses are compared with, where it is not the status */
  selection?: string;
}

export type WebSocketIntegration = (exchange: WebSocketExchange) => Promise<BackendAnswer>;

/** Asks the backend with what the templates made of the message. */
export type AskBackend = (exchange: WebSocketExchange, body: string | Buffer) => Promise<BackendAnswer>;

export function compileWebSocketIntegration(
  route: CompiledWebSocketRoute,
  integration: PublishedWebSocketIntegration,
): WebSocketIntegration {
  switch (integration.integrationType) {
    case 'AWS_PROXY':
      return compileProxy(route, integration);
    case 'AWS':
      return mapped(integration, compileAws(route, integration));
    case 'HTTP':
      return mapped(integration, compileHttp(route, integration));
    case 'HTTP_PROXY':
      return passedThrough(integration, compileHttp(route, integration));
    case 'MOCK':
      return mapped(integration, compileMock());
  }
}

/** A function by its invocation path, else any service's action or path. */
function compileAws(route: CompiledWebSocketRoute, integration: PublishedWebSocketIntegration): AskBackend {
  const uri = withStageVariables(integration.integrationUri ?? '', route.stage.variables);
  return functionArnOf(uri) ? compileFunction(route, integration) : compileService(route, integration, uri);
}
