// The generated API models as a lazy graph of shapes. Format of the files: models/README.md.
import { readFileSync } from 'node:fs';
import path from 'node:path';

export type Protocol =
  | 'awsJson1_0'
  | 'awsJson1_1'
  | 'restJson1'
  | 'restXml'
  | 'awsQuery'
  | 'ec2Query'
  | 'rpcv2Cbor'
  /** Kinesis' older CBOR: X-Amz-Target as in awsJson, times in milliseconds (AWS SDK for Java) */
  | 'awsCbor1_1';

export interface Traits {
  /** of an error: whose fault */
  error?: 'client' | 'server';
  httpError?: number;
  /** code and status in the query protocols */
  awsQueryError?: [code: string, status: number];
  ec2QueryName?: string;
  eventPayload?: 1;
  httpHeader?: string;
  httpLabel?: 1;
  httpPayload?: 1;
  httpPrefixHeaders?: string;
  httpQuery?: string;
  httpQueryParams?: 1;
  httpResponseCode?: 1;
  jsonName?: string;
  /** not to be repeated in error messages */
  sensitive?: 1;
  streaming?: 1;
  xmlAttribute?: 1;
  xmlFlattened?: 1;
  xmlName?: string;
  xmlNamespace?: [prefix: string, uri: string];
}

export type NumberKind = 'integer' | 'long' | 'float' | 'double' | 'number';
export type TimestampFormat = 'date-time' | 'http-date' | 'epoch-seconds';

/** milliseconds: `.000Z` too. seconds: none, fractions are dropped. */
export type TimePrecision = 'milliseconds' | 'seconds';

export interface SimpleShape {
  kind: 'string' | 'boolean' | 'blob' | 'stream' | 'document' | 'unit' | NumberKind;
}
export interface TimestampShape {
  kind: 'timestamp';
  /** absent = the protocol's own for the place where it stands */
  format?: TimestampFormat;
  /** how the service writes fractions; absent = as many digits as there are */
  precision?: TimePrecision;
}
export interface ListShape {
  kind: 'list';
  readonly member: Member;
}
export interface MapShape {
  kind: 'map';
  readonly key: Member;
  readonly value: Member;
}
export interface StructureShape {
  kind: 'structure';
  name: string;
  union: boolean;
  traits: Traits;
  readonly members: readonly Member[];
}
export type Shape = SimpleShape | TimestampShape | ListShape | MapShape | StructureShape;

/** A member of a structure, or the item of a list, or key or value of a map (whose name is empty). */
export interface Member {
  name: string;
  shape: Shape;
  /** the member's own; traits of a structure it points to stay on the structure */
  traits: Traits;
  required: boolean;
}

export interface OperationModel {
  name: string;
  service: ServiceModel;
  /** method, path with labels and fixed query, status of success; REST protocols only */
  http?: { method: string; uri: string; status: number };
  readonly input: Shape;
  readonly output: Shape;
}

export interface ServiceSummary {
  /** our id: AWS CLI's name of the service */
  id: string;
  /** the SDKs' name: `API Gateway` */
  serviceId: string;
  /** the one that current SDKs use first */
  protocols: [Protocol, ...Protocol[]];
  /** X-Amz-Target's part before the dot */
  target: string;
  version: string;
  signingName: string;
}
export interface ServiceModel extends ServiceSummary {
  /** of the shapes' absolute names: `com.amazonaws.sqs` */
  namespace: string;
  xmlNamespace?: string;
  operations: ReadonlyMap<string, OperationModel>;
  /** by shape name */
  findError(name: string): StructureShape | undefined;
  errorNames: readonly string[];
}

type RawType = string | number;
type RawReference = RawType | [RawType, Traits];
type RawShape =
  | ['list', RawReference]
  | ['map', RawReference, RawReference]
  | ['structure' | 'union' | 'error', string, Traits, number, Record<string, RawReference>];
interface RawModel extends ServiceSummary {
  namespace: string;
  xmlNamespace?: string;
  operations: Record<string, [RawReference, RawReference, [string, string, number] | null]>;
  errors: Record<string, RawReference>;
  shapes: RawShape[];
}

const MODELS = path.resolve(import.meta.dirname, '../../models');
const read = (name: string): any => JSON.parse(readFileSync(path.join(MODELS, name), 'utf8'));

const SIMPLE: Readonly<Record<string, Shape>> = {
  string: { kind: 'string' },
  boolean: { kind: 'boolean' },
  integer: { kind: 'integer' },
  long: { kind: 'long' },
  float: { kind: 'float' },
  double: { kind: 'double' },
  number: { kind: 'number' },
  blob: { kind: 'blob' },
  stream: { kind: 'stream' },
  document: { kind: 'document' },
  unit: { kind: 'unit' },
  timestamp: { kind: 'timestamp' },
  'date-time': { kind: 'timestamp', format: 'date-time' },
  'http-date': { kind: 'timestamp', format: 'http-date' },
  'epoch-seconds': { kind: 'timestamp', format: 'epoch-seconds' },
};

/** Observed in the answers that the API references show. */
const TIME_PRECISIONS: Readonly<Record<string, TimePrecision>> = {
  apigateway: 'seconds',
  apigatewayv2: 'seconds',
  cloudformation: 'milliseconds',
  cloudfront: 'milliseconds',
  ec2: 'milliseconds',
  elbv2: 'milliseconds',
  iam: 'seconds',
  route53: 'milliseconds',
  s3: 'milliseconds',
  s3control: 'milliseconds',
  sts: 'seconds',
};

function plainShapes(precision: TimePrecision | undefined): Readonly<Record<string, Shape>> {
  if (precision === undefined) return SIMPLE;
  return Object.fromEntries(
    Object.entries(SIMPLE).map(([name, shape]) => [name, shape.kind === 'timestamp' ? { ...shape, precision } : shape]),
  );
}

const NO_TRAITS: Traits = Object.freeze({});

/** Replaces a getter by its value at the first use. */
function settle<T extends object, K extends keyof T>(owner: T, key: K, value: T[K]): T[K] {
  Object.defineProperty(owner, key, { value, enumerable: true });
  return value;
}

class ShapeGraph {
  readonly #raw: RawShape[];
  readonly #shapes: (Shape | undefined)[] = [];
  readonly #plain: Readonly<Record<string, Shape>>;

  constructor(raw: RawShape[], precision: TimePrecision | undefined) {
    this.#raw = raw;
    this.#plain = plainShapes(precision);
  }

  shape(type: RawType): Shape {
    if (typeof type === 'string') return this.#plain[type]!;
    return (this.#shapes[type] ??= this.#build(this.#raw[type]!));
  }

  shapeOf(reference: RawReference): Shape {
    return this.shape(Array.isArray(reference) ? reference[0] : reference);
  }

  member(name: string, reference: RawReference, required: boolean): Member {
    const [type, traits] = Array.isArray(reference) ? reference : [reference, NO_TRAITS];
    return { name, shape: this.shape(type), traits, required };
  }

  #build(raw: RawShape): Shape {
    if (raw[0] === 'list') return listShape(this, raw[1]);
    if (raw[0] === 'map') return mapShape(this, raw[1], raw[2]);
    const [kind, name, traits, requiredCount, members] = raw;
    const own = { name, union: kind === 'union', traits };
    return structureShape(this, own, members, requiredCount);
  }
}

function listShape(graph: ShapeGraph, item: RawReference): ListShape {
  return {
    kind: 'list',
    get member() {
      return settle(this as ListShape, 'member', graph.member('', item, false));
    },
  };
}

function mapShape(graph: ShapeGraph, key: RawReference, value: RawReference): MapShape {
  return {
    kind: 'map',
    get key() {
      return settle(this as MapShape, 'key', graph.member('', key, false));
    },
    get value() {
      return settle(this as MapShape, 'value', graph.member('', value, false));
    },
  };
}

function structureShape(
  graph: ShapeGraph,
  own: Pick<StructureShape, 'name' | 'union' | 'traits'>,
  members: Record<string, RawReference>,
  requiredCount: number,
): StructureShape {
  return {
    kind: 'structure',
    ...own,
    get members() {
      const all = Object.entries(members).map(([name, reference], i) =>
        graph.member(name, reference, i < requiredCount),
      );
      return settle(this as StructureShape, 'members', all);
    },
  };
}

function buildModel(raw: RawModel): ServiceModel {
  const graph = new ShapeGraph(raw.shapes, TIME_PRECISIONS[raw.id]);
  const operations = new Map<string, OperationModel>();
  const { operations: rawOperations, errors, shapes: _shapes, ...summary } = raw;
  const service: ServiceModel = {
    ...summary,
    operations,
    errorNames: Object.keys(errors),
    findError: (name) => (Object.hasOwn(errors, name) ? (graph.shapeOf(errors[name]!) as StructureShape) : undefined),
  };
  for (const [name, [input, output, http]] of Object.entries(rawOperations)) {
    operations.set(name, {
      name,
      service,
      ...(http && { http: { method: http[0], uri: http[1], status: http[2] } }),
      get input() {
        return settle(this as OperationModel, 'input', graph.shapeOf(input));
      },
      get output() {
        return settle(this as OperationModel, 'output', graph.shapeOf(output));
      },
    });
  }
  return service;
}

/** Every service that has a model, built or not. */
export const serviceSummaries: readonly ServiceSummary[] = read('index.json');

const models = new Map<string, ServiceModel>();

/** The model of a service; parsed on its first use (S3 0.7 ms, EC2 14 ms). */
export function loadModel(id: string): ServiceModel {
  let model = models.get(id);
  if (!model) {
    model = buildModel(read(`${id}.json`));
    models.set(id, model);
  }
  return model;
}

/** What a member or a list's items must satisfy; from botocore. */
export interface Constraint {
  min?: number;
  max?: number;
  pattern?: string;
  enum?: string[];
  item?: Constraint;
  key?: Constraint;
  value?: Constraint;
}
/** By structure name, by member name. */
export type Constraints = Readonly<Record<string, Readonly<Record<string, Constraint>>>>;

const constraints = new Map<string, Constraints>();

export function loadConstraints(id: string): Constraints {
  let table = constraints.get(id);
  if (!table) {
    table = read(`constraints/${id}.json`) as Constraints;
    constraints.set(id, table);
  }
  return table;
}
