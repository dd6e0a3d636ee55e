import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { authorizerUri } from '../openapi/integration.ts';
import { pythonText } from '../python-text.ts';

// The authorizers of a REST API as security definitions of its document.

export interface Authorizer {
  readonly name: string;
  readonly kind: 'cognito' | 'token' | 'request';
  readonly settings: JsonMap;
  readonly scopes: Json[] | undefined;
}

export function readAuthorizers(logicalId: string, given: Json | undefined): Authorizer[] {
  if (given === undefined || isBlank(given)) return [];
  const authorizers = expectOf(logicalId).map(given, 'Auth.Authorizers');
  return Object.entries(authorizers).map(([name, settings]) => readAuthorizer(logicalId, name, settings));
}

function readAuthorizer(logicalId: string, name: string, given: Json): Authorizer {
  const expect = expectOf(logicalId);
  const settings = expect.map(given, `Auth.Authorizers.${name}`);
  const kind = kindOf(logicalId, name, settings);
  if (kind === 'request') checkRequestIdentity(logicalId, name, settings['Identity']);
  const identity = settings['Identity'];
  if (identity !== undefined && !isMap(identity)) {
    throw new InvalidResource(
      logicalId,
      'Auth.Authorizers.<Authorizer>.Identity must be a dict (LambdaTokenAuthorizationIdentity, LambdaRequestAuthorizationIdentity or CognitoAuthorizationIdentity).',
    );
  }
  const scopes = settings['AuthorizationScopes'];
  if (scopes !== undefined && scopes !== null) expect.list(scopes, `Authorizers.${name}.AuthorizationScopes`);
  return { name, kind, settings, scopes: isList(scopes) ? scopes : undefined };
}

function kindOf(logicalId: string, name: string, settings: JsonMap): Authorizer['kind'] {
  if (!isBlank(settings['UserPoolArn'])) return 'cognito';
  const type = settings['FunctionPayloadType'];
  if (type === undefined || type === 'TOKEN') return 'token';
  if (type === 'REQUEST') return 'request';
  throw new InvalidResource(logicalId, `${name} Authorizer has invalid 'FunctionPayloadType': ${pythonText(type)}.`);
}

const identityParts = ['Headers', 'QueryStrings', 'StageVariables', 'Context'] as const;

function checkRequestIdentity(logicalId: string, name: string, given: Json | undefined): void {
  const fail = (): InvalidResource =>
    new InvalidResource(
      logicalId,
      `${name} Authorizer must specify Identity with at least one of Headers, QueryStrings, StageVariables, or Context.`,
    );
  if (given === undefined || isBlank(given)) throw fail();
  const identity = expectOf(logicalId).map(given, `Authorizer.${name}.Identity`);
  const parts = identityParts.some((part) => !isBlank(identity[part]));
  // Without cached results no identity source is needed.
  if (!parts && identity['ReauthorizeEvery'] !== 0) throw fail();
}

/** The authorizer as API Gateway's extension of the document describes it. */
export function securityDefinition(logicalId: string, authorizer: Authorizer, context: TransformContext): JsonMap {
  const identity = isMap(authorizer.settings['Identity']) ? authorizer.settings['Identity'] : {};
  const extension: JsonMap =
    authorizer.kind === 'cognito'
      ? cognitoExtension(authorizer)
      : lambdaExtension(logicalId, authorizer, identity, context);
  const ttl = identity['ReauthorizeEvery'];
  if (ttl !== undefined && authorizer.kind !== 'cognito') extension['authorizerResultTtlInSeconds'] = ttl;
  const expression = identity['ValidationExpression'];
  if (!isBlank(expression) && expression !== undefined && authorizer.kind !== 'request') {
    extension['identityValidationExpression'] = expression;
  }
  const header = identity['Header'];
  return {
    type: 'apiKey',
    name: authorizer.kind === 'request' ? 'Unused' : isBlank(header) ? 'Authorization' : (header ?? null),
    in: 'header',
    'x-amazon-apigateway-authtype': authorizer.kind === 'cognito' ? 'cognito_user_pools' : 'custom',
    'x-amazon-apigateway-authorizer': extension,
  };
}

function cognitoExtension(authorizer: Authorizer): JsonMap {
  const pools = authorizer.settings['UserPoolArn'] ?? null;
  return { type: 'cognito_user_pools', providerARNs: isList(pools) ? pools : [pools] };
}

function lambdaExtension(
  logicalId: string,
  authorizer: Authorizer,
  identity: JsonMap,
  context: TransformContext,
): JsonMap {
  const { settings, kind } = authorizer;
  const extension: JsonMap = {
    type: kind,
    authorizerUri: authorizerUri(context.partition, settings['FunctionArn'] ?? null),
  };
  const role = settings['FunctionInvokeRole'];
  if (!isBlank(role) && role !== undefined && role !== 'NONE') extension['authorizerCredentials'] = role;
  if (kind === 'request') {
    const source = identitySource(logicalId, authorizer.name, identity);
    if (source !== '') extension['identitySource'] = source;
  }
  return extension;
}

function identitySource(logicalId: string, name: string, identity: JsonMap): string {
  const expect = expectOf(logicalId);
  const prefixes = {
    Headers: 'method.request.header.',
    QueryStrings: 'method.request.querystring.',
    StageVariables: 'stageVariables.',
    Context: 'context.',
  };
  return identityParts
    .flatMap((part) => {
      if (isBlank(identity[part])) return [];
      const property = `Auth.Authorizers.${name}.Identity.${part}`;
      return expect
        .list(identity[part], property)
        .map((item, index) => prefixes[part] + expect.string(item, `${property}[${index}]`));
    })
    .join(', ');
}
