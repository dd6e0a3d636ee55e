// One operation of a document, as a method with its integration.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
import { ServiceError } from '#core/errors.ts';
import type { PublishedIntegrationResponse, PublishedMethod, PublishedMethodResponse } from '#gateway/index.ts';
import { badRequest } from './errors.ts';
import { integrationResponseOf } from './integration-responses.ts';
import { checkService, integrationOf } from './integrations.ts';
import { follow, type Json } from './openapi-document.ts';
import { modelOf, type ModelImport } from './openapi-models.ts';
import type { SecurityScheme } from './openapi-security.ts';
import type { ResourceRecord } from './store.ts';

export interface Import extends ModelImport {
  schemes: Record<string, SecurityScheme>;
  validatorIds: Record<string, string>;
  warnings: string[];
}

/** What goes wrong says where, as API Gateway does. */
export async function explained<T>(run: () => Promise<T> | T, place: string): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new ServiceError(error.code, `${place}: ${error.message}`, error.status, { cause: error });
  }
}

const LOCATIONS: Record<string, string> = { query: 'querystring', path: 'path', header: 'header' };

/** Parameters of an operation and of its path, and the model of the body. */
function requestOf(
  importing: Import,
  path: Json,
  operation: Json,
): Pick<PublishedMethod, 'requestParameters' | 'requestModels'> {
  const { document } = importing;
  const requestParameters: Record<string, boolean> = {};
  const requestModels: Record<string, string> = {};
  for (const given of [...(path.parameters ?? []), ...(operation.parameters ?? [])]) {
    const parameter = follow(document, given);
    const location = LOCATIONS[parameter?.in as string];
    if (location) requestParameters[`method.request.${location}.${parameter.name}`] = parameter.required ?? false;
    const model = parameter?.in === 'body' ? modelOf(importing, parameter.schema) : undefined;
    if (model !== undefined) {
      for (const type of operation.consumes ?? document.consumes ?? ['application/json']) requestModels[type] = model;
    }
  }
  for (const [type, media] of Object.entries<Json>(follow(document, operation.requestBody)?.content ?? {})) {
    const model = modelOf(importing, media.schema);
    if (model !== undefined) requestModels[type] = model;
  }
  return {
    ...(Object.keys(requestParameters).length > 0 && { requestParameters }),
    ...(Object.keys(requestModels).length > 0 && { requestModels }),
  };
}

function methodResponsesOf(importing: Import, operation: Json): Record<string, PublishedMethodResponse> | undefined {
  const { document } = importing;
  const responses: Record<string, PublishedMethodResponse> = {};
  for (const [status, given] of Object.entries<Json>(operation.responses ?? {})) {
    if (!/^[1-5]\d\d$/.test(status)) continue; // `default` has no method response
    const response = follow(document, given) ?? {};
    const responseParameters = Object.fromEntries(
      Object.keys(response.headers ?? {}).map((name) => [`method.response.header.${name}`, false]),
    );
    const responseModels: Record<string, string> = {};
    const own = modelOf(importing, response.schema);
    if (own !== undefined) {
      for (const type of operation.produces ?? document.produces ?? ['application/json']) responseModels[type] = own;
    }
    for (const [type, media] of Object.entries<Json>(response.content ?? {})) {
      const model = modelOf(importing, media.schema);
      if (model !== undefined) responseModels[type] = model;
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

function integrationFrom(
  { context }: Import,
  operation: Json,
  resourceId: string,
): PublishedMethod['methodIntegration'] {
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
  checkService(context, integration);
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

export async function methodOf(
  importing: Import,
  verb: string,
  path: Json,
  operation: Json,
  resource: ResourceRecord,
): Promise<PublishedMethod> {
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
  const integration = await explained(
    () => integrationFrom(importing, operation, resource.id),
    `Unable to put integration on '${httpMethod}' for resource at path '${resource.path}'`,
  );
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
