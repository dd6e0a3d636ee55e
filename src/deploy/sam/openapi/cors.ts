import { InvalidTemplate } from '../errors.ts';
import { isBlank } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { anyMethod, integrationKey, isMethodKey, methodKey, pathItems, pathsOf } from './paths.ts';

export interface CorsHeaders {
  readonly allowOrigin: Json | undefined;
  readonly allowHeaders: Json | undefined;
  readonly allowMethods: Json | undefined;
  readonly maxAge: Json | undefined;
  readonly allowCredentials: Json | undefined;
}

const maxAgeHeader = 'Access-Control-Max-Age';
const allMethods = ['delete', 'get', 'head', 'options', 'patch', 'post', 'put'];

/** Adds an `options` method that answers preflights to every path without one. */
export function addCorsToPaths(body: JsonMap, headers: CorsHeaders): void {
  for (const path of Object.keys(pathsOf(body))) addCors(body, path, headers);
}

function addCors(body: JsonMap, path: string, headers: CorsHeaders): void {
  const items = pathItems(body, path);
  if (items.some((item) => Object.keys(item).some((key) => methodKey(key) === 'options'))) return;
  if (isBlank(headers.allowOrigin)) {
    throw new InvalidTemplate('Invalid input. Value for AllowedOrigins is required');
  }
  for (const item of items) {
    const allowMethods = isBlank(headers.allowMethods) ? methodsOf(item) : headers.allowMethods;
    item['options'] = preflight({ ...headers, allowMethods });
  }
}

/** A quoted list, because API Gateway expects an expression. */
function methodsOf(item: JsonMap): string {
  const keys = Object.keys(item).filter(isMethodKey).map(methodKey);
  const methods = keys.includes(anyMethod) ? allMethods : [...new Set([...keys, 'options'])];
  return `'${methods
    .map((method) => method.toUpperCase())
    .sort()
    .join(',')}'`;
}

/** A mock integration that answers the preflight with static headers. */
function preflight(headers: CorsHeaders): JsonMap {
  const values = headerValues(headers);
  const parameters: JsonMap = {};
  const declarations: JsonMap = {};
  for (const [name, value] of Object.entries(values)) {
    parameters[`method.response.header.${name}`] = value;
    declarations[name] = { type: name === maxAgeHeader ? 'integer' : 'string' };
  }
  return {
    summary: 'CORS support',
    consumes: ['application/json'],
    produces: ['application/json'],
    [integrationKey]: {
      type: 'mock',
      requestTemplates: { 'application/json': '{\n  "statusCode" : 200\n}\n' },
      responses: {
        default: {
          statusCode: '200',
          responseParameters: parameters,
          responseTemplates: { 'application/json': '{}\n' },
        },
      },
    },
    responses: { '200': { description: 'Default response for CORS method', headers: declarations } },
  };
}

function headerValues(headers: CorsHeaders): JsonMap {
  const values: JsonMap = {};
  const set = (name: string, value: Json | undefined): void => {
    if (value !== undefined && !isBlank(value)) values[name] = value;
  };
  set('Access-Control-Allow-Headers', headers.allowHeaders);
  set('Access-Control-Allow-Methods', headers.allowMethods);
  set('Access-Control-Allow-Origin', headers.allowOrigin);
  if (headers.maxAge !== undefined) values[maxAgeHeader] = headers.maxAge;
  if (headers.allowCredentials === true) values['Access-Control-Allow-Credentials'] = "'true'";
  return values;
}
