import type { HttpResponse } from '#core/http.ts';
import type { PublishedHttpIntegration } from '../published-http.ts';
import type { CompiledRoute } from './compile.ts';
import { internalServerError } from './errors.ts';
import type { HttpExchange } from './exchange.ts';
import { compileFunctionIntegration } from './integrations/function.ts';
import { compileHttpProxyIntegration } from './integrations/http-proxy.ts';

/** Asks the backend and makes the answer. Throws HttpApiError. */
export type HttpIntegration = (exchange: HttpExchange) => Promise<HttpResponse>;

export function compileHttpIntegration(route: CompiledRoute, integration: PublishedHttpIntegration): HttpIntegration {
  if (integration.connectionType === 'VPC_LINK') return refused('VPC links are not built');
  if (integration.integrationSubtype) return refused(`the subtype ${integration.integrationSubtype} is not built`);
  return integration.integrationType === 'HTTP_PROXY'
    ? compileHttpProxyIntegration(route, integration)
    : compileFunctionIntegration(route, integration);
}

const refused =
  (reason: string): HttpIntegration =>
  async () => {
    throw internalServerError(reason);
  };
