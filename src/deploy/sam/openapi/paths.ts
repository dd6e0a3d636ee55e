import { InvalidTemplate } from '../errors.ts';
import { isConditional, isNoValue } from '../intrinsics.ts';
import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';

// Reading and growing the `paths` of a Swagger or OpenAPI document. Paths and methods may be wrapped in Fn::If, so one
// path can have several items; every step goes over all of them.

export const anyMethod = 'x-amazon-apigateway-any-method';
export const integrationKey = 'x-amazon-apigateway-integration';

const httpMethods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];

/** A method as documents write it: lower case, `any` under API Gateway's own name. */
export function methodKey(method: string): string {
  const lower = method.toLowerCase();
  return lower === 'any' ? anyMethod : lower;
}

export function isMethodKey(key: string): boolean {
  const method = methodKey(key);
  return method === anyMethod || httpMethods.includes(method);
}

export function pathsOf(body: JsonMap): JsonMap {
  return isMap(body['paths']) ? body['paths'] : {};
}

/** The value itself, or the branches of its Fn::If that hold something. */
export function branches(value: Json | undefined): Json[] {
  if (value === undefined) return [];
  if (!isConditional(value)) return [value];
  const parts = value['Fn::If'];
  if (!isList(parts)) throw new InvalidTemplate('Value of Fn::If must be a list.');
  return parts.slice(1).filter((branch) => !isNoValue(branch));
}

/** All items of a path: one, or one for each branch of a condition. */
export function pathItems(body: JsonMap, path: string): JsonMap[] {
  return branches(pathsOf(body)[path]).map((item) => {
    if (isMap(item)) return item;
    throw new InvalidTemplate(`Value of '${path}' path must be a dictionary according to Swagger spec.`);
  });
}

/** The definitions of one method of an item, through conditions. */
export function methodDefinitions(item: JsonMap, method: string, path: string): JsonMap[] {
  const key = Object.keys(item).find((name) => methodKey(name) === methodKey(method));
  if (key === undefined) return [];
  return branches(item[key]).map((definition) => checkedDefinition(definition, key, path));
}

/** Every method definition of a path that has an integration, with the method's key. */
export function integratedMethods(body: JsonMap, path: string): [string, JsonMap][] {
  const found: [string, JsonMap][] = [];
  for (const item of pathItems(body, path)) {
    for (const key of Object.keys(item).filter(isMethodKey)) {
      for (const definition of branches(item[key])) {
        const checked = checkedDefinition(definition, key, path);
        if (hasIntegrationIn(checked)) found.push([methodKey(key), checked]);
      }
    }
  }
  return found;
}

export function hasIntegration(body: JsonMap, path: string, method: string): boolean {
  return pathItems(body, path).some((item) => methodDefinitions(item, method, path).some(hasIntegrationIn));
}

/** Makes sure that the path and the method are there, the method empty when new. */
export function addPath(body: JsonMap, path: string, method: string): void {
  if (!isMap(body['paths'])) body['paths'] = {};
  const paths = pathsOf(body);
  if (paths[path] === undefined || paths[path] === null) paths[path] = {};
  for (const item of pathItems(body, path)) {
    if (Object.keys(item).some((name) => methodKey(name) === methodKey(method))) continue;
    item[methodKey(method)] = {};
  }
}

/** API Gateway drops trailing slashes of paths. */
export function withoutTrailingSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The path with a star for each of its parameters, as in ARNs of execute-api. */
export function pathPattern(path: string): string {
  return withoutTrailingSlash(path).replace(/\{[^}]*\}/g, '*');
}

function hasIntegrationIn(definition: JsonMap): boolean {
  return definition[integrationKey] !== undefined && definition[integrationKey] !== null;
}

function checkedDefinition(definition: Json, method: string, path: string): JsonMap {
  if (isMap(definition)) return definition;
  throw new InvalidTemplate(`Definition of method '${method}' for path '${path}' should be a map.`);
}
