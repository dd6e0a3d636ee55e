// GetModelTemplate: a mapping template with a sample value for each member of a model.

interface Schema {
  $ref?: string;
  type?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
}

/** Models that contain themselves end here. */
const DEPTH_MAX = 10;
const SAMPLES: Record<string, string> = {
  string: '"foo"',
  integer: '42',
  number: '42.42',
  boolean: 'true',
  null: 'null',
};

/** `models`: schemas by name, for references. */
export function sampleTemplate(schema: string, models: ReadonlyMap<string, string>): string {
  return `#set($inputRoot = $input.path('$'))\n${sample(JSON.parse(schema) as Schema, models, 0)}`;
}

function sample(schema: Schema, models: ReadonlyMap<string, string>, depth: number): string {
  const name = /\/models\/([A-Za-z0-9]+)$/.exec(schema.$ref ?? '')?.[1];
  const referred = name === undefined ? undefined : models.get(name);
  if (depth > DEPTH_MAX) return '{}';
  if (referred !== undefined) return sample(JSON.parse(referred) as Schema, models, depth + 1);
  if (schema.type === 'array' || schema.items) return sampleList(schema.items ?? {}, models, depth);
  if (schema.type === 'object' || schema.properties) return sampleObject(schema.properties ?? {}, models, depth);
  return SAMPLES[schema.type ?? ''] ?? '{}';
}

const indent = (depth: number): string => '  '.repeat(depth);

function sampleObject(properties: Record<string, Schema>, models: ReadonlyMap<string, string>, depth: number): string {
  const members = Object.entries(properties).map(
    ([name, each]) => `${indent(depth + 1)}${JSON.stringify(name)} : ${sample(each, models, depth + 1)}`,
  );
  return members.length === 0 ? '{ }' : `{\n${members.join(',\n')}\n${indent(depth)}}`;
}

const sampleList = (items: Schema, models: ReadonlyMap<string, string>, depth: number): string =>
  `[ ${sample(items, models, depth)} ]`;
