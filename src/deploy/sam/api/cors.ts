import { InvalidResource, InvalidTemplate } from '../errors.ts';
import { isIntrinsic } from '../intrinsics.ts';
import { isBlank, isMap } from '../json.ts';
import type { Json, JsonMap } from '../json.ts';
import { addCorsToPaths } from '../openapi/cors.ts';
import type { SamResource } from '../sam-resource.ts';
import { isSwagger } from './definition.ts';

const anyOrigin = "'*'";
const allowedNames = new Set(['AllowCredentials', 'AllowHeaders', 'AllowMethods', 'AllowOrigin', 'MaxAge']);

export function addCors(resource: SamResource, body: JsonMap | undefined): void {
  const cors = resource.properties['Cors'];
  if (cors === undefined || isBlank(cors)) return;
  const fail = (detail: string): InvalidResource => new InvalidResource(resource.logicalId, detail);
  if (body === undefined) throw fail("Cors works only with inline Swagger specified in 'DefinitionBody' property.");
  const settings = readCors(cors, fail);
  if (!isSwagger(body)) {
    throw fail(
      "Unable to add Cors configuration because 'DefinitionBody' does not contain a valid Swagger definition.",
    );
  }
  const origin = settings['AllowOrigin'] === undefined ? anyOrigin : settings['AllowOrigin'];
  if (settings['AllowCredentials'] === true && origin === anyOrigin) {
    throw fail(
      `Unable to add Cors configuration because 'AllowCredentials' can not be true when 'AllowOrigin' is "'*'" or not set`,
    );
  }
  try {
    addCorsToPaths(body, {
      allowOrigin: origin,
      allowHeaders: settings['AllowHeaders'],
      allowMethods: settings['AllowMethods'],
      maxAge: settings['MaxAge'],
      allowCredentials: settings['AllowCredentials'],
    });
  } catch (error) {
    throw error instanceof InvalidTemplate && error.detail.startsWith('Invalid input') ? fail(error.text) : error;
  }
}

/** The short form is the origin alone. */
function readCors(cors: Json, fail: (detail: string) => InvalidResource): JsonMap {
  if (typeof cors === 'string' || isIntrinsic(cors)) return { AllowOrigin: cors };
  if (!isMap(cors)) throw fail("Invalid value for 'Cors' property");
  const unknown = Object.keys(cors).find((name) => !allowedNames.has(name));
  if (unknown !== undefined) throw fail(`Invalid key '${unknown}' for 'Cors' property.`);
  return cors;
}
