// AWS's resource type schemas (data/, written by tools/resource-schemas.ts): property names, types, limits, and what a change replaces.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface PropertySchema {
  $ref?: string;
  type?: string | string[];
  properties?: Record<string, PropertySchema>;
  patternProperties?: Record<string, PropertySchema>;
  additionalProperties?: boolean;
  required?: string[];
  items?: PropertySchema;
  enum?: (string | number | boolean)[];
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  /** false: order means nothing, lists compare as sets */
  insertionOrder?: boolean;
}

export interface ResourceSchema extends PropertySchema {
  definitions?: Record<string, PropertySchema>;
  /** a change of these replaces the resource; `A/B` is a member of A */
  createOnlyProperties?: string[];
  conditionalCreateOnlyProperties?: string[];
  /** attributes of Fn::GetAtt; a template may not set them */
  readOnlyProperties?: string[];
  /** `/properties/NAME` of what names the resource */
  primaryIdentifier?: string[];
  /** the property that carries tags */
  tagProperty?: string;
}

const loaded = new Map<string, Record<string, ResourceSchema>>();

/** The schema of a type, read from its service's file on first use. */
export function findSchema(type: string): ResourceSchema | undefined {
  const service = /^AWS::([A-Za-z0-9]+)::/.exec(type)?.[1]?.toLowerCase();
  if (!service) return undefined;
  let schemas = loaded.get(service);
  if (!schemas) {
    const file = path.join(import.meta.dirname, 'data', `${service}.json`);
    schemas = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, ResourceSchema>) : {};
    loaded.set(service, schemas);
  }
  return Object.hasOwn(schemas, type) ? schemas[type] : undefined;
}

/** Follows `#/definitions/X`. Some schemas refer in several steps. */
export function resolveReference(schema: PropertySchema, root: ResourceSchema): PropertySchema {
  let current = schema;
  for (let steps = 0; current.$ref !== undefined && steps < 10; steps++) {
    const name = current.$ref.replace('#/definitions/', '');
    const target = root.definitions?.[name];
    if (!target) return {};
    current = target;
  }
  return current;
}
