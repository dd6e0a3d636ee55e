// OpenAPI 3 with API Gateway's extensions, into the records of an HTTP API.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
import type { Api, Cors } from '@aws-sdk/client-apigatewayv2';
import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { putIntegration } from '../integrations.ts';
import type { IntegrationInput } from '../integration-rules.ts';
import { DEFAULT_ROUTE } from '../route-key.ts';
import { putRoute, type RouteInput } from '../routes.ts';
import { deleteBelow, placeOf, routes, type RouteRecord } from '../store.ts';
import { basePathOf, follow, type Json } from './document.ts';
import { authorizationOf, importAuthorizers, type SecuritySchemes } from './security.ts';

const ANY_METHOD = 'x-amazon-apigateway-any-method';
const VERBS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options', ANY_METHOD];
/** Members of a path item that are no operations. */
const PATH_MEMBERS = new Set(['parameters', 'summary', 'description', 'servers', '$ref']);

/** The members of the API itself that a document sets. */
export function settingsOf(document: Json): Partial<Api> {
  const endpoint =
    document['x-amazon-apigateway-endpoint-configuration'] ??
    document.servers?.[0]?.['x-amazon-apigateway-endpoint-configuration'];
  const cors = document['x-amazon-apigateway-cors'];
  const { description, version, title } = document.info ?? {};
  return {
    Name: String(title ?? 'Imported API'),
    ...(description !== undefined && { Description: String(description) }),
    ...(version !== undefined && { Version: String(version) }),
    ...(cors && { CorsConfiguration: corsFrom(cors) }),
    ...(endpoint?.disableExecuteApiEndpoint !== undefined && {
      DisableExecuteApiEndpoint: endpoint.disableExecuteApiEndpoint === true,
    }),
  };
}

const corsFrom = (cors: Json): Cors => ({
  ...(cors.allowCredentials !== undefined && { AllowCredentials: cors.allowCredentials === true }),
  ...(cors.allowHeaders && { AllowHeaders: cors.allowHeaders.map(String) }),
  ...(cors.allowMethods && { AllowMethods: cors.allowMethods.map(String) }),
  ...(cors.allowOrigins && { AllowOrigins: cors.allowOrigins.map(String) }),
  ...(cors.exposeHeaders && { ExposeHeaders: cors.exposeHeaders.map(String) }),
  ...(cors.maxAge !== undefined && { MaxAge: Number(cors.maxAge) }),
});

/** `x-amazon-apigateway-tag-value` of the document's tags. */
export function tagsOf(document: Json): Record<string, string> {
  const tags: Record<string, string> = {};
  for (const tag of document.tags ?? []) {
    const value = tag?.['x-amazon-apigateway-tag-value'];
    if (typeof tag?.name === 'string' && value !== undefined) tags[tag.name] = String(value);
  }
  return tags;
}

interface Import {
  tx: Transaction;
  context: Context;
  apiId: string;
  document: Json;
  schemes: SecuritySchemes;
  /** ids of the routes that an import replaces, by key */
  routeIds: ReadonlyMap<string, string>;
  /** the API's routes so far */
  made: RouteRecord[];
  /** shared integrations of the document that were made already, by reference */
  shared: Map<string, string>;
  warnings: string[];
}

/** Brings a document into an API whose routes, integrations and authorizers it replaces. Answers the warnings. */
export async function importDocument(
  tx: Transaction,
  context: Context,
  apiId: string,
  document: Json,
  basepath: string | undefined,
): Promise<string[]> {
  const before = await routes.list(tx, placeOf(context), apiId);
  await deleteBelow(tx, placeOf(context), apiId, ['route', 'integration', 'authorizer']);
  const importing: Import = {
    tx,
    context,
    apiId,
    document,
    schemes: await importAuthorizers(tx, context, apiId, document),
    routeIds: new Map(before.map((route) => [route.RouteKey, route.RouteId])),
    made: [],
    shared: new Map(),
    warnings: [],
  };
  const base = basePathOf(document, basepath);
  for (const [path, item] of Object.entries<Json>(document.paths ?? {})) {
    await importPath(importing, base, path, follow(document, item) ?? {});
  }
  return importing.warnings;
}

async function importPath(importing: Import, base: string, path: string, item: Json): Promise<void> {
  for (const name of Object.keys(item)) {
    if (!VERBS.includes(name) && !PATH_MEMBERS.has(name) && !name.startsWith('x-')) {
      importing.warnings.push(`Ignoring ${name} of path ${path}`);
    }
  }
  for (const verb of VERBS) {
    const operation: Json = item[verb];
    if (operation) await importOperation(importing, routeKeyOf(base, path, verb), operation);
  }
}

function routeKeyOf(base: string, path: string, verb: string): string {
  if (path.replace(/^\//, '') === DEFAULT_ROUTE) return DEFAULT_ROUTE;
  return `${verb === ANY_METHOD ? 'ANY' : verb.toUpperCase()} ${base}${path}`;
}

async function importOperation(importing: Import, RouteKey: string, operation: Json): Promise<void> {
  const { tx, context, apiId, document, schemes, routeIds, made } = importing;
  const target = importIntegration(importing, RouteKey, operation);
  const route: RouteInput & { RouteKey: string } = {
    RouteKey,
    ...authorizationOf(schemes, document, operation),
    ...(typeof operation.operationId === 'string' && { OperationName: operation.operationId }),
    ...(target !== undefined && { Target: `integrations/${target}` }),
  };
  made.push(await putRoute(tx, context, apiId, route, { id: routeIds.get(RouteKey), all: made }));
}

/** The integration's id; one that stands in the document's components serves all that refer to it. */
function importIntegration(importing: Import, routeKey: string, operation: Json): string | undefined {
  const { tx, context, apiId, document, shared, warnings } = importing;
  const given: Json = operation['x-amazon-apigateway-integration'];
  if (!given) {
    warnings.push(`No integration found for route ${routeKey}`);
    return undefined;
  }
  const reference = typeof given.$ref === 'string' ? (given.$ref as string) : undefined;
  const known = reference && shared.get(reference);
  if (known) return known;
  const { IntegrationId } = putIntegration(tx, context, apiId, integrationFrom(follow(document, given) ?? {}));
  if (reference) shared.set(reference, IntegrationId);
  return IntegrationId;
}

const text = (value: Json): string | undefined => (value === undefined ? undefined : String(value));

function integrationFrom(given: Json): IntegrationInput {
  const { credentials, connectionType, connectionId, httpMethod, integrationSubtype, requestParameters } = given;
  const isFunction = String(given.type ?? '').toLowerCase() === 'aws_proxy';
  return {
    IntegrationType: String(given.type ?? '').toUpperCase() as 'AWS_PROXY',
    ...(given.uri !== undefined && { IntegrationUri: String(given.uri) }),
    // A function is always asked by POST, whatever the document says.
    ...(!isFunction && httpMethod !== undefined && { IntegrationMethod: methodFrom(httpMethod) }),
    PayloadFormatVersion: versionFrom(given.payloadFormatVersion),
    ...(credentials !== undefined && { CredentialsArn: String(credentials) }),
    ...(given.description !== undefined && { Description: String(given.description) }),
    ...(connectionType !== undefined && { ConnectionType: String(connectionType).toUpperCase() as 'INTERNET' }),
    ...(connectionId !== undefined && { ConnectionId: String(connectionId) }),
    ...(integrationSubtype !== undefined && { IntegrationSubtype: String(integrationSubtype) }),
    ...(requestParameters && { RequestParameters: requestParameters }),
    ...(given.responseParameters && { ResponseParameters: given.responseParameters }),
    ...(given.timeoutInMillis !== undefined && { TimeoutInMillis: Number(given.timeoutInMillis) }),
    ...(given.tlsConfig && { TlsConfig: { ServerNameToVerify: text(given.tlsConfig.serverNameToVerify) } }),
  };
}

const methodFrom = (given: Json): string =>
  String(given).toLowerCase() === ANY_METHOD ? 'ANY' : String(given).toUpperCase();

/** YAML reads `2.0` as the number 2. */
const versionFrom = (given: Json): string | undefined => (typeof given === 'number' ? given.toFixed(1) : text(given));
