// node tools/constraints.ts PATH/TO/botocore/data → models/constraints/<id>.json
// Length, pattern, range, enum and the kinds of numbers are not in the SDK's schemas; botocore (Apache-2.0) has them.
// Walks both descriptions side by side, so that every constraint hangs on the name of an SDK structure and its member.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { CLIENTS, KIND, loadClient, resolve, type Schema } from './sdk-schemas.ts';

interface Constraint {
  type?: string;
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
  /** of a list's items, of a map's keys and values */
  item?: Constraint;
  key?: Constraint;
  value?: Constraint;
}
type Table = Record<string, Record<string, Constraint>>;

const OUT = path.resolve(import.meta.dirname, '../models/constraints');
/** botocore's folder where it is not our id. */
const BOTOCORE: Record<string, string> = {};

const dataDir = process.argv[2];
if (!dataDir) throw new Error('usage: node tools/constraints.ts PATH/TO/botocore/data');

function readBotocore(id: string): any {
  const folder = path.join(dataDir!, BOTOCORE[id] ?? id);
  const version = readdirSync(folder)
    .filter((name) => /^\d{4}-/.test(name))
    .toSorted()
    .at(-1)!;
  return JSON.parse(gunzipSync(readFileSync(path.join(folder, version, 'service-2.json.gz'))).toString());
}

/** What botocore says about one shape; structures speak for themselves elsewhere. */
function constraintOf(shapes: any, name: string, typesOnly: boolean, depth = 0): Constraint | undefined {
  const shape = shapes[name];
  if (shape.type === 'structure' || depth > 4) return undefined;
  const found: Constraint = {};
  if (['integer', 'long', 'float', 'double'].includes(shape.type)) found.type = shape.type;
  if (!typesOnly) {
    for (const key of ['min', 'max', 'pattern', 'enum'] as const) {
      if (shape[key] !== undefined) found[key] = shape[key];
    }
  }
  const nested = (key: 'item' | 'key' | 'value', reference: { shape: string }): void => {
    const inner = constraintOf(shapes, reference.shape, typesOnly, depth + 1);
    if (inner) found[key] = inner;
  };
  if (shape.type === 'list') nested('item', shape.member);
  if (shape.type === 'map') {
    nested('key', shape.key);
    nested('value', shape.value);
  }
  return Object.keys(found).length > 0 ? found : undefined;
}

const counts = { operations: 0, unknownOperations: 0, members: 0, unknownMembers: 0, constraints: 0 };

function overlay(id: string): { table: Table; missing: string[] } {
  const table: Table = {};
  const missing: string[] = [];
  const botocore = readBotocore(id);
  const walk = (schema: Schema, name: string, typesOnly: boolean, seen: Set<unknown>): void => {
    const shape = botocore.shapes[name];
    if (!Array.isArray(schema) || !shape) return;
    if (schema[0] === KIND.list && shape.type === 'list') {
      walk(resolve(schema[4]).schema, shape.member.shape, typesOnly, seen);
    } else if (schema[0] === KIND.map && shape.type === 'map') {
      walk(resolve(schema[5]).schema, shape.value.shape, typesOnly, seen);
    } else if ((schema[0] === KIND.structure || schema[0] === KIND.union) && shape.type === 'structure') {
      if (seen.has(schema)) return;
      seen.add(schema);
      for (const [index, member] of schema[4].entries()) {
        const inner = shape.members[member];
        if (!typesOnly) counts.members++;
        if (!inner) {
          if (!typesOnly) missing.push(`${schema[2]}.${member}`);
          continue;
        }
        const constraint = constraintOf(botocore.shapes, inner.shape, typesOnly);
        if (constraint) (table[schema[2]] ??= {})[member] ??= constraint;
        walk(resolve(schema[5][index]).schema, inner.shape, typesOnly, seen);
      }
    }
  };
  const { operations } = loadClient(CLIENTS[id]!);
  for (const typesOnly of [false, true]) {
    const seen = new Set<unknown>();
    for (const operation of operations) {
      const known = botocore.operations[operation.name];
      if (!typesOnly) counts.operations++;
      if (!known) {
        if (!typesOnly) missing.push(operation.name);
        continue;
      }
      const side = typesOnly ? known.output : known.input;
      if (side) walk(typesOnly ? operation.output : operation.input, side.shape, typesOnly, seen);
    }
  }
  return { table, missing };
}

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

mkdirSync(OUT, { recursive: true });
for (const id of Object.keys(CLIENTS)) {
  const { table, missing } = overlay(id);
  const lines = Object.entries(sorted(table)).map(
    ([name, members]) => `${JSON.stringify(name)}:${JSON.stringify(sorted(members))}`,
  );
  writeFileSync(path.join(OUT, `${id}.json`), `{\n${lines.join(',\n')}\n}\n`);
  counts.constraints += Object.values(table).reduce((sum, members) => sum + Object.keys(members).length, 0);
  counts.unknownOperations += missing.filter((name) => !name.includes('.')).length;
  counts.unknownMembers += missing.filter((name) => name.includes('.')).length;
  if (missing.length > 0)
    process.stdout.write(`${id}: not in botocore: ${missing.slice(0, 6).join(', ')} (${missing.length})\n`);
}
process.stdout.write(`${JSON.stringify(counts)}\n`);
