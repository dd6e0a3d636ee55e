import { ServiceError } from '#core/errors.ts';
import type { InvokeResult } from '#kernel/functions.ts';
import type { Principal } from '#core/principal.ts';
import { TimedOut, within } from '../timeout.ts';
import type { CompiledMethod } from './compile.ts';
import { configurationError, integrationTimeout } from './errors.ts';
import type { RestExchange } from './exchange.ts';

/** Not the function's failure but Lambda's refusal: no permission, or no such function. AWS tells the two not apart. */
const NOT_ALLOWED = new Set(['AccessDeniedException', 'ResourceNotFoundException', 'AccessDenied']);

export interface FunctionCall {
  functionArn: string;
  payload: Buffer | string;
  as: Principal;
  invocationType?: 'RequestResponse' | 'Event' | 'DryRun';
  timeoutMs: number;
}

/** Invokes and keeps the integration's figures. Throws GatewayError, or ServiceError for what Lambda itself answers. */
export async function invokeFunction(exchange: RestExchange, call: FunctionCall): Promise<InvokeResult> {
  const { platform } = exchange.stage.facts;
  const begin = platform.clock.now();
  const { timeoutMs, ...request } = call;
  exchange.log?.sending(functionUrl(call.functionArn), [], call.payload);
  try {
    const result = await within(platform.functions.invoke({ ...request, traceHeader: exchange.trace }), timeoutMs);
    exchange.integrationStatus = result.statusCode;
    exchange.integrationRequestId = result.requestId;
    exchange.integrationLatencyMs = platform.clock.now() - begin;
    exchange.log?.received(result.statusCode, [], result.payload);
    return result;
  } catch (error) {
    if (error instanceof TimedOut) throw integrationTimeout();
    if (error instanceof ServiceError) {
      exchange.integrationStatus = error.status;
      exchange.integrationError = error.message;
      if (NOT_ALLOWED.has(error.code)) throw configurationError('Invalid permissions on Lambda function', error);
    }
    throw error;
  } finally {
    exchange.integrationLatencyMs = platform.clock.now() - begin;
  }
}

/** As the execution log shows it. */
function functionUrl(functionArn: string): string {
  const region = functionArn.split(':')[3];
  return `https://lambda.${region}.amazonaws.com/2015-03-31/functions/${functionArn}/invocations`;
}

/** As whom a method calls its backend: its role, the caller, or API Gateway itself. */
export async function integrationPrincipal(
  exchange: RestExchange,
  method: CompiledMethod,
  credentials: string | undefined,
): Promise<Principal> {
  if (!credentials) return method.principal(exchange.request.method);
  if (isCallerCredentials(credentials)) {
    if (exchange.principal) return exchange.principal;
    throw configurationError('the credentials of the caller are needed, but the request is not signed');
  }
  try {
    return await exchange.stage.facts.roles.principal(credentials);
  } catch (error) {
    throw configurationError('API Gateway does not have permission to assume the provided role', error);
  }
}

/** `arn:aws:iam::*:user/*`: pass the caller's credentials on. */
export const isCallerCredentials = (credentials: string): boolean =>
  /^arn:aws[\w-]*:iam::\*:user\/\*$/.test(credentials);
