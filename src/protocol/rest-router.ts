// Method, path, query and headers → operation, for one REST service: a trie of path segments.
import { bindingsOf } from './http.ts';
import type { OperationModel, ServiceModel } from './model.ts';
import { setOwn } from './compile.ts';

export interface RestRequest {
  method: string;
  /** still percent-encoded, without query */
  path: string;
  query: readonly [string, string][];
  headers: Readonly<Record<string, string>>;
}

export interface RestMatch {
  operation: OperationModel;
  labels: Record<string, string>;
  /** an older form of the operation: what is now in its body was in the query */
  older?: true;
}

/** Forms that older clients send (botocore 1.29 to 1.40) and AWS still takes. */
const OLDER_FORMS: Readonly<Record<string, Readonly<Record<string, [method: string, uri: string]>>>> = {
  sesv2: {
    ListConfigurationSets: ['GET', '/v2/email/configuration-sets'],
    ListContacts: ['GET', '/v2/email/contact-lists/{ContactListName}/contacts'],
    ListEmailIdentities: ['GET', '/v2/email/identities'],
    ListImportJobs: ['GET', '/v2/email/import-jobs'],
    PutEmailIdentityDkimSigningAttributes: ['PUT', '/v1/email/identities/{EmailIdentity}/dkim/signing'],
  },
};

type Segment = string | { label: string; greedy: boolean };

/** Required members that a request must carry to mean this operation and not its neighbour on the same path. */
interface Conditions {
  query: string[];
  headers: string[];
}

class Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly Segment[];
  /** S3's SDKs name the operation in the query; decisive when sent, never needed */
  readonly xId: string | undefined;
  /** from the model's URI: `?location`, `?list-type=2` */
  readonly literals: readonly [name: string, value: string][];
  #conditions: Conditions | undefined;

  readonly older: boolean;

  constructor(operation: OperationModel, older?: [method: string, uri: string]) {
    const [method, uri] = older ?? [operation.http!.method, operation.http!.uri];
    this.older = older !== undefined;
    const [path = '', query = ''] = uri.split('?');
    this.operation = operation;
    this.method = method;
    this.segments = path
      .split('/')
      .filter((segment) => segment !== '')
      .map(parseSegment);
    const literals = query
      .split('&')
      .filter((pair) => pair !== '')
      .map((pair): [string, string] => {
        const [name = '', value = ''] = pair.split('=');
        return [name, value];
      });
    this.xId = literals.find(([name]) => name === 'x-id')?.[1];
    this.literals = literals.filter(([name]) => name !== 'x-id');
  }

  get conditions(): Conditions {
    return (this.#conditions ??= this.#required());
  }

  #required(): Conditions {
    const conditions: Conditions = { query: [], headers: [] };
    const { input } = this.operation;
    if (input.kind !== 'structure') return conditions;
    const bindings = bindingsOf(input, 'input');
    for (const member of bindings.query) if (member.required) conditions.query.push(member.traits.httpQuery!);
    for (const { name, member } of bindings.headers) if (member.required) conditions.headers.push(name);
    return conditions;
  }

  get weight(): number {
    return this.conditions.query.length + this.conditions.headers.length;
  }
}

function parseSegment(text: string): Segment {
  const label = /^\{([^+}]+)(\+)?\}$/.exec(text);
  return label ? { label: label[1]!, greedy: label[2] === '+' } : text;
}

interface Node {
  literals: Map<string, Node>;
  label?: Node;
  greedy?: Node;
  routes: Route[];
}

const createNode = (): Node => ({ literals: new Map(), routes: [] });

function childOf(node: Node, segment: Segment): Node {
  if (typeof segment !== 'string')
    return segment.greedy ? (node.greedy ??= createNode()) : (node.label ??= createNode());
  let child = node.literals.get(segment);
  if (!child) node.literals.set(segment, (child = createNode()));
  return child;
}

const hasQuery = (request: RestRequest, name: string, value = ''): boolean =>
  request.query.some(([key, given]) => key === name && (value === '' || given === value));

function satisfies(request: RestRequest, { query, headers }: Conditions): boolean {
  return query.every((name) => hasQuery(request, name)) && headers.every((name) => request.headers[name] !== undefined);
}

/** Of those whose fixed query is there, the operation with the most conditions that the request meets. */
function pick(node: Node, request: RestRequest, isS3: boolean): Route | undefined {
  const candidates = node.routes.filter((route) => route.method === request.method);
  const [first] = candidates;
  if (!first || (candidates.length === 1 && first.literals.length === 0)) return first;
  const xId = request.query.find(([name]) => name === 'x-id')?.[1];
  const named = xId && candidates.find((route) => route.xId === xId);
  if (named) return named;
  const possible = candidates.filter(({ literals }) =>
    literals.every(([name, value]) => hasQuery(request, name, value)),
  );
  const most = Math.max(...possible.map(({ literals }) => literals.length));
  const closest = possible.filter(({ literals }) => literals.length === most).toSorted((a, b) => b.weight - a.weight);
  return (
    closest.find(({ conditions }) => satisfies(request, conditions)) ??
    // a required header or parameter that is missing must not hide the operation: it will say what it misses
    closest.find(({ conditions }) => satisfies(request, { query: isS3 ? conditions.query : [], headers: [] }))
  );
}

class Walk {
  readonly #segments: readonly string[];
  readonly #request: RestRequest;
  readonly #isS3: boolean;

  constructor(segments: readonly string[], request: RestRequest, isS3: boolean) {
    this.#segments = segments;
    this.#request = request;
    this.#isS3 = isS3;
  }

  from(node: Node, at: number): Route | undefined {
    const segments = this.#segments;
    if (at === segments.length) return pick(node, this.#request, this.#isS3);
    const segment = segments[at]!;
    const literal = node.literals.get(segment);
    const byLiteral = literal && this.from(literal, at + 1);
    if (byLiteral) return byLiteral;
    const byLabel = node.label && segment !== '' ? this.from(node.label, at + 1) : undefined;
    if (byLabel || !node.greedy) return byLabel;
    // a greedy label may be followed by literals (`/tags/{arn+}/x`): the longest label wins
    for (let next = segments.length - 1; next > at; next--) {
      if (!node.greedy.literals.has(segments[next]!)) continue;
      const found = this.from(node.greedy, next);
      if (found) return found;
    }
    return pick(node.greedy, this.#request, this.#isS3);
  }
}

/** Throws URIError for a broken percent encoding. */
function bindLabels(route: Route, segments: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  let at = 0;
  for (const [index, segment] of route.segments.entries()) {
    if (typeof segment === 'string') at++;
    else if (!segment.greedy) setOwn(labels, segment.label, decodeURIComponent(segments[at++] ?? ''));
    else {
      const end = segments.length - (route.segments.length - index - 1);
      setOwn(labels, segment.label, segments.slice(at, end).map(decodeURIComponent).join('/'));
      at = end;
    }
  }
  return labels;
}

/** Empty segments are part of S3's keys (`a//b`, `a/`); other services ignore a slash at the end. */
function splitPath(path: string, isS3: boolean): string[] {
  const segments = path.split('/').slice(1);
  const last = segments.length - 1;
  const drop = segments[last] === '' && (!isS3 || last <= 1);
  return drop ? segments.slice(0, -1) : segments;
}

export type RestRouter = (request: RestRequest) => RestMatch | undefined;

const routers = new WeakMap<ServiceModel, RestRouter>();

export function restRouter(service: ServiceModel): RestRouter {
  let router = routers.get(service);
  if (!router) {
    router = buildRouter(service);
    routers.set(service, router);
  }
  return router;
}

function insert(root: Node, route: Route): void {
  let node = root;
  for (const segment of route.segments) node = childOf(node, segment);
  node.routes.push(route);
}

function buildRouter(service: ServiceModel): RestRouter {
  const root = createNode();
  for (const operation of service.operations.values()) {
    if (!operation.http) continue;
    insert(root, new Route(operation));
    const older = OLDER_FORMS[service.id]?.[operation.name];
    if (older) insert(root, new Route(operation, older));
  }
  const isS3 = service.id === 's3';
  return (request) => {
    const segments = splitPath(request.path, isS3);
    const route = new Walk(segments, request, isS3).from(root, 0);
    if (!route) return undefined;
    return { operation: route.operation, labels: bindLabels(route, segments), ...(route.older && { older: true }) };
  };
}
