// Who may connect: asked once, at the handshake; what it says holds for the connection.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
import { servicePrincipal } from '#core/principal.ts';
import { compileAuthorizerPolicy, judge } from '../authorizer-policy.ts';
import { functionArnOf } from '../function-uri.ts';
import type { PublishedHttpAuthorizer } from '../published-http.ts';
import { decideInvoke, identityOf, signatureRefusal, signedPrincipal } from '../signed-caller.ts';
import { within } from '../timeout.ts';
import type { CompiledWebSocketRoute } from './compile.ts';
import { authorizerEvent } from './event.ts';
import type { WebSocketExchange } from './exchange.ts';
import { compileParameter } from './expression.ts';
import { Refused } from './refused.ts';

/** Lets the handshake pass or throws Refused. */
export type AuthorizeConnect = (exchange: WebSocketExchange) => Promise<void>;

export function compileAuthorization(route: CompiledWebSocketRoute): AuthorizeConnect | undefined {
  const { authorizationType, authorizerId } = route.published;
  if (authorizationType === undefined || authorizationType === 'NONE') return undefined;
  if (authorizationType === 'AWS_IAM') return authorizeSigned;
  const authorizer = route.stage.published.deployment.authorizers?.find((one) => one.authorizerId === authorizerId);
  if (!authorizer) {
    return async () => {
      throw new Refused(500, 'Internal server error');
    };
  }
  return compileLambdaAuthorizer(authorizer);
}

async function authorizeSigned(exchange: WebSocketExchange): Promise<void> {
  const { connection } = exchange;
  const { facts, published } = connection.stage;
  let principal;
  try {
    principal = await signedPrincipal(facts.platform, connection.request, Buffer.alloc(0));
  } catch (error) {
    if (signatureRefusal(error)) throw new Refused(403, (error as Error).message);
    throw error;
  }
  if (!principal) throw new Refused(403, 'Missing Authentication Token');
  const { accountId, region } = published;
  const question = { principal, arn: exchange.routeArn, accountId, region, request: connection.request };
  if ((await decideInvoke(facts.platform, question)) !== 'allow') throw new Refused(403, 'Forbidden');
  connection.identity = { ...connection.identity, ...identityOf(principal) };
}

function compileLambdaAuthorizer(authorizer: PublishedHttpAuthorizer): AuthorizeConnect {
  const sources = (authorizer.identitySource ?? []).map(compileParameter);
  const functionArn = functionArnOf(authorizer.authorizerUri);
  return async (exchange) => {
    const { connection } = exchange;
    const { published } = connection.stage;
    if (sources.some((source) => !source(exchange))) throw new Refused(401, 'Unauthorized');
    if (!functionArn) throw new Refused(500, 'Internal server error');
    const { accountId, region, apiId } = published;
    const arn = `arn:aws:execute-api:${region}:${accountId}:${apiId}/authorizers/${authorizer.authorizerId}`;
    const answer = await ask(exchange, authorizer, functionArn, arn);
    const policy = compileAuthorizerPolicy(answer['policyDocument']);
    if (judge(policy, exchange.routeArn, accountId, connection.request) !== 'allow')
      throw new Refused(403, 'Forbidden');
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
  authorizer: PublishedHttpAuthorizer,
  functionArn: string,
  arn: string,
): Promise<Record<string, unknown>> {
  const { platform, roles, limits } = exchange.connection.stage.facts;
  try {
    const role = authorizer.authorizerCredentialsArn;
    const as = role ? await roles.principal(role) : servicePrincipal('apigateway.amazonaws.com', arn);
    const work = platform.functions.invoke({ functionArn, payload: authorizerEvent(exchange), as });
    const { functionError, payload } = await within(work, limits.restTimeoutMs);
    const answer = JSON.parse(payload.toString()) as Record<string, unknown>;
    if (functionError && answer['errorMessage'] === 'Unauthorized') throw new Refused(401, 'Unauthorized');
    if (functionError || typeof answer['principalId'] !== 'string') throw new Error('no proper answer');
    compileAuthorizerPolicy(answer['policyDocument']);
    return answer;
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(500, 'Internal server error', error);
  }
}

const contextTexts = (context: unknown): Record<string, string> =>
  context !== null && typeof context === 'object'
    ? Object.fromEntries(Object.entries(context).map(([name, value]) => [name, String(value)]))
    : {};
