// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
import type { JWTPayload } from 'jose';
import { bareToken, claimTexts, InvalidToken, scopesOf } from '../jwt.ts';
import type { PublishedHttpAuthorizer } from '../published-http.ts';
import type { Authorize } from './authorize.ts';
import { HttpApiError } from './errors.ts';
import type { HttpAuthorizerOutcome } from './exchange.ts';
import { compileIdentitySource } from './identity-source.ts';

export function compileJwtAuthorizer(authorizer: PublishedHttpAuthorizer, scopes: readonly string[]): Authorize {
  const source = compileIdentitySource(authorizer.identitySource?.[0] ?? '$request.header.Authorization');
  const { issuer = '', audience = [] } = authorizer.jwtConfiguration ?? {};
  /** of claims that were good; the same token has the same claims, as long as it is known */
  const outcomes = new WeakMap<JWTPayload, HttpAuthorizerOutcome>();
  return async (exchange) => {
    const header = source(exchange);
    if (!header) throw challenge(401, 'Unauthorized', 'Bearer');
    let claims: JWTPayload;
    try {
      claims = await exchange.stage.facts.issuers.verify(bareToken(header), issuer);
    } catch (error) {
      if (!(error instanceof InvalidToken)) throw error;
      throw invalidToken(error.message);
    }
    const known = outcomes.get(claims);
    if (known) {
      exchange.authorizer = known;
      return;
    }
    const given = [claims.aud ?? claims['client_id'] ?? []].flat().map(String);
    if (audience.length && !audience.some((one) => given.includes(one))) throw invalidToken('invalid audience');
    const granted = scopesOf(claims);
    if (scopes.length && !scopes.some((scope) => granted.includes(scope))) {
      throw challenge(403, 'Forbidden', `Bearer scope="${scopes.join(' ')}" error="insufficient_scope"`);
    }
    exchange.authorizer = {
      kind: 'jwt',
      claims: claimTexts(claims),
      context: {},
      scopes: scopes.length ? granted : null,
    };
    outcomes.set(claims, exchange.authorizer);
  };
}

const challenge = (status: number, message: string, authenticate: string): HttpApiError =>
  new HttpApiError(status, message, { headers: [['www-authenticate', authenticate]] });

const invalidToken = (description: string): HttpApiError =>
  challenge(401, 'Unauthorized', `Bearer scope="" error="invalid_token" error_description="${plain(description)}"`);

/** What stands in a quoted header value. */
const plain = (text: string): string => text.replace(/[^\x20-\x7e]|["\\]/g, ' ');
