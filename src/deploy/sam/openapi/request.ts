import { isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { integrationOf } from './integration.ts';
import { methodDefinitions, pathItems } from './paths.ts';

// What an event says about the requests of its method: model, validation, parameters.

const validatorsKey = 'x-amazon-apigateway-request-validators';
const validatorKey = 'x-amazon-apigateway-request-validator';

const parameterLocations: Readonly<Record<string, string>> = { querystring: 'query', header: 'header', path: 'path' };

export interface RequestParameter {
  /** As given: method.request.header.Authorization */
  readonly expression: string;
  readonly location: string;
  readonly name: string;
  readonly required: Json;
  readonly caching: Json;
}

/** Version 3 documents keep models and bodies in other places. */
export function isOpenApi3(body: JsonMap): boolean {
  return typeof body['openapi'] === 'string' && body['openapi'].startsWith('3') && body['swagger'] === undefined;
}

export function addRequestModel(
  body: JsonMap,
  path: string,
  method: string,
  model: string,
  required: Json | undefined,
): void {
  const name = model.toLowerCase();
  const requirement: JsonMap = required === undefined || required === null ? {} : { required };
  for (const definition of definitionsAt(body, path, method)) {
    if (isOpenApi3(body)) {
      const content = { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } };
      definition['requestBody'] = { content, ...requirement };
    } else {
      const parameter = { in: 'body', name, schema: { $ref: `#/definitions/${name}` }, ...requirement };
      addParameters(definition, [parameter]);
    }
  }
}

export function addRequestValidator(
  body: JsonMap,
  path: string,
  method: string,
  validatesBody: boolean,
  validatesParameters: boolean,
): void {
  const name = validatorName(validatesBody, validatesParameters);
  const validators = isMap(body[validatorsKey]) ? body[validatorsKey] : {};
  validators[name] ??= { validateRequestBody: validatesBody, validateRequestParameters: validatesParameters };
  body[validatorsKey] = validators;
  for (const definition of definitionsAt(body, path, method)) definition[validatorKey] = name;
}

export function addRequestParameters(
  body: JsonMap,
  path: string,
  method: string,
  parameters: readonly RequestParameter[],
): void {
  for (const definition of definitionsAt(body, path, method)) {
    addParameters(definition, parameters.map(parameterDefinition));
    const cached = parameters.filter((parameter) => parameter.caching === true).map(({ expression }) => expression);
    if (cached.length > 0) {
      const integration = integrationOf(definition);
      const present = isList(integration['cacheKeyParameters']) ? integration['cacheKeyParameters'] : [];
      integration['cacheKeyParameters'] = [...present, ...cached];
    }
  }
}

/** Reads `method.request.{querystring|path|header}.{name}`; undefined when it is none. */
export function parseRequestParameter(expression: string, required: Json, caching: Json): RequestParameter | undefined {
  const match = /^method\.request\.(querystring|path|header)\.(.+)$/.exec(expression);
  const location = parameterLocations[match?.[1] ?? ''];
  const name = match?.[2];
  if (location === undefined || name === undefined) return undefined;
  return { expression, location, name, required, caching };
}

/** AWS writes the form of Swagger 2 into version 3 documents too. */
function parameterDefinition(parameter: RequestParameter): JsonMap {
  return { in: parameter.location, name: parameter.name, required: parameter.required, type: 'string' };
}

function addParameters(definition: JsonMap, parameters: JsonMap[]): void {
  const present = isList(definition['parameters']) ? definition['parameters'] : [];
  definition['parameters'] = [...present, ...parameters];
}

function validatorName(validatesBody: boolean, validatesParameters: boolean): string {
  if (validatesBody) return validatesParameters ? 'body-and-params' : 'body-only';
  return validatesParameters ? 'params-only' : 'no-validation';
}

function definitionsAt(body: JsonMap, path: string, method: string): JsonMap[] {
  return pathItems(body, path).flatMap((item) => methodDefinitions(item, method, path));
}
