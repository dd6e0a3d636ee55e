// TOKEN and REQUEST authorizers: a function says who calls and what he may.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
import { ServiceError } from '#core/errors.ts';
import { MalformedPolicy, type CompiledPolicy } from '#core/policy/index.ts';
import { servicePrincipal } from '#core/principal.ts';
import type { InvokeResult } from '#kernel/functions.ts';
import { AuthorizerCache } from '../authorizer-cache.ts';
import { compileAuthorizerPolicy, judge } from '../authorizer-policy.ts';
import { functionArnOf } from '../function-uri.ts';
import type { AuthorizerOutcome } from '../identity.ts';
import type { PublishedRestAuthorizer } from '../published-rest.ts';
import { compileJavaMatch } from '../templates/index.ts';
import { within } from '../timeout.ts';
import type { AskAuthorizer } from './authorizers.ts';
import type { RestVariant } from './compile.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { compileIdentitySources, readIdentity } from './identity-source.ts';
import { withStageVariables } from '../stage-variables.ts';
import { requestEvent } from './proxy-event.ts';

export interface AuthorizerAnswer {
  policy: CompiledPolicy;
  policyText: string;
  outcome: AuthorizerOutcome;
}

export function compileLambdaAuthorizer(variant: RestVariant, authorizer: PublishedRestAuthorizer): AskAuthorizer {
  const { clock, limits } = variant.stage.facts;
  const { accountId } = variant.stage.published;
  const ttl = authorizer.authorizerResultTtlInSeconds ?? limits.authorizerTtlSecondsDefault;
  const cache = new AuthorizerCache<AuthorizerAnswer>(clock, ttl, limits.authorizerAnswers);
  const identityOf = compileIdentity(authorizer);
  const invoke = compileInvocation(variant, authorizer);
  return async (exchange) => {
    const identity = identityOf(exchange);
    const answer = await cache.get(identity.join('\0'), () => invoke(exchange, identity));
    const verdict = judge(answer.policy, exchange.methodArn, accountId, exchange.request);
    if (verdict === 'allow') return answer.outcome;
    const denied = 'User is not authorized to access this resource';
    const message = verdict === 'explicit-deny' ? `${denied} with an explicit deny` : denied;
    throw new GatewayError('ACCESS_DENIED', { message });
  };
}

/** What the function says now, for TestInvokeAuthorizer. */
export function compileAuthorizerQuestion(
  variant: RestVariant,
  authorizer: PublishedRestAuthorizer,
): (exchange: RestExchange) => Promise<AuthorizerAnswer> {
  const identityOf = compileIdentity(authorizer);
  const invoke = compileInvocation(variant, authorizer);
  return (exchange) => invoke(exchange, identityOf(exchange));
}

/** The values of the identity sources; without one of them the function is not asked. */
function compileIdentity(authorizer: PublishedRestAuthorizer): (exchange: RestExchange) => string[] {
  const sources = compileIdentitySources(authorizer.identitySource);
  const pattern = authorizer.identityValidationExpression;
  const isValid = authorizer.type === 'TOKEN' && pattern ? compileJavaMatch(pattern) : undefined;
  return (exchange) => {
    const identity = readIdentity(sources, exchange);
    if (!identity || (isValid && !isValid.test(identity[0] ?? ''))) throw new GatewayError('UNAUTHORIZED');
    return identity;
  };
}

function compileInvocation(
  variant: RestVariant,
  authorizer: PublishedRestAuthorizer,
): (exchange: RestExchange, identity: string[]) => Promise<AuthorizerAnswer> {
  const { accountId, region, apiId } = variant.stage.published;
  const functionArn = functionArnOf(withStageVariables(authorizer.authorizerUri ?? '', variant.variables));
  const own = servicePrincipal(
    'apigateway.amazonaws.com',
    `arn:aws:execute-api:${region}:${accountId}:${apiId}/authorizers/${authorizer.id}`,
  );
  return async (exchange, identity) => {
    const { platform, roles, limits } = exchange.stage.facts;
    if (!functionArn) throw misconfigured(`Invalid function ARN in ${authorizer.authorizerUri}`);
    const begin = platform.clock.now();
    let result: InvokeResult;
    try {
      const role = authorizer.authorizerCredentials;
      const as = role ? await roles.principal(role) : own;
      const payload =
        authorizer.type === 'TOKEN'
          ? JSON.stringify({ type: 'TOKEN', methodArn: exchange.methodArn, authorizationToken: identity[0] })
          : requestEvent(exchange);
      const work = platform.functions.invoke({ functionArn, payload, as, traceHeader: exchange.trace });
      result = await within(work, limits.restTimeoutMs);
    } catch (error) {
      if (error instanceof ServiceError) throw misconfigured(error.message, error);
      throw new GatewayError('AUTHORIZER_FAILURE', { reason: (error as Error).message, cause: error });
    }
    return readAnswer(result, platform.clock.now() - begin);
  };
}

const misconfigured = (reason: string, cause?: unknown): GatewayError =>
  new GatewayError('AUTHORIZER_CONFIGURATION_ERROR', {
    reason: `Execution failed due to configuration error: ${reason}`,
    cause,
  });

/** The function says "Unauthorized" by failing with exactly this word; another failure is the API's own. */
function readAnswer(result: InvokeResult, latencyMs: number): AuthorizerAnswer {
  const text = result.payload.toString();
  if (result.functionError) {
    const { errorMessage } = parse(text) as { errorMessage?: unknown };
    if (errorMessage === 'Unauthorized') throw new GatewayError('UNAUTHORIZED');
    throw misconfigured('the authorizer function failed');
  }
  const { principalId, policyDocument, context, usageIdentifierKey } = parse(text) as Record<string, unknown>;
  if (typeof principalId !== 'string' || policyDocument === undefined || policyDocument === null) {
    throw misconfigured('Invalid JSON in response');
  }
  try {
    const policy = compileAuthorizerPolicy(policyDocument);
    const outcome: AuthorizerOutcome = {
      principalId,
      context: contextTexts(context),
      latencyMs,
      status: 200,
      requestId: result.requestId,
      ...(typeof usageIdentifierKey === 'string' && { usageIdentifierKey }),
    };
    return { policy, policyText: JSON.stringify(policyDocument), outcome };
  } catch (error) {
    if (error instanceof MalformedPolicy) throw misconfigured(`Invalid policy document: ${error.message}`, error);
    throw error;
  }
}

function parse(text: string): object {
  try {
    const value = JSON.parse(text) as unknown;
    if (value !== null && typeof value === 'object') return value;
  } catch {
    // falls through: no JSON is as good as no object
  }
  throw misconfigured('Invalid JSON in response');
}

/** Texts, numbers and truth values only; a list or an object among them is AWS's 500. */
function contextTexts(context: unknown): Record<string, string> {
  if (context === undefined || context === null) return {};
  if (typeof context !== 'object' || Array.isArray(context)) throw misconfigured('the context is no map');
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => {
      if (value !== null && typeof value === 'object') throw misconfigured(`the context value ${name} is no text`);
      return [name, String(value)];
    }),
  );
}
