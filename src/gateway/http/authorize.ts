// Who may call a route. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-access-control.html
import { decideInvoke, identityOf, signatureRefusal, signedPrincipal } from '../signed-caller.ts';
import type { CompiledRoute } from './compile.ts';
import { forbidden, HttpApiError, internalServerError } from './errors.ts';
import type { HttpExchange } from './exchange.ts';
import { compileJwtAuthorizer } from './jwt-authorizer.ts';
import { compileLambdaAuthorizer } from './lambda-authorizer.ts';

/** Lets the request pass or throws HttpApiError. */
export type Authorize = (exchange: HttpExchange) => Promise<void>;

/** Undefined where everybody may call. */
export function compileAuthorization(route: CompiledRoute): Authorize | undefined {
  const { authorizationType, authorizerId, authorizationScopes } = route.published;
  if (authorizationType === undefined || authorizationType === 'NONE') return undefined;
  if (authorizationType === 'AWS_IAM') return authorizeSigned;
  const { stage } = route;
  const authorizer = stage.published.deployment.authorizers?.find((one) => one.authorizerId === authorizerId);
  if (!authorizer) {
    return async () => {
      throw internalServerError(`no authorizer ${authorizerId}`);
    };
  }
  if (authorizer.authorizerType === 'JWT') return compileJwtAuthorizer(authorizer, authorizationScopes ?? []);
  return stage.sharedAuthorizer(authorizer.authorizerId, () => compileLambdaAuthorizer(stage, authorizer));
}

async function authorizeSigned(exchange: HttpExchange): Promise<void> {
  const { platform } = exchange.stage.facts;
  let principal;
  try {
    principal = await signedPrincipal(platform, exchange.request, exchange.body);
  } catch (error) {
    if (signatureRefusal(error)) throw new HttpApiError(403, 'Forbidden', { cause: error });
    throw error;
  }
  if (!principal) throw forbidden();
  const { accountId, region } = exchange.stage.published;
  const question = { principal, arn: exchange.routeArn, accountId, region, request: exchange.request };
  if ((await decideInvoke(platform, question)) !== 'allow') throw forbidden();
  exchange.principal = principal;
  exchange.identity = identityOf(principal);
  exchange.authorizer = { kind: 'iam' };
}
