// OpenAPI 2 and 3 with API Gateway's extensions, into the records of an API.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
import { ServiceError } from '#core/errors.ts';
import type { PublishedMethod } from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { badRequest } from './errors.ts';
import { gatewayResponseOf } from './gateway-responses.ts';
import { basePathOf, follow, type Json } from './openapi-document.ts';
import { explained, methodOf, type Import } from './openapi-method.ts';
import { importModels } from './openapi-models.ts';
import { importAuthorizers } from './openapi-security.ts';
import { putResource } from './resources.ts';
import { gatewayResponses, placeOf, resources, validators, type ResourceRecord, type RestApiRecord } from './store.ts';

const VERBS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options', 'x-amazon-apigateway-any-method'];

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

async function importPaths(importing: Import, basepath: string | undefined): Promise<void> {
  const { tx, context, api, document, errors, modelNames } = importing;
  const at = placeOf(context);
  const byPath = new Map((await resources.list(tx, at, api.id)).map((each) => [each.path, each]));
  const base = basePathOf(document, basepath);
  for (const [given, item] of Object.entries<Json>(document.paths ?? {})) {
    const path = follow(document, item) ?? {};
    const full = `${base}${given}`.replace(/\/+$/, '') || '/';
    const resource = await collecting(errors, () => openResource(importing, byPath, full));
    if (!resource) continue;
    for (const verb of VERBS) {
      if (!path[verb]) continue;
      const method = await collecting(errors, () => methodOf(importing, verb, path, path[verb], resource));
      if (!method) continue;
      errors.push(...unknownModels(method, modelNames, full));
      resource.resourceMethods[method.httpMethod] = method;
    }
    resources.put(tx, at, api.id, resource);
  }
}

/** The resource of a path, made with all above it where it is not there. */
async function openResource(
  { tx, context, api }: Import,
  byPath: Map<string, ResourceRecord>,
  path: string,
): Promise<ResourceRecord | undefined> {
  let resource = byPath.get('/');
  let sofar = '';
  for (const part of path.split('/').filter((each) => each !== '')) {
    sofar += `/${part}`;
    let next = byPath.get(sofar);
    if (!next && resource) {
      const placed = { parent: resource, pathPart: part, all: [...byPath.values()] };
      next = await explained(
        () => putResource(tx, context, api.id, placed),
        `Unable to create resource at path '${sofar}'`,
      );
      byPath.set(sofar, next);
    }
    resource = next;
  }
  return resource;
}

function unknownModels(method: PublishedMethod, known: ReadonlySet<string>, path: string): string[] {
  const responses = Object.values(method.methodResponses ?? {}).map((response) => response.responseModels);
  const used = [method.requestModels, ...responses].flatMap((each) => Object.values(each ?? {}));
  return [...new Set(used)]
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        `Unable to put method '${method.httpMethod}' on resource at path '${path}': Invalid model identifier specified: ${name}`,
    );
}

/** A document is told all that is wrong with it at once. */
async function collecting<T>(errors: string[], run: () => Promise<T> | T): Promise<T | undefined> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    errors.push(error.message);
    return undefined;
  }
}

const INTEGRATION = 'x-amazon-apigateway-integration';

/** What cannot be read at all is told before anything else is looked at. */
function refuseMalformed(document: Json): void {
  for (const [path, item] of Object.entries<Json>(document.paths ?? {})) {
    for (const verb of VERBS) {
      const integration = item?.[verb]?.[INTEGRATION];
      if (integration === undefined) continue;
      const isObject = typeof integration === 'object' && integration !== null;
      const texts = isObject
        ? [integration.type, integration.uri, integration.httpMethod, integration.credentials]
        : [{}];
      if (texts.some((text) => typeof text === 'object' && text !== null)) {
        throw badRequest(`Unable to parse API definition because of a malformed integration at path ${path}.`);
      }
    }
  }
}

/** Brings a document into an API; what was there and is named again is replaced. Answers the warnings. */
export async function importDocument(
  tx: Transaction,
  context: Context,
  api: RestApiRecord,
  document: Json,
  parameters: Record<string, string> = {},
): Promise<string[]> {
  const importing: Import = {
    tx,
    context,
    api,
    document,
    schemes: {},
    validatorIds: {},
    modelNames: new Set(),
    warnings: [],
    errors: [],
  };
  refuseMalformed(document);
  await importModels(importing);
  await importValidators(importing);
  importGatewayResponses(importing);
  importing.schemes = await importAuthorizers(tx, context, api, document);
  await importPaths(importing, parameters['basepath']);
  if (importing.errors.length > 0) throw badRequest(`Errors found during import:\n\t${importing.errors.join('\n\t')}`);
  return importing.warnings;
}
