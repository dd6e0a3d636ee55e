// Security schemes of a document: API keys, IAM, and authorizers that become records.
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { authorizerOf } from './authorizers.ts';
import { authorizers, placeOf, type RestApiRecord } from './store.ts';

type Json = any;
export type SecurityScheme =
  | { kind: 'api-key' }
  | { kind: 'iam' }
  | { kind: 'authorizer'; authorizerId: string; authorizationType: 'CUSTOM' | 'COGNITO_USER_POOLS' };

export async function importAuthorizers(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  document: Json,
): Promise<Record<string, SecurityScheme>> {
  const at = placeOf(context);
  const schemes: Record<string, SecurityScheme> = {};
  const known = await authorizers.list(tx, at, api.id);
  for (const [name, scheme] of Object.entries<Json>(
    document.securityDefinitions ?? document.components?.securitySchemes ?? {},
  )) {
    const authType = scheme['x-amazon-apigateway-authtype'] as string | undefined;
    const given = scheme['x-amazon-apigateway-authorizer'] as Json;
    if (given) {
      const type = String(given.type).toUpperCase();
      const authorizer = authorizerOf(known.find((each) => each.name === name)?.id ?? context.ids.lower(6), {
        name,
        type,
        ...(given.providerARNs && { providerARNs: given.providerARNs }),
        ...(given.authorizerUri !== undefined && { authorizerUri: given.authorizerUri }),
        ...(given.authorizerCredentials !== undefined && { authorizerCredentials: given.authorizerCredentials }),
        // token authorizers read the header that the scheme names
        identitySource:
          given.identitySource ??
          (type === 'REQUEST' ? undefined : `method.request.header.${scheme.name ?? 'Authorization'}`),
        ...(given.identityValidationExpression !== undefined && {
          identityValidationExpression: given.identityValidationExpression,
        }),
        ...(given.authorizerResultTtlInSeconds !== undefined && {
          authorizerResultTtlInSeconds: Number(given.authorizerResultTtlInSeconds),
        }),
        ...(authType !== undefined && { authType }),
      });
      authorizers.put(tx, at, api.id, authorizer);
      schemes[name] = {
        kind: 'authorizer',
        authorizerId: authorizer.id,
        authorizationType: type === 'COGNITO_USER_POOLS' ? 'COGNITO_USER_POOLS' : 'CUSTOM',
      };
    } else if (authType?.toLowerCase() === 'awssigv4') schemes[name] = { kind: 'iam' };
    else if (scheme.type === 'apiKey' && String(scheme.name).toLowerCase() === 'x-api-key')
      schemes[name] = { kind: 'api-key' };
  }
  return schemes;
}
