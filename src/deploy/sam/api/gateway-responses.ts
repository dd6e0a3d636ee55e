import { InvalidResource } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { isIntrinsic } from '../intrinsics.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import type { SamResource } from '../sam-resource.ts';
import { isSwagger } from './definition.ts';

const allowedNames = new Set(['ResponseParameters', 'ResponseTemplates', 'StatusCode']);
const locations: Readonly<Record<string, string>> = {
  Headers: 'gatewayresponse.header.',
  Paths: 'gatewayresponse.path.',
  QueryStrings: 'gatewayresponse.querystring.',
};

export function addGatewayResponses(resource: SamResource, body: JsonMap | undefined): void {
  const responses = resource.properties['GatewayResponses'];
  if (!isMap(responses) || isBlank(responses)) return;
  const { logicalId } = resource;
  const fail = (detail: string): InvalidResource => new InvalidResource(logicalId, detail);
  if (body === undefined) {
    throw fail("GatewayResponses works only with inline Swagger specified in 'DefinitionBody' property.");
  }
  for (const [type, response] of Object.entries(responses)) checkResponse(type, response, logicalId, fail);
  if (!isSwagger(body)) {
    throw fail(
      "Unable to add Auth configuration because 'DefinitionBody' does not contain a valid Swagger definition.",
    );
  }
  const key = 'x-amazon-apigateway-gateway-responses';
  const present = isMap(body[key]) ? body[key] : {};
  for (const [type, response] of Object.entries(responses)) present[type] = extension(isMap(response) ? response : {});
  body[key] = present;
}

function checkResponse(type: string, given: Json, logicalId: string, fail: (detail: string) => InvalidResource): void {
  if (isIntrinsic(given)) {
    throw fail(
      'Unable to set GatewayResponses attribute because intrinsic functions are not supported for this field.',
    );
  }
  const response = expectOf(logicalId).map(given, `GatewayResponses.${type}`);
  const unknown = Object.keys(response).find((name) => !allowedNames.has(name));
  if (unknown !== undefined) throw fail(`Invalid property '${unknown}' in 'GatewayResponses' property '${type}'.`);
  const status = response['StatusCode'];
  if (!isIntrinsic(status) && status !== undefined && !/^\d+$/.test(String(status))) {
    throw fail("Property 'StatusCode' must be numeric");
  }
}

function extension(response: JsonMap): JsonMap {
  const result: JsonMap = {
    responseParameters: parameters(response['ResponseParameters']),
    responseTemplates: response['ResponseTemplates'] ?? {},
  };
  const status = response['StatusCode'];
  if (status !== undefined) result['statusCode'] = isIntrinsic(status) ? status : String(status);
  return result;
}

function parameters(given: Json | undefined): JsonMap {
  const result: JsonMap = {};
  for (const [location, prefix] of Object.entries(locations)) {
    const values = isMap(given) ? given[location] : undefined;
    for (const [name, value] of Object.entries(isMap(values) ? values : {})) result[prefix + name] = value;
  }
  return result;
}
