// A deployed API as an OpenAPI document, 2 or 3, that imports back to the same API.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-export-api.html
import type {
  PublishedMethod,
  PublishedMethodResponse,
  PublishedRestAuthorizer,
  PublishedRestDeployment,
  PublishedRestIntegration,
} from '#gateway/index.ts';

type Json = any;

export interface ExportOptions {
  version: 2 | 3;
  title: string;
  description?: string | undefined;
  apiVersion: string;
  /** host of the API, without stage */
  host: string;
  stageName: string;
  /** x-amazon-apigateway-integration */
  withIntegrations: boolean;
  /** x-amazon-apigateway-authorizer */
  withAuthorizers: boolean;
  /** all the others */
  withExtensions: boolean;
}

const ANY_METHOD = 'x-amazon-apigateway-any-method';
const API_KEY = 'api_key';
const SIGV4 = 'sigv4';
const PLACES: Record<string, string> = { querystring: 'query', path: 'path', header: 'header' };

export function exportDocument(deployment: PublishedRestDeployment, options: ExportOptions): Json {
  const { version, title, description, apiVersion, host, stageName, withExtensions } = options;
  const schemes = securitySchemes(deployment, options);
  const models = Object.fromEntries(
    (deployment.models ?? []).map((model) => [model.name, modelSchema(model.schema, version)]),
  );
  const has = (value: object): boolean => Object.keys(value).length > 0;
  const info = { title, ...(description !== undefined && { description }), version: apiVersion };
  const head =
    version === 2
      ? { swagger: '2.0', info, host, basePath: `/${stageName}`, schemes: ['https'] }
      : {
          openapi: '3.0.1',
          info,
          servers: [{ url: `https://${host}/{basePath}`, variables: { basePath: { default: `/${stageName}` } } }],
        };
  return {
    ...head,
    paths: pathsOf(deployment, options),
    ...(version === 2 && has(schemes) && { securityDefinitions: schemes }),
    ...(version === 2 && has(models) && { definitions: models }),
    ...(version === 3 && {
      components: { ...(has(models) && { schemas: models }), ...(has(schemes) && { securitySchemes: schemes }) },
    }),
    ...(withExtensions && extensionsOf(deployment)),
  };
}

/** Addresses of models become references inside the document. */
function modelSchema(schema: string, version: 2 | 3): Json {
  const place = version === 2 ? '#/definitions/' : '#/components/schemas/';
  return JSON.parse(schema, (key, value: Json) =>
    key === '$ref' && typeof value === 'string' ? value.replace(/^https:\/\/.*\/models\//, place) : value,
  );
}

const modelReference = (name: string, version: 2 | 3): Json => ({
  $ref: `${version === 2 ? '#/definitions/' : '#/components/schemas/'}${name}`,
});

function extensionsOf(deployment: PublishedRestDeployment): Json {
  const { gatewayResponses = [], requestValidators = [], binaryMediaTypes, apiKeySource, policy } = deployment;
  const validators = requestValidators.map(({ id: _id, ...rest }) => rest as { name?: string });
  return {
    ...(gatewayResponses.length > 0 && {
      'x-amazon-apigateway-gateway-responses': Object.fromEntries(
        gatewayResponses.map(({ responseType, ...rest }) => [responseType, rest]),
      ),
    }),
    ...(validators.length > 0 && {
      'x-amazon-apigateway-request-validators': Object.fromEntries(
        validators.map(({ name = '', ...rest }) => [name, rest]),
      ),
    }),
    ...(binaryMediaTypes && { 'x-amazon-apigateway-binary-media-types': binaryMediaTypes }),
    ...(apiKeySource === 'AUTHORIZER' && { 'x-amazon-apigateway-api-key-source': apiKeySource }),
    ...(policy !== undefined && { 'x-amazon-apigateway-policy': JSON.parse(policy) }),
  };
}

function securitySchemes(deployment: PublishedRestDeployment, { version, withAuthorizers }: ExportOptions): Json {
  const methods = deployment.resources.flatMap((resource) => Object.values(resource.resourceMethods ?? {}));
  const apiKey = (name: string, authtype?: string): Json => ({
    type: 'apiKey',
    name,
    in: 'header',
    ...(authtype !== undefined && withAuthorizers && { 'x-amazon-apigateway-authtype': authtype }),
  });
  const schemes: Record<string, Json> = {};
  if (methods.some((method) => method.apiKeyRequired)) schemes[API_KEY] = apiKey('x-api-key');
  if (methods.some((method) => method.authorizationType === 'AWS_IAM')) {
    schemes[SIGV4] = { ...apiKey('Authorization'), 'x-amazon-apigateway-authtype': 'awsSigv4' };
  }
  for (const authorizer of deployment.authorizers ?? []) {
    const header = /^method\.request\.header\.(.+)$/.exec(authorizer.identitySource ?? '')?.[1];
    schemes[authorizer.name] = {
      ...apiKey(header ?? (version === 2 ? 'Unused' : 'Authorization'), authTypeOf(authorizer)),
      ...(withAuthorizers && { 'x-amazon-apigateway-authorizer': authorizerOf(authorizer) }),
    };
  }
  return schemes;
}

const authTypeOf = ({ type, authType }: PublishedRestAuthorizer & { authType?: string }): string =>
  authType ?? (type === 'COGNITO_USER_POOLS' ? 'cognito_user_pools' : 'custom');

function authorizerOf(authorizer: PublishedRestAuthorizer & { authType?: string }): Json {
  const { id: _id, name: _name, authType: _authType, type, ...rest } = authorizer;
  return { type: type.toLowerCase(), ...rest };
}

function pathsOf(deployment: PublishedRestDeployment, options: ExportOptions): Record<string, Json> {
  const paths: Record<string, Json> = {};
  for (const { path, resourceMethods = {} } of deployment.resources) {
    for (const method of Object.values(resourceMethods)) {
      const verb = method.httpMethod === 'ANY' ? ANY_METHOD : method.httpMethod.toLowerCase();
      (paths[path] ??= {})[verb] = operationOf(path, method, deployment, options);
    }
  }
  return paths;
}

function operationOf(
  path: string,
  method: PublishedMethod,
  deployment: PublishedRestDeployment,
  { version, withExtensions, withIntegrations }: ExportOptions,
): Json {
  const { operationName, requestModels = {}, methodResponses = {}, methodIntegration } = method;
  const parameters = parametersOf(path, method, version);
  const validator = deployment.requestValidators?.find((each) => each.id === method.requestValidatorId);
  const bodies = Object.entries(requestModels);
  if (version === 2 && bodies[0]) {
    parameters.push({ in: 'body', name: bodies[0][1], required: true, schema: modelReference(bodies[0][1], 2) });
  }
  const produces = new Set(Object.values(methodResponses).flatMap((each) => Object.keys(each.responseModels ?? {})));
  const security = securityOf(method, deployment);
  return {
    ...(operationName !== undefined && { operationId: operationName }),
    ...(version === 2 && bodies.length > 0 && { consumes: bodies.map(([type]) => type) }),
    ...(version === 2 && produces.size > 0 && { produces: [...produces] }),
    ...(parameters.length > 0 && { parameters }),
    ...(version === 3 &&
      bodies.length > 0 && {
        requestBody: {
          content: Object.fromEntries(bodies.map(([type, name]) => [type, { schema: modelReference(name, 3) }])),
          required: true,
        },
      }),
    responses: Object.fromEntries(
      Object.values(methodResponses).map((response) => [response.statusCode, responseOf(response, version)]),
    ),
    ...(security.length > 0 && { security }),
    ...(withExtensions &&
      validator && {
        'x-amazon-apigateway-request-validator': (validator as { name?: string }).name,
      }),
    ...(withIntegrations &&
      methodIntegration && { 'x-amazon-apigateway-integration': integrationOf(methodIntegration) }),
  };
}

function parametersOf(path: string, { requestParameters = {} }: PublishedMethod, version: 2 | 3): Json[] {
  const typed = version === 2 ? { type: 'string' } : { schema: { type: 'string' } };
  const names = [...path.matchAll(/\{([^{}+]+)\+?\}/g)].map((match) => match[1] ?? '');
  const parameters: Json[] = names.map((name) => ({ name, in: 'path', required: true, ...typed }));
  for (const [key, isRequired] of Object.entries(requestParameters)) {
    const [, , place = '', ...rest] = key.split('.');
    const name = rest.join('.');
    if (!PLACES[place] || (place === 'path' && names.includes(name))) continue;
    parameters.push({ name, in: PLACES[place], ...(isRequired && { required: true }), ...typed });
  }
  return parameters;
}

function responseOf(
  { statusCode, responseParameters, responseModels = {} }: PublishedMethodResponse,
  version: 2 | 3,
): Json {
  const typed = version === 2 ? { type: 'string' } : { schema: { type: 'string' } };
  const names = Object.keys(responseParameters ?? {}).map((key) => key.replace('method.response.header.', ''));
  const models = Object.entries(responseModels);
  return {
    description: `${statusCode} response`,
    ...(names.length > 0 && { headers: Object.fromEntries(names.map((name) => [name, typed])) }),
    ...(version === 2 && models[0] && { schema: modelReference(models[0][1], 2) }),
    ...(version === 3 &&
      models.length > 0 && {
        content: Object.fromEntries(models.map(([type, name]) => [type, { schema: modelReference(name, 3) }])),
      }),
  };
}

function securityOf(method: PublishedMethod, { authorizers = [] }: PublishedRestDeployment): Json[] {
  const authorizer = authorizers.find((each) => each.id === method.authorizerId);
  return [
    ...(authorizer ? [{ [authorizer.name]: method.authorizationScopes ?? [] }] : []),
    ...(method.authorizationType === 'AWS_IAM' ? [{ [SIGV4]: [] }] : []),
    ...(method.apiKeyRequired ? [{ [API_KEY]: [] }] : []),
  ];
}

function integrationOf({ integrationResponses = {}, ...integration }: PublishedRestIntegration): Json {
  const { type, passthroughBehavior, cacheNamespace: _namespace, cacheKeyParameters = [], ...rest } = integration;
  const responses = Object.values(integrationResponses).map(({ selectionPattern, ...response }) => [
    selectionPattern || 'default',
    response,
  ]);
  return {
    type: type.toLowerCase(),
    ...rest,
    ...(cacheKeyParameters.length > 0 && { cacheKeyParameters }),
    ...(responses.length > 0 && { responses: Object.fromEntries(responses) }),
    ...(passthroughBehavior !== undefined && { passthroughBehavior: passthroughBehavior.toLowerCase() }),
  };
}
