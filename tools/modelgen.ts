// node tools/modelgen.ts → models/<id>.json and models/index.json, from the official client packages (devDependencies)
// and models/constraints (tools/constraints.ts, which runs first). The format is described in models/README.md.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { CLIENTS, KIND, loadClient, resolve, traitsOf, type Schema, type Traits } from './sdk-schemas.ts';

const OUT = path.resolve(import.meta.dirname, '../models');

/** Protocols that the service also speaks; its package names only the one it prefers. */
const FURTHER_PROTOCOLS: Record<string, string[]> = {
  cloudwatch: ['awsQuery', 'rpcv2Cbor'],
  sqs: ['awsQuery'],
};

/** Where the package that prefers JSON has forgotten it. */
const XML_NAMESPACES: Record<string, string> = { sqs: 'http://queue.amazonaws.com/doc/2012-11-05/' };

/** Traits that mean something to a server. */
const WIRE_TRAITS = [
  'ec2QueryName',
  'error',
  'awsQueryError',
  'eventPayload',
  'httpError',
  'httpHeader',
  'httpLabel',
  'httpPayload',
  'httpPrefixHeaders',
  'httpQuery',
  'httpQueryParams',
  'httpResponseCode',
  'jsonName',
  'sensitive',
  'streaming',
  'xmlAttribute',
  'xmlFlattened',
  'xmlName',
  'xmlNamespace',
];

const SIMPLE: Record<number, string> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  4: 'timestamp',
  5: 'date-time',
  6: 'http-date',
  7: 'epoch-seconds',
  15: 'document',
  21: 'blob',
  42: 'stream',
};
const LIST_OF = 64;
const MAP_OF = 128;

interface Constraint {
  type?: string;
  item?: Constraint;
  value?: Constraint;
}
type Type = string | number;
type Reference = Type | [Type, Traits];

const wireTraits = (traits: Traits): Traits =>
  Object.fromEntries(WIRE_TRAITS.filter((name) => traits[name] !== undefined).map((name) => [name, traits[name]]));

class ShapeTable {
  readonly shapes: unknown[] = [];
  #indexes = new Map<unknown, number>();
  #constraints: Record<string, Record<string, Constraint>>;

  constructor(constraints: Record<string, Record<string, Constraint>>) {
    this.#constraints = constraints;
  }

  reference(from: unknown, constraint?: Constraint): Reference {
    const { schema, traits } = resolve(from);
    const [type, own] = this.#type(schema, constraint);
    const all = wireTraits({ ...own, ...traits });
    return Object.keys(all).length > 0 ? [type, all] : type;
  }

  #type(schema: Schema, constraint: Constraint | undefined): [Type, Traits] {
    if (schema === 'unit') return ['unit', {}];
    if (typeof schema === 'number') return [this.#plain(schema, constraint), {}];
    if (schema[0] === KIND.simple) {
      const inner = resolve(schema[4]);
      const [type, own] = this.#type(inner.schema, constraint);
      return [type, { ...own, ...inner.traits, ...traitsOf(schema[3]) }];
    }
    return [this.#complex(schema as readonly any[], constraint), {}];
  }

  #plain(code: number, constraint: Constraint | undefined): Type {
    if (code >= MAP_OF) {
      const value = this.#plain(code - MAP_OF, constraint?.value);
      return this.#intern(`map of ${value}`, () => ['map', 'string', value]);
    }
    if (code >= LIST_OF) {
      const member = this.#plain(code - LIST_OF, constraint?.item);
      return this.#intern(`list of ${member}`, () => ['list', member]);
    }
    const name = SIMPLE[code];
    if (!name) throw new Error(`unknown simple type ${code}`);
    return name === 'number' ? (constraint?.type ?? 'number') : name;
  }

  #complex(schema: readonly any[], constraint: Constraint | undefined): number {
    if (schema[0] === KIND.list) {
      return this.#intern(schema, () => ['list', this.reference(schema[4], constraint?.item)]);
    }
    if (schema[0] === KIND.map) {
      return this.#intern(schema, () => [
        'map',
        this.reference(schema[4]),
        this.reference(schema[5], constraint?.value),
      ]);
    }
    const kind = { [KIND.structure]: 'structure', [KIND.union]: 'union', [KIND.error]: 'error' }[schema[0] as number];
    if (!kind) throw new Error(`unknown kind ${schema[0]}`);
    const known = this.#constraints[schema[2]] ?? {};
    return this.#intern(schema, () => {
      const members = schema[4].map((name: string, index: number) => [
        name,
        this.reference(schema[5][index], known[name]),
      ]);
      const traits = wireTraits(traitsOf(schema[3]));
      return [kind, schema[2], traits, schema[6] ?? 0, Object.fromEntries(members)];
    });
  }

  #intern(key: unknown, build: () => unknown): number {
    const seen = this.#indexes.get(key);
    if (seen !== undefined) return seen;
    const index = this.shapes.length;
    this.#indexes.set(key, index);
    this.shapes.push(null);
    this.shapes[index] = build();
    return index;
  }
}

/** The S3 clients moved {Bucket} from the path to their endpoint rules; on the wire (path style) it comes first. */
function httpOf(traits: Traits, input: Schema): unknown[] | undefined {
  if (!traits.http) return undefined;
  const [method, uri, status] = traits.http as [string, string, number];
  const bucket = Array.isArray(input) && input[4]?.indexOf('Bucket');
  const isLabel = typeof bucket === 'number' && bucket >= 0 && resolve((input as any)[5][bucket]).traits.httpLabel;
  if (!isLabel || uri.includes('{Bucket}')) return [method, uri, status];
  const [pathPart = '', query] = uri.split('?');
  return [method, `/{Bucket}${pathPart === '/' ? '' : pathPart}${query === undefined ? '' : `?${query}`}`, status];
}

const index: unknown[] = [];
let operations = 0;
let bytes = 0;
for (const [id, packageName] of Object.entries(CLIENTS)) {
  const service = loadClient(packageName);
  const table = new ShapeTable(JSON.parse(readFileSync(path.join(OUT, 'constraints', `${id}.json`), 'utf8')));
  const described = {
    id,
    serviceId: service.serviceId,
    protocols: [service.protocol, ...(FURTHER_PROTOCOLS[id] ?? [])],
    target: service.settings.serviceTarget,
    version: service.settings.version,
    signingName: service.signingName,
  };
  index.push(described);
  const model = {
    ...described,
    namespace: service.settings.defaultNamespace,
    xmlNamespace: service.settings.xmlNamespace ?? XML_NAMESPACES[id],
    operations: Object.fromEntries(
      service.operations.map((operation) => [
        operation.name,
        [
          table.reference(operation.input),
          table.reference(operation.output),
          httpOf(operation.traits, operation.input),
        ],
      ]),
    ),
    errors: Object.fromEntries(service.errors.map(({ name, schema }) => [name, table.reference(schema)])),
  };
  // one shape a line: a refresh shows what changed
  const shapes = table.shapes.map((shape) => JSON.stringify(shape)).join(',\n');
  const text = `${JSON.stringify(model).slice(0, -1)},"shapes":[\n${shapes}\n]}\n`;
  writeFileSync(path.join(OUT, `${id}.json`), text);
  operations += service.operations.length;
  bytes += text.length;
}
writeFileSync(path.join(OUT, 'index.json'), `[\n${index.map((entry) => JSON.stringify(entry)).join(',\n')}\n]\n`);
process.stdout.write(`${index.length} services, ${operations} operations, ${(bytes / 1e6).toFixed(1)} MB\n`);
