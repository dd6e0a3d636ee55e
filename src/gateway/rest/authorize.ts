// Who may call a method: its authorization type and the API's resource policy together, in AWS's table of combinations.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-authorization-flow.html
import type { Principal } from '#core/principal.ts';
import { decideInvoke, identityOf, signatureRefusal, signedPrincipal, type InvokeDecision } from '../signed-caller.ts';
import type { CompiledMethod } from './compile.ts';
import { compileAuthorizer } from './authorizers.ts';
import { GatewayError, missingAuthenticationToken, type GatewayResponseType } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { foreignAuthorization } from './foreign-authorization.ts';
import { notAuthorized } from './resource-policy.ts';

/** Lets the request pass or throws GatewayError. */
export type Authorize = (exchange: RestExchange) => Promise<void>;

const anonymous: Principal = { type: 'anonymous' };

/** Undefined where everybody may call. */
export function compileAuthorization(method: CompiledMethod): Authorize | undefined {
  const { authorizationType } = method.published;
  const policy = method.variant.resourcePolicy;
  switch (authorizationType) {
    case 'NONE':
      return policy === undefined ? undefined : (exchange) => requirePolicy(exchange, policy);
    case 'AWS_IAM':
      return (exchange) => authorizeSigned(exchange, policy);
    case 'CUSTOM':
      return authorizeCustom(method, policy);
    case 'COGNITO_USER_POOLS':
      return authorizeTokens(method, policy);
  }
}

const ask = (exchange: RestExchange, principal: Principal, resourcePolicy?: string): Promise<InvokeDecision> => {
  const { accountId, region } = exchange.stage.published;
  const { request, methodArn: arn } = exchange;
  const question = { principal, arn, accountId, region, resourcePolicy, request };
  return decideInvoke(exchange.stage.facts.platform, question);
};

/** Without an authorizer the policy must allow. */
async function requirePolicy(exchange: RestExchange, policy: string): Promise<void> {
  const decision = await ask(exchange, anonymous, policy);
  if (decision !== 'allow') throw notAuthorized(exchange, 'anonymous', decision === 'explicit-deny');
}

async function authorizeSigned(exchange: RestExchange, policy: string | undefined): Promise<void> {
  const foreign = foreignAuthorization(exchange.request, 'INVALID_SIGNATURE');
  if (foreign) throw foreign;
  let principal: Principal | undefined;
  try {
    principal = await signedPrincipal(exchange.stage.facts.platform, exchange.request, exchange.body);
  } catch (error) {
    throw refusedSignature(error);
  }
  if (!principal) throw missingAuthenticationToken();
  exchange.principal = principal;
  exchange.identity = { ...exchange.identity, ...identityOf(principal) };
  const decision = await ask(exchange, principal, policy);
  const who = 'arn' in principal ? principal.arn : principal.type;
  if (decision !== 'allow') throw notAuthorized(exchange, who, decision === 'explicit-deny');
}

const SIGNATURE_TYPES: Record<string, GatewayResponseType> = {
  InvalidSignatureException: 'INVALID_SIGNATURE',
  SignatureDoesNotMatch: 'INVALID_SIGNATURE',
  ExpiredTokenException: 'EXPIRED_TOKEN',
  MissingAuthenticationTokenException: 'MISSING_AUTHENTICATION_TOKEN',
};

function refusedSignature(error: unknown): unknown {
  const refusal = signatureRefusal(error);
  if (!refusal) return error;
  const type = SIGNATURE_TYPES[refusal.code] ?? 'INVALID_SIGNATURE';
  return new GatewayError(type, { message: refusal.message, errorType: refusal.code, cause: error });
}

/** An explicit deny of the policy comes before the authorizer is asked; what the policy does not mention is the authorizer's. */
function authorizeCustom(method: CompiledMethod, policy: string | undefined): Authorize {
  const authorizer = compileAuthorizer(method);
  return async (exchange) => {
    const decision = policy === undefined ? 'allow' : await ask(exchange, anonymous, policy);
    if (decision === 'explicit-deny') throw notAuthorized(exchange, 'anonymous', true);
    exchange.authorizer = await authorizer(exchange);
  };
}

/** The token first; then the policy must allow. */
function authorizeTokens(method: CompiledMethod, policy: string | undefined): Authorize {
  const authorizer = compileAuthorizer(method);
  return async (exchange) => {
    exchange.authorizer = await authorizer(exchange);
    if (policy !== undefined) await requirePolicy(exchange, policy);
  };
}
