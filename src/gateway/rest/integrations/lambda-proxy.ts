import { ServiceError } from '#core/errors.ts';
import type { PublishedRestIntegration } from '../../published-rest.ts';
import type { CompiledMethod } from '../compile.ts';
import { configurationError, malformedProxyResponse } from '../errors.ts';
import { functionArnOf } from '../../function-uri.ts';
import type { Integration } from '../integration.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { integrationPrincipal, invokeFunction } from '../invoke-function.ts';
import { compileProxyEvent } from '../proxy-event.ts';
import { compileLambdaStream } from './lambda-stream.ts';
import { readProxyResponse } from '../proxy-response.ts';

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html */
export function compileLambdaProxy(method: CompiledMethod, integration: PublishedRestIntegration): Integration {
  if (integration.responseTransferMode === 'STREAM') return compileLambdaStream(method, integration);
  const { variables, stage } = method.variant;
  const functionArn = functionArnOf(withStageVariables(integration.uri ?? '', variables));
  const credentials = integration.credentials && withStageVariables(integration.credentials, variables);
  const event = compileProxyEvent(method);
  const timeoutMs = integration.timeoutInMillis ?? stage.facts.limits.restTimeoutMs;
  return async (exchange) => {
    if (!functionArn) throw configurationError(`Invalid function ARN in ${integration.uri}`);
    const as = credentials
      ? await integrationPrincipal(exchange, method, credentials)
      : method.principal(exchange.request.method);
    let result;
    try {
      result = await invokeFunction(exchange, { functionArn, payload: event(exchange), as, timeoutMs });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      throw configurationError(`Lambda invocation failed with status: ${error.status}`, error);
    }
    if (result.functionError) {
      exchange.integrationError = 'The Lambda function returned an error';
      throw malformedProxyResponse();
    }
    return readProxyResponse(exchange, result.payload);
  };
}
