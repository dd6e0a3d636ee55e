import { isMap } from '../json.ts';
import type { JsonMap } from '../json.ts';
import { iamAuthorizer, iamSecurityDefinition } from './security.ts';

/** A document that API Gateway can import as an HTTP API. */
export function isHttpApiDefinition(body: JsonMap): boolean {
  return String(body['openapi'] ?? '').startsWith('3') && isMap(body['paths']);
}

/** Authorizers of an HTTP API: those that the document has already stay as they are. */
export function addSecuritySchemes(body: JsonMap, schemes: JsonMap): void {
  const components = isMap(body['components']) ? body['components'] : {};
  const present = isMap(components['securitySchemes']) ? components['securitySchemes'] : {};
  components['securitySchemes'] = { ...schemes, ...present };
  body['components'] = components;
}

export function addHttpIamDefinition(body: JsonMap): void {
  addSecuritySchemes(body, { [iamAuthorizer]: iamSecurityDefinition });
}
