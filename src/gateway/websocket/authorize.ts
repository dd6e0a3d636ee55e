// Who may connect: asked once, at the handshake; what it says holds for the connection.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
import type { HttpRequest } from '#core/http.ts';
import { servicePrincipal, type Principal } from '#core/principal.ts';
import { compileAuthorizerPolicy, judge } from '../authorizer-policy.ts';
import { functionArnOf } from '../function-uri.ts';
import type { PublishedHttpAuthorizer } from '../published-http.ts';
import { decideInvoke, identityOf, signatureRefusal, signedPrincipal } from '../signed-caller.ts';
import { withStageVariables } from '../stage-variables.ts';
import { within } from '../timeout.ts';
import type { CompiledWebSocketRoute } from './compile.ts';
import { authorizerEvent } from './event.ts';
import type { WebSocketExchange } from './exchange.ts';
import { compileParameter } from './expression.ts';
import { configurationError, forbidden, Refused, unauthorized } from './refused.ts';

/** Lets the handshake pass or throws Refused. */
export type AuthorizeConnect = (exchange: WebSocketExchange, handshake: HttpRequest) => Promise<void>;

export function compileAuthorization(route: CompiledWebSocketRoute): AuthorizeConnect | undefined {
  const { authorizationType, authorizerId } = route.published;
  if (authorizationType === undefined || authorizationType === 'NONE') return undefined;
  if (authorizationType === 'AWS_IAM') return authorizeSigned;
  const authorizer = route.stage.published.deployment.authorizers?.find((one) => one.authorizerId === authorizerId);
  if (!authorizer) return async () => Promise.reject(configurationError(`no authorizer ${authorizerId}`));
  return compileLambdaAuthorizer(authorizer);
}

async function authorizeSigned(exchange: WebSocketExchange, handshake: HttpRequest): Promise<void> {
  const { connection, stage } = exchange;
  const { facts, published } = stage;
  const principal = await authenticate(exchange, handshake);
  const { accountId, region } = published;
  const begin = facts.clock.now();
  const question = { principal, arn: exchange.routeArn, accountId, region, request: handshake };
  const isAllowed = (await decideInvoke(facts.platform, question)) === 'allow';
  exchange.authorization = { status: isAllowed ? 200 : 403, latencyMs: facts.clock.now() - begin };
  if (!isAllowed) throw forbidden('ACCESS_DENIED');
  connection.identity = { ...connection.identity, ...identityOf(principal) };
}

async function authenticate(exchange: WebSocketExchange, handshake: HttpRequest): Promise<Principal> {
  const { platform, clock } = exchange.stage.facts;
  const begin = clock.now();
  const done = (status: number, error?: string): void => {
    exchange.authentication = { status, latencyMs: clock.now() - begin, ...(error !== undefined && { error }) };
  };
  let principal: Principal | undefined;
  try {
    principal = await signedPrincipal(platform, handshake, Buffer.alloc(0));
  } catch (error) {
    const refusal = signatureRefusal(error);
    if (!refusal) throw error;
    done(403, refusal.message);
    throw new Refused(403, 'INVALID_SIGNATURE', refusal.message, { cause: error });
  }
  done(principal ? 200 : 403);
  if (!principal) throw new Refused(403, 'MISSING_AUTHENTICATION_TOKEN', 'Missing Authentication Token');
  return principal;
}

function compileLambdaAuthorizer(authorizer: PublishedHttpAuthorizer): AuthorizeConnect {
  const sources = (authorizer.identitySource ?? []).map(compileParameter);
  return async (exchange, handshake) => {
    const { connection, stage } = exchange;
    const { accountId } = stage.published;
    if (sources.some((source) => !source(exchange))) throw unauthorized();
    const answer = await ask(exchange, handshake, authorizer);
    const policy = compileAuthorizerPolicy(answer['policyDocument']);
    const isAllowed = judge(policy, exchange.routeArn, accountId, handshake) === 'allow';
    exchange.authorization = { status: isAllowed ? 200 : 403, latencyMs: 0 };
    if (!isAllowed) throw forbidden('ACCESS_DENIED');
    const { usageIdentifierKey } = answer;
    connection.authorizer = {
      principalId: String(answer['principalId']),
      context: contextTexts(answer['context']),
      ...(typeof usageIdentifierKey === 'string' && { usageIdentifierKey }),
    };
  };
}

async function ask(
  exchange: WebSocketExchange,
  handshake: HttpRequest,
  authorizer: PublishedHttpAuthorizer,
): Promise<Record<string, unknown>> {
  const { stage } = exchange;
  const { platform, roles, limits, clock } = stage.facts;
  const { accountId, region, apiId } = stage.published;
  const begin = clock.now();
  const done = (status: number, more: { error?: string; requestId?: string } = {}): void => {
    exchange.authorizer = { status, latencyMs: clock.now() - begin, ...more };
  };
  try {
    const functionArn = functionArnOf(withStageVariables(authorizer.authorizerUri ?? '', stage.variables));
    if (!functionArn) throw new Error(`Invalid authorizer URI ${authorizer.authorizerUri}`);
    const role = authorizer.authorizerCredentialsArn;
    const arn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/authorizers/${authorizer.authorizerId}`;
    const as = role ? await roles.principal(role) : servicePrincipal('apigateway.amazonaws.com', arn);
    const payload = authorizerEvent(exchange, handshake);
    const result = await within(platform.functions.invoke({ functionArn, payload, as }), limits.restTimeoutMs);
    const answer = JSON.parse(result.payload.toString()) as Record<string, unknown>;
    if (result.functionError && answer['errorMessage'] === 'Unauthorized') throw unauthorized();
    if (result.functionError || typeof answer['principalId'] !== 'string') throw new Error('no proper answer');
    compileAuthorizerPolicy(answer['policyDocument']);
    done(200, { requestId: result.requestId });
    return answer;
  } catch (error) {
    if (error instanceof Refused) {
      done(error.status, { error: error.message });
      throw error;
    }
    done(500, { error: (error as Error).message });
    throw new Refused(500, 'AUTHORIZER_FAILURE', 'Internal server error', { cause: error });
  }
}

const contextTexts = (context: unknown): Record<string, string> =>
  context !== null && typeof context === 'object'
    ? Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)]))
    : {};
