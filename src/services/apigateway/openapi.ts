// OpenAPI 2 and 3 with API Gateway's extensions, into the records of an API.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
import type { PublishedIntegrationResponse, PublishedMethod, PublishedMethodResponse } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest } from './errors.ts';
import { gatewayResponseOf } from './gateway-responses.ts';
import { checkService, integrationOf, integrationResponseOf } from './integrations.ts';
import { importAuthorizers, type SecurityScheme } from './openapi-security.ts';
import { putResource } from './resources.ts';
import {
  gatewayResponses,
  models,
  placeOf,
  resources,
  validators,
  type ResourceRecord,
  type RestApiRecord,
} from './store.ts';

type Json = any;
const DOCUMENT_BYTES_MAX = 6 * 1024 * 1024;
const VERBS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options', 'x-amazon-apigateway-any-method'];

export async function parseDocument(body: Uint8Array | string): Promise<Json> {
  const text = typeof body === 'string' ? body : Buffer.from(body).toString();
  if (text.length > DOCUMENT_BYTES_MAX) throw badRequest('The document is larger than 6 MB.');
  let document: Json;
  try {
    document = text.trimStart().startsWith('{')
      ? JSON.parse(text)
      : (await import('yaml')).parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw badRequest(`Invalid OpenAPI input. Unable to parse: ${(error as Error).message.split('\n')[0]}`);
  }
  const version = document?.swagger ?? document?.openapi;
  if (version === undefined || !/^(2\.|3\.)/.test(String(version)))
    throw badRequest('Invalid OpenAPI input. Only OpenAPI 2.0 and 3.0 are supported.');
  return document;
}

/** Follows a local `$ref`. */
const follow = (document: Json, value: Json): Json => {
  let current = value;
  for (let depth = 0; typeof current?.$ref === 'string' && depth < 20; depth++) {
    current = current.$ref
      .replace(/^#\//, '')
      .split('/')
      .reduce((at: Json, step: string) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document);
  }
  return current;
};

const modelName = (reference: string): string => reference.slice(reference.lastIndexOf('/') + 1);

/** References between models become addresses of models of this API, as API Gateway writes them. */
function schemaText(schema: Json, apiId: string): string {
  return JSON.stringify(schema, (key, value: Json) =>
    key === '$ref' && typeof value === 'string'
      ? `https://apigateway.amazonaws.com/restapis/${apiId}/models/${modelName(value)}`
      : value,
  );
}

interface Import {
  tx: Transaction;
  context: Context;
  api: RestApiRecord;
  document: Json;
  schemes: Record<string, SecurityScheme>;
  validatorIds: Record<string, string>;
  warnings: string[];
}

async function importModels({ tx, context, api, document }: Import): Promise<void> {
  const schemas: Record<string, Json> = document.definitions ?? document.components?.schemas ?? {};
  for (const [name, schema] of Object.entries(schemas)) {
    if (!/^[A-Za-z0-9]+$/.test(name)) throw badRequest(`Model name must be alphanumeric: ${name}`);
    const before = await models.find(tx, placeOf(context), api.id, name);
    models.put(tx, placeOf(context), api.id, {
      id: before?.id ?? context.ids.lower(6),
      name,
      ...(typeof schema.description === 'string' && { description: schema.description }),
      contentType: 'application/json',
      schema: schemaText(schema, api.id),
    });
  }
}

async function importValidators({ tx, context, api, document, validatorIds }: Import): Promise<void> {
  const known = await validators.list(tx, placeOf(context), api.id);
  for (const [name, given] of Object.entries<Json>(document['x-amazon-apigateway-request-validators'] ?? {})) {
    const id = known.find((each) => each.name === name)?.id ?? context.ids.lower(6);
    validatorIds[name] = id;
    validators.put(tx, placeOf(context), api.id, {
      id,
      name,
      validateRequestBody: given.validateRequestBody ?? false,
      validateRequestParameters: given.validateRequestParameters ?? false,
    });
  }
}

function importGatewayResponses({ tx, context, api, document }: Import): void {
  for (const [type, given] of Object.entries<Json>(document['x-amazon-apigateway-gateway-responses'] ?? {})) {
    const statusCode = given.statusCode === undefined ? undefined : String(given.statusCode);
    const { responseParameters, responseTemplates } = given;
    gatewayResponses.put(
      tx,
      placeOf(context),
      api.id,
      gatewayResponseOf(type, {
        responseParameters,
        responseTemplates,
        ...(statusCode !== undefined && { statusCode }),
      }),
    );
  }
}

const LOCATIONS: Record<string, string> = { query: 'querystring', path: 'path', header: 'header' };

/** Parameters of an operation and of its path, and the model of the body. */
function requestOf(
  { document }: Import,
  path: Json,
  operation: Json,
): Pick<PublishedMethod, 'requestParameters' | 'requestModels'> {
  const requestParameters: Record<string, boolean> = {};
  const requestModels: Record<string, string> = {};
  for (const given of [...(path.parameters ?? []), ...(operation.parameters ?? [])]) {
    const parameter = follow(document, given);
    const location = LOCATIONS[parameter?.in as string];
    if (location) requestParameters[`method.request.${location}.${parameter.name}`] = parameter.required ?? false;
    if (parameter?.in === 'body' && typeof parameter.schema?.$ref === 'string') {
      for (const type of operation.consumes ?? document.consumes ?? ['application/json'])
        requestModels[type] = modelName(parameter.schema.$ref);
    }
  }
  for (const [type, media] of Object.entries<Json>(follow(document, operation.requestBody)?.content ?? {})) {
    if (typeof media.schema?.$ref === 'string') requestModels[type] = modelName(media.schema.$ref);
  }
  return {
    ...(Object.keys(requestParameters).length > 0 && { requestParameters }),
    ...(Object.keys(requestModels).length > 0 && { requestModels }),
  };
}

function methodResponsesOf({ document }: Import, operation: Json): Record<string, PublishedMethodResponse> | undefined {
  const responses: Record<string, PublishedMethodResponse> = {};
  for (const [status, given] of Object.entries<Json>(operation.responses ?? {})) {
    if (!/^[1-5]\d\d$/.test(status)) continue; // `default` has no method response
    const response = follow(document, given) ?? {};
    const responseParameters = Object.fromEntries(
      Object.keys(response.headers ?? {}).map((name) => [`method.response.header.${name}`, false]),
    );
    const responseModels: Record<string, string> = {};
    if (typeof response.schema?.$ref === 'string') {
      for (const type of operation.produces ?? document.produces ?? ['application/json'])
        responseModels[type] = modelName(response.schema.$ref);
    }
    for (const [type, media] of Object.entries<Json>(response.content ?? {})) {
      if (typeof media.schema?.$ref === 'string') responseModels[type] = modelName(media.schema.$ref);
    }
    responses[status] = {
      statusCode: status,
      ...(Object.keys(responseParameters).length > 0 && { responseParameters }),
      ...(Object.keys(responseModels).length > 0 && { responseModels }),
    };
  }
  return Object.keys(responses).length > 0 ? responses : undefined;
}

function integrationResponsesOf(
  responses: Record<string, Json> | undefined,
): Record<string, PublishedIntegrationResponse> | undefined {
  const all: Record<string, PublishedIntegrationResponse> = {};
  for (const [pattern, given] of Object.entries(responses ?? {})) {
    const { responseParameters, responseTemplates, contentHandling } = given;
    const response = integrationResponseOf({
      statusCode: String(given.statusCode),
      ...(pattern !== 'default' && { selectionPattern: pattern }),
      responseParameters,
      responseTemplates,
      contentHandling,
    });
    all[response.statusCode] = response;
  }
  return Object.keys(all).length > 0 ? all : undefined;
}

function integrationFrom(operation: Json, resourceId: string): PublishedMethod['methodIntegration'] {
  const given = operation['x-amazon-apigateway-integration'];
  if (!given) return undefined;
  const type = String(given.type ?? '').toUpperCase();
  const { responses, httpMethod, uri, credentials, ...rest } = given;
  const integration = integrationOf(
    {
      ...rest,
      type: type as 'AWS',
      ...(httpMethod !== undefined && { httpMethod: String(httpMethod).toUpperCase() }),
      ...(uri !== undefined && { uri }),
      ...(credentials !== undefined && { credentials }),
    },
    resourceId,
  );
  const integrationResponses = integrationResponsesOf(responses);
  return { ...integration, ...(integrationResponses && { integrationResponses }) };
}

/** The scheme that protects an operation: its own security, or the document's. */
function authorizationOf(
  { document, schemes }: Import,
  operation: Json,
): Partial<PublishedMethod> & { authorizationType: PublishedMethod['authorizationType'] } {
  const requirements: Json[] = operation.security ?? document.security ?? [];
  let apiKeyRequired = false;
  let found: (Partial<PublishedMethod> & { authorizationType: PublishedMethod['authorizationType'] }) | undefined;
  for (const [name, scopes] of requirements.flatMap((each) => Object.entries<string[]>(each))) {
    const scheme = schemes[name];
    if (!scheme) continue;
    if (scheme.kind === 'api-key') apiKeyRequired = true;
    else if (scheme.kind === 'iam') found ??= { authorizationType: 'AWS_IAM' };
    else {
      found ??= {
        authorizationType: scheme.authorizationType,
        authorizerId: scheme.authorizerId,
        ...(scopes.length > 0 && { authorizationScopes: scopes }),
      };
    }
  }
  if (operation['x-amazon-apigateway-auth']?.type === 'AWS_IAM') found ??= { authorizationType: 'AWS_IAM' };
  return { ...(found ?? { authorizationType: 'NONE' }), apiKeyRequired };
}

function methodOf(
  importing: Import,
  verb: string,
  path: Json,
  operation: Json,
  resource: ResourceRecord,
): PublishedMethod {
  const { document, validatorIds } = importing;
  const httpMethod = verb === 'x-amazon-apigateway-any-method' ? 'ANY' : verb.toUpperCase();
  const validator =
    operation['x-amazon-apigateway-request-validator'] ?? document['x-amazon-apigateway-request-validator'];
  if (validator !== undefined && validatorIds[validator] === undefined) {
    throw badRequest(
      `Unable to put method '${httpMethod}' on resource at path '${resource.path}': Invalid Request Validator identifier specified`,
    );
  }
  const methodResponses = methodResponsesOf(importing, operation);
  const integration = integrationFrom(operation, resource.id);
  if (integration) checkService(importing.context, integration);
  return {
    httpMethod,
    ...authorizationOf(importing, operation),
    ...(operation.operationId !== undefined && { operationName: operation.operationId }),
    ...requestOf(importing, path, operation),
    ...(validator !== undefined && { requestValidatorId: validatorIds[validator] }),
    ...(methodResponses && { methodResponses }),
    ...(integration && { methodIntegration: integration }),
  } as PublishedMethod;
}

/** `basepath=prepend` puts the document's base path before each path, `split` its first segment aside; `ignore` is the default. */
function basePathOf(document: Json, mode: string | undefined): string {
  const url =
    document.basePath ??
    new URL(
      document.servers?.[0]?.url?.replace(/\{basePath\}/, document.servers[0].variables?.basePath?.default ?? '') ??
        '/',
      'http://x',
    ).pathname;
  const base = String(url).replace(/\/$/, '');
  if (mode === 'prepend') return base;
  if (mode === 'split')
    return base
      .split('/')
      .slice(2)
      .map((part: string) => `/${part}`)
      .join('');
  return '';
}

async function importPaths(importing: Import, basepath: string | undefined): Promise<void> {
  const { tx, context, api, document } = importing;
  const at = placeOf(context);
  const byPath = new Map((await resources.list(tx, at, api.id)).map((each) => [each.path, each]));
  const base = basePathOf(document, basepath);
  for (const [given, item] of Object.entries<Json>(document.paths ?? {})) {
    const path = follow(document, item) ?? {};
    const full = `${base}${given}`.replace(/\/+$/, '') || '/';
    let resource = byPath.get('/');
    let sofar = '';
    for (const part of full.split('/').filter((each) => each !== '')) {
      sofar += `/${part}`;
      let next = byPath.get(sofar);
      if (!next && resource) {
        next = await putResource(tx, context, api.id, resource.id, part);
        byPath.set(sofar, next);
      }
      resource = next;
    }
    if (!resource) continue;
    for (const verb of VERBS) {
      if (!path[verb]) continue;
      const method = methodOf(importing, verb, path, path[verb], resource);
      resource.resourceMethods[method.httpMethod] = method;
    }
    resources.put(tx, at, api.id, resource);
  }
}

/** The members of the API itself that a document sets. */
export function settingsOf(document: Json): Partial<RestApiRecord> {
  const policy = document['x-amazon-apigateway-policy'];
  const endpoint =
    document['x-amazon-apigateway-endpoint-configuration'] ??
    document.servers?.[0]?.['x-amazon-apigateway-endpoint-configuration'];
  const size = document['x-amazon-apigateway-minimum-compression-size'];
  return {
    ...(document.info?.description !== undefined && { description: document.info.description }),
    ...(document.info?.version !== undefined && { version: String(document.info.version) }),
    ...(document['x-amazon-apigateway-binary-media-types'] && {
      binaryMediaTypes: document['x-amazon-apigateway-binary-media-types'],
    }),
    ...(size !== undefined && { minimumCompressionSize: Number(size) }),
    ...(document['x-amazon-apigateway-api-key-source'] && {
      apiKeySource: document['x-amazon-apigateway-api-key-source'],
    }),
    ...(policy && { policy: typeof policy === 'string' ? policy : JSON.stringify(policy) }),
    ...(endpoint?.disableExecuteApiEndpoint !== undefined && {
      disableExecuteApiEndpoint: endpoint.disableExecuteApiEndpoint,
    }),
  };
}

/** Brings a document into an API; what was there and is named again is replaced. Answers the warnings. */
export async function importDocument(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  document: Json,
  parameters: Record<string, string> = {},
): Promise<string[]> {
  const importing: Import = { tx, context, api, document, schemes: {}, validatorIds: {}, warnings: [] };
  await importModels(importing);
  await importValidators(importing);
  importGatewayResponses(importing);
  importing.schemes = await importAuthorizers(tx, context, api, document);
  await importPaths(importing, parameters['basepath']);
  return importing.warnings;
}
