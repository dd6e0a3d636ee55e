// Writes src/deploy/schema/data/<service>.json from AWS's published resource provider schemas, as the Python package
// cfn-lint (MIT-0) carries them: `node tools/resource-schemas.ts SITE_PACKAGES/cfnlint/data/schemas && npm run format`.
// Run it when a type is added to src/deploy/schema/types.ts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { schemaTypes } from '#deploy/schema/types.ts';

type Json = Record<string, unknown>;

/** Keywords that validation, coercion, difference and replacement use; prose, handlers and permissions stay behind. */
const KEEP = [
  '$ref',
  'type',
  'properties',
  'patternProperties',
  'additionalProperties',
  'required',
  'items',
  'enum',
  'pattern',
  'minLength',
  'maxLength',
  'minimum',
  'maximum',
  'minItems',
  'maxItems',
  'uniqueItems',
  'insertionOrder',
  'definitions',
  'createOnlyProperties',
  'conditionalCreateOnlyProperties',
  'readOnlyProperties',
  'primaryIdentifier',
  'tagging',
];

function pick(schema: Json): Json {
  const out: Json = {};
  for (const key of KEEP) {
    const value = schema[key];
    if (value === undefined) continue;
    if (key === 'properties' || key === 'patternProperties' || key === 'definitions') {
      out[key] = Object.fromEntries(Object.entries(value as Json).map(([name, s]) => [name, pick(s as Json)]));
    } else if (key === 'tagging') {
      const { taggable, tagProperty } = value as Json;
      if (taggable !== false && tagProperty) out.tagProperty = String(tagProperty).replace('/properties/', '');
    } else if (Array.isArray(value) && key.endsWith('Properties')) {
      out[key] = value.map((pointer: string) => pointer.replace('/properties/', ''));
    } else out[key] = value && typeof value === 'object' && !Array.isArray(value) ? pick(value as Json) : value;
  }
  return out;
}

const folder = process.argv[2];
if (!folder) throw new Error('usage: node tools/resource-schemas.ts SITE_PACKAGES/cfnlint/data/schemas');
const index = JSON.parse(readFileSync(path.join(folder, 'providers/us-east-1.json'), 'utf8')) as Record<string, string>;
const out = path.join(import.meta.dirname, '../src/deploy/schema/data');
mkdirSync(out, { recursive: true });
for (const [service, types] of Object.entries(schemaTypes)) {
  const schemas: Json = {};
  for (const name of types) {
    const type = `AWS::${service}::${name}`;
    if (!index[type]) throw new Error(`${type} has no schema`);
    const schema = JSON.parse(readFileSync(path.join(folder, `resources/${index[type]}.json`), 'utf8')) as Json;
    schemas[type] = pick(schema);
  }
  writeFileSync(path.join(out, `${service.toLowerCase()}.json`), `${JSON.stringify(schemas, null, 1)}\n`);
}
