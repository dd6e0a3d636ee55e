import type { AuthorizerOutcome } from '../identity.ts';
import type { CompiledMethod, RestVariant } from './compile.ts';
import { compileLambdaAuthorizer } from './lambda-authorizer.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import { compileUserPoolAuthorizer } from './user-pool-authorizer.ts';

/** Answers who calls; throws GatewayError for whom it does not let in. */
export type AskAuthorizer = (exchange: RestExchange) => Promise<AuthorizerOutcome>;

export function compileAuthorizer(method: CompiledMethod): AskAuthorizer {
  const { authorizerId, authorizationScopes } = method.published;
  const authorizer = method.variant.deployment.authorizers?.find(({ id }) => id === authorizerId);
  if (!authorizer) {
    return async () => {
      throw new GatewayError('AUTHORIZER_CONFIGURATION_ERROR', { reason: `no authorizer ${authorizerId}` });
    };
  }
  if (authorizer.type === 'COGNITO_USER_POOLS') return compileUserPoolAuthorizer(authorizer, authorizationScopes ?? []);
  return sharedAuthorizer(method.variant, authorizer.id, () => compileLambdaAuthorizer(method.variant, authorizer));
}

/** Methods share the authorizer and with it the answers that it keeps. */
function sharedAuthorizer(variant: RestVariant, id: string, compile: () => AskAuthorizer): AskAuthorizer {
  let shared = variant.authorizers.get(id);
  if (!shared) variant.authorizers.set(id, (shared = compile()));
  return shared;
}
