import { InvalidTemplate } from '../errors.ts';
import { isConditional } from '../intrinsics.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { isOpenApi3 } from '../openapi/request.ts';
import { pathsOf } from '../openapi/paths.ts';

/** The document of an API that gives none: events fill in its paths. */
export function emptySwagger(): JsonMap {
  return { swagger: '2.0', info: { version: '1.0', title: { Ref: 'AWS::StackName' } }, paths: {} };
}

/** A document that settings of the API can be written into. */
export function isSwagger(body: Json | undefined): boolean {
  if (!isMap(body) || !isMap(body['paths'])) return false;
  const swagger = Number(body['swagger']);
  return swagger === 2 || String(body['openapi'] ?? '').startsWith('3');
}

/** In version 3 of the specification several things have other places and forms. */
export function moveToOpenApi3(body: JsonMap): void {
  if (!isOpenApi3(body)) return;
  move(body, 'securityDefinitions', 'securitySchemes');
  move(body, 'definitions', 'schemas');
  for (const [path, item] of Object.entries(pathsOf(body))) {
    if (isConditional(item)) continue;
    if (!isMap(item)) {
      throw new InvalidTemplate(`Value of '${path}' path must be a dictionary according to Swagger spec.`);
    }
    if (isMap(item['options'])) moveOptions(path, item['options']);
  }
}

function move(body: JsonMap, from: string, to: string): void {
  const definitions = body[from];
  if (definitions === undefined || isBlank(definitions)) return;
  const components = isMap(body['components']) ? body['components'] : {};
  components[to] = definitions;
  body['components'] = components;
  delete body[from];
}

function moveOptions(path: string, options: JsonMap): void {
  delete options['consumes'];
  delete options['produces'];
  const responses = options['responses'];
  if (responses === undefined) return;
  if (!isMap(responses)) {
    throw new InvalidTemplate(
      `Value of responses in options method for path ${path} must be a dictionary according to Swagger spec.`,
    );
  }
  const ok = responses['200'];
  const headers = isMap(ok) ? ok['headers'] : undefined;
  if (!isMap(headers)) return;
  for (const [name, declaration] of Object.entries(headers)) {
    const isMoved = isMap(declaration) && 'schema' in declaration;
    if (!isMoved) headers[name] = { schema: declaration };
  }
}
