import { InvalidResource } from './errors.ts';
import { clone, compact, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';
import { isAlphanumeric } from './logical-id.ts';
import { checkProperties } from './properties.ts';
import type { PropertyTable } from './properties.ts';

/** One `AWS::Serverless::…` resource of the template, its properties checked by type. */
export interface SamResource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: JsonMap;
  /** What stands beside the properties: goes to the resource that takes over the logical id. */
  readonly attributes: JsonMap;
  /** The part of the attributes that every generated resource gets. */
  readonly passedOn: JsonMap;
}

const attributeNames = ['DependsOn', 'Condition', 'Metadata', 'DeletionPolicy', 'UpdateReplacePolicy'] as const;
const passedOnNames = ['Condition', 'DeletionPolicy', 'UpdateReplacePolicy'] as const;

export function samResource(
  logicalId: string,
  resource: JsonMap,
  table: PropertyTable,
  options: { passMetadata: boolean },
): SamResource {
  // A name of digits alone is a number to AWS's YAML parser.
  if (!isAlphanumeric(logicalId) || /^\d+$/.test(logicalId)) {
    throw new InvalidResource(logicalId, 'Logical ids must be alphanumeric.');
  }
  const type = String(resource['Type']);
  const properties = 'Properties' in resource ? resource['Properties'] : {};
  if (!isMap(properties)) throw new InvalidResource(logicalId, "Attribute 'Properties' should be a map.");
  const checked = checkProperties(logicalId, type, clone(properties), table);
  const names: readonly string[] = options.passMetadata ? [...passedOnNames, 'Metadata'] : passedOnNames;
  return {
    logicalId,
    type,
    properties: checked,
    attributes: pick(resource, attributeNames),
    passedOn: pick(resource, names),
  };
}

function pick(resource: JsonMap, names: readonly string[]): JsonMap {
  const found: Record<string, Json | undefined> = {};
  for (const name of names) {
    if (name in resource) found[name] = resource[name];
  }
  return compact(found);
}
