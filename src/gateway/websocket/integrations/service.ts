// Type AWS to any service, as for REST APIs: a signed request of that service's own API.
import type { PublishedWebSocketIntegration } from '../../published-websocket.ts';
import { buildServiceRequest, inJson, parseServiceUri, signServiceRequest } from '../../service-request.ts';
import { withStageVariables } from '../../stage-variables.ts';
import type { CompiledWebSocketRoute } from '../compile.ts';
import type { AskBackend } from '../integration.ts';
import { configurationError } from '../refused.ts';
import { sendToBackend } from './backend.ts';
import { compileParameters } from './parameters.ts';

export function compileService(
  route: CompiledWebSocketRoute,
  integration: PublishedWebSocketIntegration,
  uri: string,
): AskBackend {
  const { facts, variables } = route.stage;
  const target = parseServiceUri(uri);
  const mapParameters = compileParameters(integration);
  const role = withStageVariables(integration.credentialsArn ?? '', variables);
  const timeoutMs = integration.timeoutInMillis ?? facts.limits.restTimeoutMs;
  return async (exchange, body) => {
    if (!target) throw configurationError(`Invalid integration URI ${uri}`);
    if (!role) throw configurationError('Credentials are required for AWS service integrations');
    const response = await sendToBackend(exchange, async () => {
      const credentials = await facts.roles.credentials(role);
      const mapped = { ...mapParameters(exchange), body };
      const request = buildServiceRequest(target, integration.integrationMethod ?? 'POST', mapped);
      const headers = signServiceRequest(target, request, credentials, facts.clock.now());
      return { ...request, headers, timeoutMs };
    });
    return {
      status: response.status,
      headers: response.headers,
      body: inJson(target, response) ?? response.body,
    };
  };
}
