// Every resource type that stacks can have: one file per service.
import { findSchema, type ResourceSchema } from '../schema/schema.ts';
import type { ResourceType } from './contract.ts';
import { apiGateway } from './apigateway.ts';
import { apiGatewayV2 } from './apigatewayv2.ts';
import { cloudFormation } from './cloudformation.ts';
import { customResource } from './custom.ts';
import { iam } from './iam.ts';
import { lambda } from './lambda.ts';
import { logs } from './logs.ts';
import { s3 } from './s3.ts';
import { ses } from './ses.ts';
import { sqs } from './sqs.ts';

const types = new Map<string, ResourceType>();

/** Adds types; tests add theirs. */
export function registerResourceTypes(added: readonly ResourceType[]): void {
  for (const type of added) types.set(type.type, type);
}

for (const added of [apiGateway, apiGatewayV2, cloudFormation, iam, lambda, logs, s3, ses, sqs]) registerResourceTypes(added);

export function findResourceType(type: string): ResourceType | undefined {
  if (type.startsWith('Custom::')) return customResource;
  return types.get(type);
}

export const resourceTypeNames = (): string[] => [...types.keys()].sort();

/** Attributes that Fn::GetAtt may ask for; '*' = not known before it exists. */
export function attributeNames(type: ResourceType): readonly string[] | '*' {
  if (type.attributes === '*') return '*';
  const schema = findSchema(type.type);
  return [...(schema?.readOnlyProperties ?? []).map((name) => name.replaceAll('/', '.')), ...(type.attributes ?? [])];
}

/** The property that carries tags, and its shape. */
export function tagsOf(type: ResourceType, schema: ResourceSchema | undefined): { property: string; shape: 'list' | 'map' } | undefined {
  if (type.tagsAs !== undefined) return type.tagsAs || undefined;
  const property = schema?.tagProperty;
  if (!property || property.includes('/')) return undefined;
  const declared = schema?.properties?.[property];
  return { property, shape: declared?.type === 'array' || declared?.items ? 'list' : 'map' };
}
