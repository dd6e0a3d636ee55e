// AWS_PROXY with responseTransferMode STREAM: the answer goes to the client as the function writes it.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html
import { ServiceError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import type { InvokeStreamResult } from '#kernel/functions.ts';
import type { PublishedRestIntegration } from '../../published-rest.ts';
import { functionArnOf } from '../../function-uri.ts';
import { withStageVariables } from '../../stage-variables.ts';
import { TimedOut, within } from '../../timeout.ts';
import type { CompiledMethod } from '../compile.ts';
import { configurationError, integrationTimeout, malformedProxyResponse } from '../errors.ts';
import type { RestExchange } from '../exchange.ts';
import type { Integration } from '../integration.ts';
import { integrationPrincipal } from '../invoke-function.ts';
import { compileProxyEvent } from '../proxy-event.ts';
import { ownHeaders, passedName } from '../response-headers.ts';

export function compileLambdaStream(method: CompiledMethod, integration: PublishedRestIntegration): Integration {
  const { variables, stage } = method.variant;
  const functionArn = functionArnOf(withStageVariables(integration.uri ?? '', variables));
  const credentials = integration.credentials && withStageVariables(integration.credentials, variables);
  const event = compileProxyEvent(method);
  const timeoutMs = integration.timeoutInMillis ?? stage.facts.limits.streamTimeoutMs;
  return async (exchange) => {
    if (!functionArn) throw configurationError(`Invalid function ARN in ${integration.uri}`);
    const as = await integrationPrincipal(exchange, method, credentials);
    const { platform } = stage.facts;
    const payload = event(exchange);
    const begin = platform.clock.now();
    try {
      const work = platform.functions.invokeStream({ functionArn, payload, as, traceHeader: exchange.trace });
      const result = await within(work, timeoutMs);
      exchange.integrationStatus = 200;
      exchange.integrationRequestId = result.requestId;
      if (result.failed) {
        exchange.integrationError = 'The Lambda function returned an error';
        throw malformedProxyResponse();
      }
      return streamedResponse(exchange, result);
    } catch (error) {
      if (error instanceof TimedOut) throw integrationTimeout();
      if (!(error instanceof ServiceError)) throw error;
      exchange.integrationError = error.message;
      throw malformedProxyResponse(`Lambda invocation failed with status: ${error.status}`);
    } finally {
      exchange.integrationLatencyMs = platform.clock.now() - begin;
    }
  };
}

function streamedResponse(exchange: RestExchange, { prelude, contentType, body }: InvokeStreamResult): HttpResponse {
  const headers = ownHeaders(exchange);
  let hasType = false;
  for (const [name, value] of Object.entries(prelude?.headers ?? {})) {
    hasType ||= name.toLowerCase() === 'content-type';
    const passed = passedName(name);
    if (passed) headers.push([passed, String(value)]);
  }
  for (const cookie of prelude?.cookies ?? []) headers.push(['Set-Cookie', cookie]);
  if (!hasType) headers.push(['Content-Type', prelude ? 'application/json' : contentType]);
  return { status: prelude?.statusCode ?? 200, headers, body };
}
