import { InvalidResource } from '../errors.ts';
import { isBlank, isMap } from '../json.ts';
import type { JsonMap } from '../json.ts';
import type { SamResource } from '../sam-resource.ts';
import { isSwagger } from './definition.ts';

/** `Models` as definitions of the document, by their names in lower case. */
export function addModels(resource: SamResource, body: JsonMap | undefined): void {
  const models = resource.properties['Models'];
  if (!isMap(models) || isBlank(models)) return;
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  if (body === undefined) {
    throw fail("Models works only with inline Swagger specified in 'DefinitionBody' property.");
  }
  if (!isSwagger(body)) {
    throw fail(
      "Unable to add Models definitions because 'DefinitionBody' does not contain a valid Swagger definition.",
    );
  }
  const present = isMap(body['definitions']) ? body['definitions'] : {};
  for (const [name, schema] of Object.entries(models)) {
    if (!isMap(schema)) throw fail(`Property 'Models' is invalid. Model '${name}' should be a map.`);
    present[name.toLowerCase()] = schema;
  }
  body['definitions'] = present;
}
