// An HTTP API as an OpenAPI 3 document that imports back to the same API.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-export.html
import type {
  PublishedHttpAuthorizer,
  PublishedHttpDeployment,
  PublishedHttpIntegration,
  PublishedRoute,
} from '#gateway/index.ts';
import { DEFAULT_ROUTE } from '../route-key.ts';
import type { ApiRecord } from '../store.ts';
import type { Json } from './document.ts';

const EXPORT_VERSION = '1.0';

export function exportDocument(
  api: ApiRecord,
  deployment: PublishedHttpDeployment,
  options: { endpoint: string; stageName: string | undefined; withExtensions: boolean; createdMs: number },
): Json {
  const { withExtensions, stageName } = options;
  const authorizers = new Map((deployment.authorizers ?? []).map((each) => [each.authorizerId, each]));
  const integrations = new Map(deployment.integrations.map((each) => [`integrations/${each.integrationId}`, each]));
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of deployment.routes) {
    const { path, verb } = placeOfRoute(route.routeKey);
    (paths[path] ??= {})[verb] = operationOf(route, authorizers, integrations, withExtensions);
  }
  const schemes = [...authorizers.values()].map((each) => [each.name, schemeOf(each, withExtensions)]);
  return {
    openapi: '3.0.1',
    info: {
      title: api.Name,
      ...(api.Description !== undefined && { description: api.Description }),
      version: api.Version ?? new Date(options.createdMs).toISOString().slice(0, 19).concat('Z'),
    },
    servers: [
      {
        url: `${options.endpoint}/{basePath}`,
        variables: { basePath: { default: stageName === undefined || stageName === DEFAULT_ROUTE ? '' : stageName } },
      },
    ],
    ...(Object.keys(api.Tags).length > 0 && { tags: tagsOf(api.Tags, withExtensions) }),
    paths,
    ...(schemes.length > 0 && { components: { securitySchemes: Object.fromEntries(schemes) } }),
    ...(withExtensions && deployment.corsConfiguration && { 'x-amazon-apigateway-cors': deployment.corsConfiguration }),
    ...(withExtensions && { 'x-amazon-apigateway-importexport-version': EXPORT_VERSION }),
  };
}

const tagsOf = (tags: Record<string, string>, withExtensions: boolean): Json[] =>
  Object.entries(tags).map(([name, value]) => ({
    name,
    ...(withExtensions && { 'x-amazon-apigateway-tag-value': value }),
  }));

function placeOfRoute(routeKey: string): { path: string; verb: string } {
  if (routeKey === DEFAULT_ROUTE) return { path: `/${DEFAULT_ROUTE}`, verb: 'x-amazon-apigateway-any-method' };
  const [method = '', path = ''] = routeKey.split(' ');
  return { path, verb: method === 'ANY' ? 'x-amazon-apigateway-any-method' : method.toLowerCase() };
}

function operationOf(
  route: PublishedRoute,
  authorizers: ReadonlyMap<string, PublishedHttpAuthorizer>,
  integrations: ReadonlyMap<string, PublishedHttpIntegration>,
  withExtensions: boolean,
): Json {
  const authorizer = authorizers.get(route.authorizerId ?? '');
  const integration = integrations.get(route.target ?? '');
  const names = [...route.routeKey.matchAll(/\{([^{}+]+)\+?\}/g)].map((match) => match[1]);
  return {
    ...(route.operationName !== undefined && { operationId: route.operationName }),
    ...(names.length > 0 && {
      parameters: names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    }),
    responses: { default: { description: `Default response for ${route.routeKey}` } },
    ...(authorizer && { security: [{ [authorizer.name]: route.authorizationScopes ?? [] }] }),
    ...(withExtensions && route.authorizationType === 'AWS_IAM' && { 'x-amazon-apigateway-auth': { type: 'AWS_IAM' } }),
    ...(withExtensions && integration && { 'x-amazon-apigateway-integration': integrationOf(integration) }),
  };
}

function integrationOf(given: PublishedHttpIntegration): Json {
  const { integrationId: _id, integrationType, integrationMethod, integrationUri, credentialsArn, ...rest } = given;
  return {
    payloadFormatVersion: given.payloadFormatVersion,
    type: integrationType.toLowerCase(),
    ...(integrationMethod !== undefined && {
      httpMethod: integrationMethod === 'ANY' ? 'x-amazon-apigateway-any-method' : integrationMethod,
    }),
    ...(integrationUri !== undefined && { uri: integrationUri }),
    ...(credentialsArn !== undefined && { credentials: credentialsArn }),
    ...rest,
  };
}

function schemeOf(authorizer: PublishedHttpAuthorizer, withExtensions: boolean): Json {
  const {
    authorizerId: _id,
    name: _name,
    authorizerType,
    authorizerCredentialsArn,
    identitySource = [],
    ...rest
  } = authorizer;
  const isJwt = authorizerType === 'JWT';
  const extension = {
    ...rest,
    ...(authorizerCredentialsArn !== undefined && { authorizerCredentials: authorizerCredentialsArn }),
    identitySource: identitySource.join(','),
    type: authorizerType.toLowerCase(),
  };
  const header = /^\$request\.header\.(.+)$/.exec(identitySource[0] ?? '')?.[1] ?? 'Unused';
  return {
    ...(isJwt ? { type: 'oauth2', flows: {} } : { type: 'apiKey', name: header, in: 'header' }),
    ...(withExtensions && { 'x-amazon-apigateway-authorizer': extension }),
  };
}
