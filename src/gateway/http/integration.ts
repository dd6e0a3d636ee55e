import type { HttpResponse } from '#core/http.ts';
import type { PublishedHttpIntegration } from '../published-http.ts';
import type { CompiledRoute } from './compile.ts';
import { internalServerError } from './errors.ts';
import type { HttpExchange } from './exchange.ts';
import { compileFunctionIntegration } from './integrations/function.ts';
import { compileHttpProxyIntegration } from './integrations/http-proxy.ts';
import { compileServiceIntegration } from './integrations/service.ts';
import { compileResponseChanges } from './parameter-mapping.ts';

/** Asks the backend and makes the answer. Throws HttpApiError. */
export type HttpIntegration = (exchange: HttpExchange) => Promise<HttpResponse>;

export function compileHttpIntegration(route: CompiledRoute, integration: PublishedHttpIntegration): HttpIntegration {
  const run = compileBackend(route, integration);
  const change = compileResponseChanges(integration.responseParameters);
  if (!change) return run;
  return async (exchange) => {
    const response = await run(exchange);
    change(exchange, response);
    return response;
  };
}

function compileBackend(route: CompiledRoute, integration: PublishedHttpIntegration): HttpIntegration {
  if (integration.connectionType === 'VPC_LINK') {
    return async () => {
      throw internalServerError('VPC links are not built');
    };
  }
  if (integration.integrationSubtype) return compileServiceIntegration(route, integration);
  return integration.integrationType === 'HTTP_PROXY'
    ? compileHttpProxyIntegration(route, integration)
    : compileFunctionIntegration(route, integration);
}
