import type { TransformContext } from '../context.ts';
import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { isBlank, isList } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { authorizerUri } from '../openapi/integration.ts';

// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-property-httpapi-httpapiauth.html

export interface HttpAuthorizer {
  readonly name: string;
  readonly settings: JsonMap;
  readonly scopes: Json[] | undefined;
}

export function readHttpAuthorizers(logicalId: string, given: Json | undefined): HttpAuthorizer[] {
  if (given === undefined || isBlank(given)) return [];
  const expect = expectOf(logicalId);
  const authorizers = expect.map(given, 'Auth.Authorizers');
  return Object.entries(authorizers).map(([name, value]) => {
    const settings = expect.map(value, `Auth.Authorizers.${name}`);
    checkSettings(logicalId, name, settings);
    const scopes = settings['AuthorizationScopes'];
    return { name, settings, scopes: isList(scopes) ? scopes : undefined };
  });
}

function checkSettings(logicalId: string, name: string, settings: JsonMap): void {
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  if ('OpenIdConnectUrl' in settings) {
    throw fail(
      `'OpenIdConnectUrl' is no longer a supported property for authorizer '${name}'. Please refer to the AWS SAM documentation.`,
    );
  }
  const scopes = settings['AuthorizationScopes'];
  if (scopes !== undefined && !isList(scopes)) {
    throw fail('AuthorizationScopes must be a list.');
  }
  if (isLambda(settings)) {
    if (settings['FunctionArn'] === undefined) throw fail(`${name} Lambda Authorizer must define 'FunctionArn'.`);
    if (settings['AuthorizerPayloadFormatVersion'] === undefined) {
      throw fail(`${name} Lambda Authorizer must define 'AuthorizerPayloadFormatVersion'.`);
    }
    if (settings['Identity'] !== undefined) {
      expectOf(logicalId).map(settings['Identity'], `Auth.Authorizers.${name}.Identity`);
    }
    return;
  }
  if (settings['JwtConfiguration'] === undefined) {
    throw fail(`${name} OAuth2 Authorizer must define 'JwtConfiguration'.`);
  }
  if (settings['IdentitySource'] === undefined) {
    throw fail(`${name} OAuth2 Authorizer must define 'IdentitySource'.`);
  }
}

function isLambda(settings: JsonMap): boolean {
  return [
    'AuthorizerPayloadFormatVersion',
    'FunctionArn',
    'Identity',
    'FunctionInvokeRole',
    'EnableSimpleResponses',
  ].some((name) => settings[name] !== undefined);
}

/** The authorizer as the document's security scheme. */
export function securityScheme(logicalId: string, authorizer: HttpAuthorizer, context: TransformContext): JsonMap {
  const { settings } = authorizer;
  if (isLambda(settings)) {
    const extension = lambdaExtension(logicalId, authorizer, context);
    return { type: 'apiKey', name: 'Unused', in: 'header', 'x-amazon-apigateway-authorizer': extension };
  }
  return {
    type: 'oauth2',
    'x-amazon-apigateway-authorizer': {
      type: 'jwt',
      jwtConfiguration: jwtConfiguration(logicalId, settings['JwtConfiguration']),
      identitySource: settings['IdentitySource'] ?? null,
    },
  };
}

/** Keys may be written with a capital; API Gateway wants none. */
function jwtConfiguration(logicalId: string, given: Json | undefined): JsonMap {
  const configuration = expectOf(logicalId).map(given, 'JwtConfiguration');
  return Object.fromEntries(Object.entries(configuration).map(([key, value]) => [key.toLowerCase(), value]));
}

function lambdaExtension(logicalId: string, authorizer: HttpAuthorizer, context: TransformContext): JsonMap {
  const { settings, name } = authorizer;
  const extension: JsonMap = {
    type: 'request',
    authorizerUri: authorizerUri(context.partition, settings['FunctionArn'] ?? null),
    authorizerPayloadFormatVersion: settings['AuthorizerPayloadFormatVersion'] ?? null,
  };
  const given = settings['Identity'];
  const identity = given === undefined ? {} : expectOf(logicalId).map(given, `Auth.Authorizers.${name}.Identity`);
  const sources = identitySources(logicalId, name, identity);
  if (sources.length > 0) extension['identitySource'] = sources;
  const role = settings['FunctionInvokeRole'];
  if (!isBlank(role) && role !== undefined && role !== 'NONE') extension['authorizerCredentials'] = role;
  const ttl = identity['ReauthorizeEvery'];
  if (ttl !== undefined) extension['authorizerResultTtlInSeconds'] = ttl;
  const simple = settings['EnableSimpleResponses'];
  if (!isBlank(simple) && simple !== undefined) extension['enableSimpleResponses'] = simple;
  return extension;
}

const sourcePrefixes: Readonly<Record<string, string>> = {
  Headers: '$request.header.',
  QueryStrings: '$request.querystring.',
  StageVariables: '$stageVariables.',
  Context: '$context.',
};

function identitySources(logicalId: string, name: string, identity: JsonMap): string[] {
  const expect = expectOf(logicalId);
  return Object.entries(sourcePrefixes).flatMap(([part, prefix]) => {
    if (isBlank(identity[part])) return [];
    const property = `Auth.Authorizers.${name}.Identity.${part}`;
    return expect
      .list(identity[part], property)
      .map((item, index) => prefix + expect.string(item, `${property}[${index}]`));
  });
}
