import type { TransformContext } from '../context.ts';
import { InvalidResource, InvalidTemplate } from '../errors.ts';
import { expectOf } from '../expect.ts';
import { isIntrinsic } from '../intrinsics.ts';
import { isBlank, isList, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { addHttpIamDefinition, addSecuritySchemes, isHttpApiDefinition } from '../openapi/http-security.ts';
import { iamAuthorizer, setDefaultAuthorizer } from '../openapi/security.ts';
import type { SamResource } from '../sam-resource.ts';
import { readHttpAuthorizers, securityScheme } from './authorizers.ts';

export const ownTag = ['httpapi:createdBy', 'SAM'] as const;

/** The document of an API that gives none: events fill in its paths. */
export function emptyHttpDefinition(): JsonMap {
  return { openapi: '3.0.1', info: { version: '1.0', title: { Ref: 'AWS::StackName' } }, paths: {} };
}

/** Writes the settings of the API that API Gateway reads from the document. */
export function completeDefinition(resource: SamResource, body: JsonMap, context: TransformContext): void {
  const { properties } = resource;
  addAuth(resource, body, context);
  addTags(body, properties['Tags']);
  addCors(resource, body);
  addEndpointExtension(body, properties['DisableExecuteApiEndpoint']);
  addInfo(body, properties);
  if (properties['FailOnWarnings'] === true) renameDefaultPath(body);
}

/** Settings that have no place without an inline document. */
export function refuseWithoutDefinition(resource: SamResource): void {
  const { properties } = resource;
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  const inline = "works only with inline OpenApi specified in the 'DefinitionBody' property.";
  if (!isBlank(properties['Auth'])) throw fail(`Auth ${inline}`);
  if (!isBlank(properties['Tags'])) throw fail(`Tags ${inline}`);
  if (!isBlank(properties['CorsConfiguration'])) {
    throw fail("Cors works only with inline OpenApi specified in 'DefinitionBody' property.");
  }
  if (properties['DisableExecuteApiEndpoint'] !== undefined) {
    throw fail("DisableExecuteApiEndpoint works only within 'DefinitionBody' property.");
  }
  if (!isBlank(properties['Description'])) {
    throw fail("Description works only with inline OpenApi specified in the 'DefinitionBody' property.");
  }
}

function addAuth(resource: SamResource, body: JsonMap, context: TransformContext): void {
  if (!isHttpApiDefinition(body)) {
    const problem = new InvalidTemplate(
      "Invalid OpenApi document. Invalid values or missing keys for 'openapi' or 'paths' in 'DefinitionBody'.",
    );
    throw new InvalidResource(resource.logicalId, problem.text);
  }
  const given = resource.properties['Auth'];
  if (given === undefined || isBlank(given)) return;
  const { logicalId } = resource;
  const auth = expectOf(logicalId).map(given, 'Auth');
  const authorizers = readHttpAuthorizers(logicalId, auth['Authorizers']);
  if (authorizers.length > 0) {
    const schemes = authorizers.map((authorizer) => [authorizer.name, securityScheme(logicalId, authorizer, context)]);
    addSecuritySchemes(body, Object.fromEntries(schemes));
  }
  const usesIam = auth['EnableIamAuthorizer'] === true;
  if (usesIam) addHttpIamDefinition(body);
  const name = auth['DefaultAuthorizer'];
  if (name === undefined || isBlank(name)) return;
  if (typeof name !== 'string' || isIntrinsic(name)) {
    throw new InvalidResource(
      logicalId,
      'Unable to set DefaultAuthorizer because intrinsic functions are not supported for this field.',
    );
  }
  const known = authorizers.map((authorizer) => authorizer.name);
  if (!known.includes(name) && !(usesIam && name === iamAuthorizer)) {
    throw new InvalidResource(
      logicalId,
      `Unable to set DefaultAuthorizer because '${name}' was not defined in 'Authorizers'.`,
    );
  }
  const scopes = (wanted: string): Json[] | undefined =>
    authorizers.find((authorizer) => authorizer.name === wanted)?.scopes;
  setDefaultAuthorizer(body, { name, known, onPreflight: false, scopes });
}

function addTags(body: JsonMap, tags: Json | undefined): void {
  const all = { ...(isMap(tags) ? tags : {}), [ownTag[0]]: ownTag[1] };
  const present = isList(body['tags']) ? body['tags'] : [];
  const names = new Set(Object.keys(all));
  const kept = present.filter((tag) => !(isMap(tag) && typeof tag['name'] === 'string' && names.has(tag['name'])));
  const added = Object.entries(all).map(([name, value]) => ({ name, 'x-amazon-apigateway-tag-value': value }));
  body['tags'] = [...kept, ...added];
}

const corsKeys: Readonly<Record<string, string>> = {
  AllowOrigins: 'allowOrigins',
  AllowHeaders: 'allowHeaders',
  AllowMethods: 'allowMethods',
  ExposeHeaders: 'exposeHeaders',
  MaxAge: 'maxAge',
  AllowCredentials: 'allowCredentials',
};

function addCors(resource: SamResource, body: JsonMap): void {
  const given = resource.properties['CorsConfiguration'];
  if (given === undefined || isBlank(given)) return;
  const key = 'x-amazon-apigateway-cors';
  if (isIntrinsic(given)) {
    body[key] = given;
    return;
  }
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  const settings: Json = given === true ? { AllowOrigins: ['*'] } : given;
  if (!isMap(settings) || !Object.keys(settings).every((name) => Object.hasOwn(corsKeys, name))) {
    throw fail("Invalid value for 'Cors' property.");
  }
  const origins = settings['AllowOrigins'];
  const anyOrigin = origins === undefined || (isList(origins) && origins.includes('*'));
  if (settings['AllowCredentials'] === true && anyOrigin) {
    throw fail(
      `Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is "'*'" or not set.`,
    );
  }
  const present = isMap(body[key]) ? body[key] : {};
  for (const [name, value] of Object.entries(settings)) present[corsKeys[name] ?? name] = value;
  body[key] = present;
}

function addEndpointExtension(body: JsonMap, disabled: Json | undefined): void {
  if (disabled === undefined) return;
  const servers: Json[] = isList(body['servers']) ? body['servers'] : [{}];
  for (const server of servers) {
    if (!isMap(server)) continue;
    server['x-amazon-apigateway-endpoint-configuration'] = { disableExecuteApiEndpoint: disabled };
  }
  body['servers'] = servers;
}

function addInfo(body: JsonMap, properties: JsonMap): void {
  const { Name: name, Description: description } = properties;
  const info = isMap(body['info']) ? body['info'] : {};
  if (description !== undefined) info['description'] = description;
  if (name !== undefined && properties['__MANAGE_SWAGGER'] === true) info['title'] = name;
  if (Object.keys(info).length > 0) body['info'] = info;
}

/** API Gateway warns of the path `$default` without a slash, and a warning would fail the import. */
function renameDefaultPath(body: JsonMap): void {
  const paths = body['paths'];
  if (!isMap(paths) || paths['$default'] === undefined) return;
  const { $default: item, ...rest } = paths;
  body['paths'] = { '/$default': item ?? null, ...rest };
}
