import { ServiceError } from '#core/errors.ts';
import type { InvokeResult } from '#kernel/functions.ts';
import type { PublishedRestIntegration } from '../../published-rest.ts';
import type { CompiledMethod } from '../compile.ts';
import { functionArnOf } from '../../function-uri.ts';
import type { Integration, IntegrationResponse } from '../integration.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { integrationPrincipal, invokeFunction } from '../invoke-function.ts';
import { compileRequestMapping } from '../map-request.ts';
import { compileResponseMapping } from '../map-response.ts';
import { compileService } from './service.ts';

/** Type AWS: a function through mapping templates, or any other service's action. */
export function compileLambdaOrService(method: CompiledMethod, integration: PublishedRestIntegration): Integration {
  const uri = withStageVariables(integration.uri ?? '', method.variant.variables);
  const functionArn = functionArnOf(uri);
  return functionArn ? compileLambda(method, integration, functionArn) : compileService(method, integration, uri);
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-custom-integrations.html */
function compileLambda(
  method: CompiledMethod,
  integration: PublishedRestIntegration,
  functionArn: string,
): Integration {
  const { variables, stage } = method.variant;
  const mapRequest = compileRequestMapping(method, integration);
  const mapResponse = compileResponseMapping(method, integration);
  const credentials = integration.credentials && withStageVariables(integration.credentials, variables);
  const timeoutMs = integration.timeoutInMillis ?? stage.facts.limits.restTimeoutMs;
  return async (exchange) => {
    const mapped = mapRequest(exchange);
    const as = credentials
      ? await integrationPrincipal(exchange, method, credentials)
      : method.principal(exchange.request.method);
    // A function gets an object where there is no payload.
    const payload = mapped.body.length ? mapped.body : '{}';
    const invocationType = invocationTypeOf(mapped.headers);
    let response: IntegrationResponse;
    try {
      const result = await invokeFunction(exchange, { functionArn, payload, as, invocationType, timeoutMs });
      response = resultToResponse(result);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      response = refusalToResponse(error);
    }
    return mapResponse(exchange, response);
  };
}

function invocationTypeOf(headers: readonly [string, string][]): 'RequestResponse' | 'Event' | 'DryRun' {
  const header = headers.find(([name]) => name.toLowerCase() === 'x-amz-invocation-type')?.[1];
  return header === 'Event' || header === 'DryRun' ? header : 'RequestResponse';
}

/** Selection patterns look at the function's error message; a function that succeeds has an empty one. */
function resultToResponse(result: InvokeResult): IntegrationResponse {
  return {
    status: result.statusCode,
    headers: [['Content-Type', 'application/json']],
    body: result.payload,
    selection: result.functionError ? errorMessageOf(result.payload) : '',
  };
}

function errorMessageOf(payload: Buffer): string {
  try {
    const error = JSON.parse(payload.toString()) as { errorMessage?: unknown };
    return typeof error.errorMessage === 'string' ? error.errorMessage : payload.toString();
  } catch {
    return payload.toString();
  }
}

/** Lambda's own refusal (a payload that is no JSON, too many requests) is an answer like another. */
function refusalToResponse(error: ServiceError): IntegrationResponse {
  return {
    status: error.status,
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({
      Type: error.fault === 'client' ? 'User' : 'Service',
      message: error.message,
      ...error.fields,
    }),
    selection: error.message,
  };
}
