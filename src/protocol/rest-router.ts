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
}

type Segment = string | { label: string; greedy: boolean };

/** What a request must carry to mean this operation and not its neighbour on the same path. */
interface Conditions {
  /** from the model's URI: `?location`, `?list-type=2` */
  literals: [name: string, value: string][];
  /** required members */
  query: string[];
  headers: string[];
}

class Route {
  readonly operation: OperationModel;
  readonly method: string;
  readonly segments: readonly Segment[];
  /** S3's SDKs name the operation in the query; decisive when sent, never needed */
  readonly xId: string | undefined;
  readonly #literals: [string, string][];
  #conditions: Conditions | undefined;

  constructor(operation: OperationModel) {
    const { method, uri } = operation.http!;
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
    this.#literals = literals.filter(([name]) => name !== 'x-id');
  }

  get conditions(): Conditions {
    return (this.#conditions ??= this.#required());
  }

  #required(): Conditions {
    const conditions: Conditions = { literals: this.#literals, query: [], headers: [] };
    const { input } = this.operation;
    if (input.kind !== 'structure') return conditions;
    const bindings = bindingsOf(input, 'input');
    for (const member of bindings.query) if (member.required) conditions.query.push(member.traits.httpQuery!);
    for (const { name, member } of bindings.headers) if (member.required) conditions.headers.push(name);
    return conditions;
  }

  get weight(): number {
    const { literals, query, headers } = this.conditions;
    return literals.length + query.length + headers.length;
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

function satisfies(request: RestRequest, { literals, query, headers }: Conditions): boolean {
  return (
    literals.every(([name, value]) => hasQuery(request, name, value)) &&
    query.every((name) => hasQuery(request, name)) &&
    headers.every((name) => request.headers[name] !== undefined)
  );
}

/** The operation with the most conditions that the request meets. */
function pick(node: Node, request: RestRequest): Route | undefined {
  const candidates = node.routes.filter((route) => route.method === request.method);
  if (candidates.length < 2 && !candidates[0]?.conditions.literals.length) return candidates[0];
  const xId = request.query.find(([name]) => name === 'x-id')?.[1];
  const named = xId && candidates.find((route) => route.xId === xId);
  if (named) return named;
  candidates.sort((a, b) => b.weight - a.weight);
  return (
    candidates.find((route) => satisfies(request, route.conditions)) ??
    // a required header or parameter that is missing must not hide the operation: it will say what it misses
    candidates.find((route) => satisfies(request, { ...route.conditions, query: [], headers: [] }))
  );
}

function walk(node: Node, segments: readonly string[], at: number, request: RestRequest): Route | undefined {
  if (at === segments.length) return pick(node, request);
  const segment = segments[at]!;
  const literal = node.literals.get(segment);
  const byLiteral = literal && walk(literal, segments, at + 1, request);
  if (byLiteral) return byLiteral;
  const byLabel = node.label && segment !== '' ? walk(node.label, segments, at + 1, request) : undefined;
  if (byLabel || !node.greedy) return byLabel;
  // a greedy label may be followed by literals (`/tags/{arn+}/x`): the longest label wins
  for (let next = segments.length - 1; next > at; next--) {
    if (!node.greedy.literals.has(segments[next]!)) continue;
    const found = walk(node.greedy, segments, next, request);
    if (found) return found;
  }
  return pick(node.greedy, request);
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

function buildRouter(service: ServiceModel): RestRouter {
  const root = createNode();
  for (const operation of service.operations.values()) {
    if (!operation.http) continue;
    const route = new Route(operation);
    let node = root;
    for (const segment of route.segments) node = childOf(node, segment);
    node.routes.push(route);
  }
  const isS3 = service.id === 's3';
  return (request) => {
    const segments = splitPath(request.path, isS3);
    const route = walk(root, segments, 0, request);
    return route && { operation: route.operation, labels: bindLabels(route, segments) };
  };
}
