// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
import { MalformedPolicy, type CompiledPolicy } from '#core/policy/index.ts';
import { servicePrincipal } from '#core/principal.ts';
import { AuthorizerCache } from '../authorizer-cache.ts';
import { compileAuthorizerPolicy, judge } from '../authorizer-policy.ts';
import { functionArnOf } from '../function-uri.ts';
import type { PublishedHttpAuthorizer } from '../published-http.ts';
import { within } from '../timeout.ts';
import type { Authorize } from './authorize.ts';
import type { CompiledHttpStage } from './compile.ts';
import { forbidden, internalServerError, unauthorized } from './errors.ts';
import { authorizerEventV1 } from './event-v1.ts';
import { authorizerEventV2 } from './event-v2.ts';
import type { HttpAuthorizerOutcome, HttpExchange } from './exchange.ts';
import { compileIdentitySource, readIdentity } from './identity-source.ts';

type Judgement = boolean | CompiledPolicy;

interface Answer {
  judgement: Judgement;
  outcome: HttpAuthorizerOutcome;
}

export function compileLambdaAuthorizer(stage: CompiledHttpStage, authorizer: PublishedHttpAuthorizer): Authorize {
  const { clock, limits } = stage.facts;
  const cache = new AuthorizerCache<Answer>(
    clock,
    authorizer.authorizerResultTtlInSeconds ?? 0,
    limits.authorizerAnswers,
  );
  const sources = (authorizer.identitySource ?? []).map(compileIdentitySource);
  const { accountId } = stage.published;
  return async (exchange) => {
    const identity = readIdentity(sources, exchange);
    if (!identity) throw unauthorized();
    const { judgement, outcome } = await cache.get(identity.join('\0'), () => ask(exchange, authorizer, identity));
    const isAllowed =
      typeof judgement === 'boolean'
        ? judgement
        : judge(judgement, exchange.routeArn, accountId, exchange.request) === 'allow';
    if (!isAllowed) throw forbidden();
    exchange.authorizer = outcome;
  };
}

async function ask(exchange: HttpExchange, authorizer: PublishedHttpAuthorizer, identity: string[]): Promise<Answer> {
  const { platform, roles, limits } = exchange.stage.facts;
  const { accountId, region, apiId } = exchange.stage.published;
  const functionArn = functionArnOf(authorizer.authorizerUri) ?? authorizer.authorizerUri ?? '';
  const sourceArn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/authorizers/${authorizer.authorizerId}`;
  const role = authorizer.authorizerCredentialsArn;
  const isV2 = authorizer.authorizerPayloadFormatVersion === '2.0';
  const begin = platform.clock.now();
  try {
    const as = role ? await roles.principal(role) : servicePrincipal('apigateway.amazonaws.com', sourceArn);
    const payload = isV2 ? authorizerEventV2(exchange, identity) : authorizerEventV1(exchange, identity);
    const work = platform.functions.invoke({ functionArn, payload, as, traceHeader: exchange.trace });
    const { functionError, payload: result, requestId } = await within(work, limits.httpAuthorizerTimeoutMs);
    if (functionError) throw new Error('the authorizer function failed');
    const answer = readAnswer(JSON.parse(result.toString()), authorizer, isV2);
    answer.outcome.latencyMs = platform.clock.now() - begin;
    answer.outcome.requestId = requestId;
    return answer;
  } catch (error) {
    throw internalServerError((error as Error).message, error);
  }
}

function readAnswer(result: unknown, authorizer: PublishedHttpAuthorizer, isV2: boolean): Answer {
  if (result === null || typeof result !== 'object') throw new Error('the answer is no object');
  const { isAuthorized, principalId, policyDocument, context } = result as Record<string, unknown>;
  const given = context !== null && typeof context === 'object' ? (context as Record<string, unknown>) : {};
  const outcome: HttpAuthorizerOutcome = {
    kind: 'lambda',
    lambda: given,
    context: Object.fromEntries(Object.entries(given).map(([name, value]) => [name, textOf(value)])),
  };
  if (isV2 && authorizer.enableSimpleResponses) {
    if (typeof isAuthorized !== 'boolean') throw new Error('isAuthorized is missing');
    return { judgement: isAuthorized, outcome };
  }
  if (typeof principalId !== 'string') throw new Error('principalId is missing');
  outcome.principalId = principalId;
  try {
    return { judgement: compileAuthorizerPolicy(policyDocument), outcome };
  } catch (error) {
    if (error instanceof MalformedPolicy) throw new Error(`invalid policy: ${error.message}`, { cause: error });
    throw error;
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
