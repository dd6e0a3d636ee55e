import type { PublishedWebSocketIntegration } from '../../published-websocket.ts';
import { withStageVariables } from '../../stage-variables.ts';
import type { CompiledWebSocketRoute } from '../compile.ts';
import type { AskBackend } from '../integration.ts';
import { sendToBackend } from './backend.ts';
import { compileParameters, type Parameters } from './parameters.ts';

export function compileHttp(route: CompiledWebSocketRoute, integration: PublishedWebSocketIntegration): AskBackend {
  const { facts, variables } = route.stage;
  const mapParameters = compileParameters(integration);
  const uri = withStageVariables(integration.integrationUri ?? '', variables);
  const timeoutMs = integration.timeoutInMillis ?? facts.limits.restTimeoutMs;
  const method = integration.integrationMethod === 'ANY' ? 'POST' : (integration.integrationMethod ?? 'POST');
  return async (exchange, body) => {
    const {
      status,
      headers,
      body: answered,
    } = await sendToBackend(exchange, () => {
      const mapped = mapParameters(exchange);
      const own: [string, string][] = [['Content-Type', mapped.contentType], ...mapped.headers];
      const tls = integration.tlsConfig;
      return { method, url: urlOf(uri, mapped), headers: own, body, timeoutMs, ...(tls && { tls }) };
    });
    return { status, headers, body: answered };
  };
}

function urlOf(uri: string, { path, query }: Parameters): URL {
  const url = new URL(uri.replace(/\{([^{}]+)\}/g, (_all, name: string) => encodeURIComponent(path.get(name) ?? '')));
  for (const [name, value] of query) url.searchParams.append(name, value);
  return url;
}
