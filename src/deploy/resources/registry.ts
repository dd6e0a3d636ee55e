// The resource types that stacks can have; all.ts fills it.
import { findSchema, type ResourceSchema } from '../schema/schema.ts';
import type { ResourceType } from './contract.ts';
const CUSTOM_RESOURCE = 'AWS::CloudFormation::CustomResource';
const types = new Map<string, ResourceType>();

/** Adds types. */
export function registerResourceTypes(added: readonly ResourceType[]): void {
  for (const type of added) types.set(type.type, type);
}

export function findResourceType(type: string): ResourceType | undefined {
  if (type.startsWith('Custom::')) return types.get(CUSTOM_RESOURCE);
  return types.get(type);
}

/** Attributes that Fn::GetAtt may ask for; '*' = not known before it exists. */
export function attributeNames(type: ResourceType): readonly string[] | '*' {
  if (type.attributes === '*') return '*';
  const schema = findSchema(type.type);
  return [...(schema?.readOnlyProperties ?? []).map((name) => name.replaceAll('/', '.')), ...(type.attributes ?? [])];
}

/** The property that carries tags, and its shape. */
export function tagsOf(
  type: ResourceType,
  schema: ResourceSchema | undefined,
): { property: string; shape: 'list' | 'map' } | undefined {
  if (type.tagsAs !== undefined) return type.tagsAs || undefined;
  const property = schema?.tagProperty;
  if (!property || property.includes('/')) return undefined;
  const declared = schema?.properties?.[property];
  return { property, shape: declared?.type === 'array' || declared?.items ? 'list' : 'map' };
}
