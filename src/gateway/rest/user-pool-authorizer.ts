// COGNITO_USER_POOLS: a token of one of the pools. Without scopes an identity token, with scopes an access token.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-integrate-with-cognito.html
import { decodeJwt, type JWTPayload } from 'jose';
import { parseArn } from '#core/arn.ts';
import { bareToken, claimTexts, InvalidToken, scopesOf } from '../jwt.ts';
import type { PublishedRestAuthorizer } from '../published-rest.ts';
import { compileJavaMatch } from '../templates/index.ts';
import type { AskAuthorizer } from './authorizers.ts';
import { GatewayError } from './errors.ts';
import { compileIdentitySources } from './identity-source.ts';

const JWKS_PATH = '/.well-known/jwks.json';

export function compileUserPoolAuthorizer(
  authorizer: PublishedRestAuthorizer,
  scopes: readonly string[],
): AskAuthorizer {
  const issuers = new Set((authorizer.providerARNs ?? []).map(issuerOf));
  const [source] = compileIdentitySources(authorizer.identitySource ?? 'method.request.header.Authorization');
  const pattern = authorizer.identityValidationExpression;
  const isValid = pattern ? compileJavaMatch(pattern) : undefined;
  return async (exchange) => {
    const header = source?.(exchange);
    if (!header) throw new GatewayError('UNAUTHORIZED');
    const token = bareToken(header);
    const issuer = issuerOfToken(token);
    if (!issuer || !issuers.has(issuer)) throw new GatewayError('UNAUTHORIZED');
    let claims: JWTPayload;
    try {
      claims = await exchange.stage.facts.issuers.verify(token, issuer, JWKS_PATH);
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
      const message = error.expired ? 'The incoming token has expired' : undefined;
      throw new GatewayError('UNAUTHORIZED', { ...(message && { message }), reason: error.message, cause: error });
    }
    if (isValid && !isValid.test(audienceOf(claims))) throw new GatewayError('UNAUTHORIZED');
    if (!isWanted(claims, scopes)) throw new GatewayError('UNAUTHORIZED');
    return { claims: claimTexts(claims) };
  };
}

/** arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL */
function issuerOf(providerArn: string): string {
  const arn = parseArn(providerArn);
  return `https://cognito-idp.${arn?.region}.amazonaws.com/${arn?.resource.replace(/^userpool\//, '')}`;
}

function issuerOfToken(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

const audienceOf = (claims: JWTPayload): string => [claims.aud ?? String(claims['client_id'] ?? '')].flat()[0] ?? '';

function isWanted(claims: JWTPayload, scopes: readonly string[]): boolean {
  if (scopes.length === 0) return claims['token_use'] === 'id';
  const given = scopesOf(claims);
  return claims['token_use'] === 'access' && scopes.some((scope) => given.includes(scope));
}
