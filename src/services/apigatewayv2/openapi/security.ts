// Security schemes of a document: authorizers that become records, and IAM.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/openapi-extensions-for-http-apis.html
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { putAuthorizer, type AuthorizerInput } from '../authorizers.ts';
import type { RouteInput } from '../routes.ts';
import { follow, type Json } from './document.ts';

type SecurityScheme = { kind: 'iam' } | { kind: 'JWT' | 'CUSTOM'; authorizerId: string };
export type SecuritySchemes = ReadonlyMap<string, SecurityScheme>;

export async function importAuthorizers(
  tx: Transaction,
  context: Context,
  apiId: string,
  document: Json,
): Promise<SecuritySchemes> {
  const schemes = new Map<string, SecurityScheme>();
  for (const [name, given] of Object.entries<Json>(document.components?.securitySchemes ?? {})) {
    const scheme = follow(document, given) ?? {};
    const authorizer = scheme['x-amazon-apigateway-authorizer'];
    if (authorizer) {
      const { AuthorizerId } = await putAuthorizer(tx, context, apiId, authorizerFrom(name, authorizer));
      schemes.set(name, { kind: isJwt(authorizer) ? 'JWT' : 'CUSTOM', authorizerId: AuthorizerId });
    } else if (String(scheme['x-amazon-apigateway-authtype']).toLowerCase() === 'awssigv4') {
      schemes.set(name, { kind: 'iam' });
    }
  }
  return schemes;
}

const isJwt = (authorizer: Json): boolean => String(authorizer.type).toLowerCase() === 'jwt';

function authorizerFrom(Name: string, given: Json): AuthorizerInput {
  const IdentitySource = sourcesFrom(given.identitySource);
  if (isJwt(given)) {
    const { issuer, audience } = given.jwtConfiguration ?? {};
    return {
      Name,
      AuthorizerType: 'JWT',
      IdentitySource,
      JwtConfiguration: { Issuer: issuer, Audience: typeof audience === 'string' ? [audience] : audience },
    };
  }
  const ttlSeconds = given.authorizerResultTtlInSeconds;
  return {
    Name,
    AuthorizerType: String(given.type).toUpperCase() as 'REQUEST',
    AuthorizerUri: given.authorizerUri,
    ...(given.authorizerCredentials !== undefined && { AuthorizerCredentialsArn: given.authorizerCredentials }),
    ...(given.authorizerPayloadFormatVersion !== undefined && {
      AuthorizerPayloadFormatVersion: Number(given.authorizerPayloadFormatVersion).toFixed(1),
    }),
    ...(ttlSeconds !== undefined && { AuthorizerResultTtlInSeconds: Number(ttlSeconds) }),
    ...(given.enableSimpleResponses !== undefined && { EnableSimpleResponses: given.enableSimpleResponses === true }),
    IdentitySource,
  };
}

/** One text with commas, or a list. */
const sourcesFrom = (given: Json): string[] =>
  (Array.isArray(given) ? given.map(String) : String(given ?? '').split(','))
    .map((source: string) => source.trim())
    .filter((source: string) => source !== '');

/** What protects an operation: its own security, or the document's. */
export function authorizationOf(schemes: SecuritySchemes, document: Json, operation: Json): RouteInput {
  const requirements: Json[] = operation.security ?? document.security ?? [];
  for (const [name, scopes] of requirements.flatMap((each) => Object.entries<string[]>(each ?? {}))) {
    const scheme = schemes.get(name);
    if (!scheme) continue;
    if (scheme.kind === 'iam') return { AuthorizationType: 'AWS_IAM' };
    return {
      AuthorizationType: scheme.kind,
      AuthorizerId: scheme.authorizerId,
      ...(scheme.kind === 'JWT' && scopes.length > 0 && { AuthorizationScopes: scopes }),
    };
  }
  const isIam = String(operation['x-amazon-apigateway-auth']?.type).toUpperCase() === 'AWS_IAM';
  return { AuthorizationType: isIam ? 'AWS_IAM' : 'NONE' };
}
