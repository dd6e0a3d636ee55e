// Documentation in OpenAPI documents: what they say of themselves, and x-amazon-apigateway-documentation.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-documenting-api-content-representation.html
import { ServiceError } from '#core/errors.ts';
import { locationKey, locationOf } from './documentation-location.ts';
import { follow, type Json } from './openapi-document.ts';
import type { DocumentationLocation, DocumentationPartRecord, DocumentationSnapshot } from './store.ts';

export interface FoundPart {
  location: DocumentationLocation;
  properties: Record<string, Json>;
}

const EXTENSION = 'x-amazon-apigateway-documentation';
const ANY_METHOD = 'x-amazon-apigateway-any-method';
const VERBS = ['get', 'post', 'put', 'delete', 'patch', 'head', 'options', ANY_METHOD];
const OF_OPERATION = ['tags', 'summary', 'description', 'externalDocs', 'deprecated'];
const OF_PARAMETER: Record<string, string> = {
  path: 'PATH_PARAMETER',
  query: 'QUERY_PARAMETER',
  header: 'REQUEST_HEADER',
};

const methodOf = (verb: string): string => (verb === ANY_METHOD ? 'ANY' : verb.toUpperCase());

const picked = (from: Json, names: readonly string[]): Record<string, Json> =>
  Object.fromEntries(names.filter((name) => from?.[name] !== undefined).map((name) => [name, from[name]]));

/** The parts that a document has; the extension's own win over what its standard members say. */
export function documentationOf(document: Json): { parts: FoundPart[]; warnings: string[] } {
  const byPlace = new Map<string, FoundPart>();
  const warnings: string[] = [];
  const add = (location: DocumentationLocation, properties: Record<string, Json>): void => {
    if (Object.keys(properties).length > 0) byPlace.set(locationKey(location), { location, properties });
  };
  addStandard(document, add);
  for (const given of document[EXTENSION]?.documentationParts ?? []) {
    try {
      const properties = typeof given.properties === 'string' ? JSON.parse(given.properties) : given.properties;
      add(locationOf(given.location), properties ?? {});
    } catch (error) {
      if (!(error instanceof ServiceError) && !(error instanceof SyntaxError)) throw error;
      warnings.push(`Unable to import documentation part: ${error.message}`);
    }
  }
  return { parts: [...byPlace.values()], warnings };
}

type Add = (location: DocumentationLocation, properties: Record<string, Json>) => void;

function addStandard(document: Json, add: Add): void {
  const info = picked(document.info, ['description', 'termsOfService', 'contact', 'license']);
  add(
    { type: 'API' },
    {
      ...(Object.keys(info).length > 0 && { info }),
      ...picked(document, ['tags', 'externalDocs']),
    },
  );
  const schemes: Record<string, Json> = document.securityDefinitions ?? document.components?.securitySchemes ?? {};
  for (const [name, scheme] of Object.entries(schemes)) {
    if (scheme['x-amazon-apigateway-authorizer']) add({ type: 'AUTHORIZER', name }, picked(scheme, ['description']));
  }
  const schemas: Record<string, Json> = document.definitions ?? document.components?.schemas ?? {};
  for (const [name, schema] of Object.entries(schemas)) {
    add({ type: 'MODEL', name }, picked(schema, ['title', 'description']));
  }
  for (const [path, given] of Object.entries<Json>(document.paths ?? {})) {
    const item = follow(document, given) ?? {};
    for (const verb of VERBS) if (item[verb]) addOperation(document, path, verb, item, add);
  }
}

function addOperation(document: Json, path: string, verb: string, item: Json, add: Add): void {
  const operation = item[verb];
  const at = { path, method: methodOf(verb) };
  add({ type: 'METHOD', ...at }, picked(operation, OF_OPERATION));
  for (const given of [...(item.parameters ?? []), ...(operation.parameters ?? [])]) {
    const parameter = follow(document, given);
    const type = OF_PARAMETER[parameter?.in as string];
    const said = picked(parameter, ['description']);
    if (type) add({ type, ...at, name: parameter.name }, said);
    else if (parameter?.in === 'body') add({ type: 'REQUEST_BODY', ...at }, said);
  }
  add({ type: 'REQUEST_BODY', ...at }, picked(follow(document, operation.requestBody), ['description']));
  for (const [statusCode, given] of Object.entries<Json>(operation.responses ?? {})) {
    if (!/^[1-5]\d\d$/.test(statusCode)) continue;
    const response = follow(document, given);
    add({ type: 'RESPONSE', ...at, statusCode }, picked(response, ['description']));
    for (const [name, header] of Object.entries<Json>(response?.headers ?? {})) {
      add({ type: 'RESPONSE_HEADER', ...at, statusCode, name }, picked(header, ['description']));
    }
  }
}

/** The extension as an export has it. */
export const documentationExtension = ({ version, parts }: DocumentationSnapshot, createdMs: number): Json => ({
  [EXTENSION]: {
    version,
    createdDate: `${new Date(createdMs).toISOString().slice(0, 19)}Z`,
    documentationParts: parts.map(({ location, properties }) => ({ location, properties: JSON.parse(properties) })),
  },
});

/** Writes into a document what the parts say of its members; `path` and `method` that are left out mean all of them. */
export function describeDocument(document: Json, parts: readonly DocumentationPartRecord[]): void {
  for (const part of parts) {
    const properties = JSON.parse(part.properties) as Record<string, Json>;
    for (const [target, names] of targetsOf(document, part.location)) Object.assign(target, picked(properties, names));
    if (part.location.type === 'API') Object.assign(document.info, properties['info'] ?? {});
  }
}

function targetsOf(document: Json, location: DocumentationLocation): [Json, readonly string[]][] {
  const { type, name = '' } = location;
  if (type === 'API') return [[document, ['tags', 'externalDocs']]];
  if (type === 'MODEL') {
    const schema = (document.definitions ?? document.components?.schemas ?? {})[name];
    return schema ? [[schema, ['title', 'description']]] : [];
  }
  if (type === 'AUTHORIZER') {
    const scheme = (document.securityDefinitions ?? document.components?.securitySchemes ?? {})[name];
    return scheme ? [[scheme, ['description']]] : [];
  }
  return operationsOf(document, location).flatMap((operation) => inOperation(operation, location));
}

function operationsOf(document: Json, { path = '/', method = '*' }: DocumentationLocation): Json[] {
  const item = document.paths?.[path] ?? {};
  const verbs = Object.keys(item).filter((verb) => VERBS.includes(verb));
  return verbs.filter((verb) => method === '*' || methodOf(verb) === method).map((verb) => item[verb]);
}

function inOperation(
  operation: Json,
  { type, name, statusCode = '*' }: DocumentationLocation,
): [Json, readonly string[]][] {
  if (type === 'METHOD') return [[operation, OF_OPERATION]];
  const said = ['description'];
  const place = Object.keys(OF_PARAMETER).find((each) => OF_PARAMETER[each] === type);
  const parameters: Json[] = operation.parameters ?? [];
  if (place) return parameters.filter((each) => each.in === place && each.name === name).map((each) => [each, said]);
  if (type === 'REQUEST_BODY') {
    const bodies = [operation.requestBody, ...parameters.filter((each) => each.in === 'body')].filter(Boolean);
    return bodies.map((each) => [each, said]);
  }
  const responses = Object.entries<Json>(operation.responses ?? {})
    .filter(([status]) => statusCode === '*' || status === statusCode)
    .map(([, response]) => response);
  if (type === 'RESPONSE') return responses.map((each) => [each, said]);
  if (type !== 'RESPONSE_HEADER') return [];
  return responses.flatMap((each) => (each.headers?.[name ?? ''] ? [[each.headers[name ?? ''], said]] : []));
}
