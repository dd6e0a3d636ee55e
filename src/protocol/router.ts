// Which service, operation and protocol an HTTP request means. The registry is every model, whether the service is built or not.
import { findCredentialScope, type CredentialScope } from './credential-scope.ts';
import {
  loadModel,
  serviceSummaries,
  type OperationModel,
  type Protocol,
  type ServiceModel,
  type ServiceSummary,
} from './model.ts';
import { restRouter } from './rest-router.ts';

export interface RouteRequest {
  method: string;
  /** still percent-encoded, without query */
  path: string;
  query: readonly [string, string][];
  headers: Readonly<Record<string, string>>;
  /** the body's pairs when it is a form */
  form?: readonly [string, string][];
  /** host name, lower case, without port */
  host: string;
  /** `{bucket}.s3.<domain>` and `{service}.{region}.<domain>` mean us */
  domains: readonly string[];
}

export interface Route {
  service: ServiceModel;
  protocol: Protocol;
  /** absent: the service has no such operation */
  operation?: OperationModel;
  /** the name that the client gave, in protocols that have one */
  asked?: string;
  version?: string;
  labels: Record<string, string>;
  /** as in RestMatch */
  older?: true;
  scope?: CredentialScope;
  /** S3: the bucket that the host named; `path` of the operation begins with it */
  bucketOfHost?: string;
}

const isJson = (protocol: Protocol): boolean => protocol === 'awsJson1_0' || protocol === 'awsJson1_1';
const isRest = (protocol: Protocol): boolean => protocol === 'restJson1' || protocol === 'restXml';
const isQuery = (protocol: Protocol): boolean => protocol === 'awsQuery' || protocol === 'ec2Query';

const byTarget = new Map<string, ServiceSummary>();
const byVersion = new Map<string, ServiceSummary>();
const bySigningName = new Map<string, ServiceSummary[]>();
const byUserAgent = new Map<string, ServiceSummary>();
for (const summary of serviceSummaries) {
  if (isJson(summary.protocols[0])) byTarget.set(summary.target, summary);
  if (summary.protocols.some(isQuery)) byVersion.set(summary.version, summary);
  const signing = bySigningName.get(summary.signingName) ?? [];
  // S3 matches any path: last among those that share its signing name
  if (summary.id === 's3') signing.push(summary);
  else signing.unshift(summary);
  bySigningName.set(summary.signingName, signing);
  byUserAgent.set(summary.serviceId.toLowerCase().replaceAll(' ', '_'), summary);
}
const byId = new Map(serviceSummaries.map((summary) => [summary.id, summary]));

/** First labels of AWS's endpoint names where they are not our id. */
const BY_ENDPOINT: Readonly<Record<string, string>> = {
  'execute-api': 'apigatewaymanagementapi',
  elasticfilesystem: 'efs',
  elasticloadbalancing: 'elbv2',
  email: 'sesv2',
  monitoring: 'cloudwatch',
  's3-control': 's3control',
  states: 'stepfunctions',
  'streams.dynamodb': 'dynamodbstreams',
};
/** Services whose paths begin with their version, so that a path alone says them. */
const VERSIONED_PATH = /^\/v?20\d{2}-?\d{2}-?\d{2}\//;
const VERSIONED_SERVICES = ['lambda', 'route53', 'cloudfront', 'efs', 's3control'];

/** Query services that take a form without its Version: what API Gateway's integrations commonly send. */
const WITHOUT_VERSION: ReadonlySet<string> = new Set(['sns', 'sqs']);

/** A service that no model describes: it can only be named in the error. */
export class UnknownService extends Error {
  readonly service: string;
  readonly protocol: Protocol;

  constructor(service: string, protocol: Protocol) {
    super(`no such service: ${service}`);
    this.service = service;
    this.protocol = protocol;
  }
}

const find = (pairs: readonly [string, string][] | undefined, name: string): string | undefined =>
  pairs?.find(([key]) => key === name)?.[1];

const CBOR_PATH = /^\/(?:.*\/)?service\/([^/]+)\/operation\/([^/]+)$/;

/** Whether a form can be a query request: its signer's services decide, else it may. */
export function speaksQuery(headers: RouteRequest['headers'], query: RouteRequest['query']): boolean {
  const scope = findCredentialScope(headers, query);
  const signed = scope && bySigningName.get(scope.service);
  return !signed || signed.some(({ protocols }) => protocols.some(isQuery));
}

/** The service that a request was signed for, where its path says nothing. */
export function serviceOfScope(headers: RouteRequest['headers']): string | undefined {
  const scope = findCredentialScope(headers, []);
  return scope && bySigningName.get(scope.service)?.at(-1)?.id;
}

/** Finds the route, or throws UnknownService. Throws URIError for a path that cannot be decoded. */
export function findRoute(request: RouteRequest): Route {
  const scope = findCredentialScope(request.headers, request.query);
  const route = routeByName(request, scope) ?? routeByPath(request, scope);
  return scope ? { ...route, scope } : route;
}

/** RPC protocols name the operation: in the path, a header, or the form. */
function routeByName(request: RouteRequest, scope: CredentialScope | undefined): Route | undefined {
  const { headers } = request;
  if (headers['smithy-protocol'] === 'rpc-v2-cbor') {
    const [, target = '', name = ''] = CBOR_PATH.exec(request.path) ?? [];
    return rpcRoute(target, name, 'rpcv2Cbor', scope);
  }
  const target = headers['x-amz-target'];
  if (target !== undefined) {
    const dot = target.lastIndexOf('.');
    return rpcRoute(
      target.slice(0, Math.max(dot, 0)),
      target.slice(dot + 1),
      jsonProtocol(headers['content-type']),
      scope,
    );
  }
  const action = find(request.form, 'Action') ?? find(request.query, 'Action');
  if (action === undefined && !request.form) return undefined;
  const version = find(request.form, 'Version') ?? find(request.query, 'Version');
  const summary = queryService(version, scope) ?? (scope ? undefined : queryServiceOfHost(request));
  return summary && action !== undefined ? queryRoute(summary, action, version) : undefined;
}

function jsonProtocol(contentType = ''): Protocol | undefined {
  if (contentType.includes('x-amz-json-1.0')) return 'awsJson1_0';
  if (contentType.includes('x-amz-json-1.1')) return 'awsJson1_1';
  return contentType.includes('x-amz-cbor-1.1') ? 'awsCbor1_1' : undefined;
}

function rpcRoute(
  target: string,
  asked: string,
  protocol: Protocol | undefined,
  scope: CredentialScope | undefined,
): Route {
  const signed = scope && bySigningName.get(scope.service)?.find(({ protocols }) => isJson(protocols[0]));
  const summary = byTarget.get(target) ?? signed;
  if (!summary) throw new UnknownService(scope?.service || target, protocol ?? 'awsJson1_1');
  const service = loadModel(summary.id);
  const operation = byTarget.has(target) ? service.operations.get(asked) : undefined;
  return { service, protocol: protocol ?? summary.protocols[0], ...(operation && { operation }), asked, labels: {} };
}

function queryService(version: string | undefined, scope: CredentialScope | undefined): ServiceSummary | undefined {
  const signed = scope && bySigningName.get(scope.service);
  const speaks = signed?.find(({ protocols }) => protocols.some(isQuery));
  if (speaks || signed) return speaks;
  if (scope) throw new UnknownService(scope.service, 'awsQuery');
  return version === undefined ? undefined : byVersion.get(version);
}

/** Nobody's form without a Version: what an HTTP integration sends to a queue's URL. */
function queryServiceOfHost({ host, domains }: RouteRequest): ServiceSummary | undefined {
  const summary = serviceOfHost(host, domains);
  return summary?.protocols.some(isQuery) ? summary : undefined;
}

function queryRoute(summary: ServiceSummary, asked: string, version: string | undefined): Route {
  const service = loadModel(summary.id);
  const isKnown = version === summary.version || (version === undefined && WITHOUT_VERSION.has(summary.id));
  const operation = isKnown ? service.operations.get(asked) : undefined;
  return {
    service,
    protocol: summary.protocols.find(isQuery)!,
    ...(operation && { operation }),
    asked,
    ...(version !== undefined && { version }),
    labels: {},
  };
}

function routeByPath(request: RouteRequest, scope: CredentialScope | undefined): Route {
  for (const summary of restCandidates(request, scope)) {
    if (summary.id === 's3') return s3Route(request);
    const service = loadModel(summary.id);
    const match = restRouter(service)(request);
    if (match) return { service, protocol: summary.protocols[0], ...match };
  }
  return noOperation(request, scope);
}

/** In the order of how surely the request means them. */
function* restCandidates(request: RouteRequest, scope: CredentialScope | undefined): Iterable<ServiceSummary> {
  if (scope) {
    const signed = bySigningName.get(scope.service) ?? (scope.service === 's3express' ? [byId.get('s3')!] : undefined);
    if (!signed) throw new UnknownService(scope.service, 'restJson1');
    for (const summary of signed) if (isRest(summary.protocols[0])) yield summary;
    return;
  }
  const byHost = serviceOfHost(request.host, request.domains);
  if (byHost && isRest(byHost.protocols[0])) yield byHost;
  const agent = /\bapi\/([a-z0-9_.-]+)#/i.exec(request.headers['user-agent'] ?? '')?.[1];
  const byAgent = agent && byUserAgent.get(agent.toLowerCase());
  if (byAgent && isRest(byAgent.protocols[0])) yield byAgent;
  if (VERSIONED_PATH.test(request.path)) {
    for (const id of VERSIONED_SERVICES) yield byId.get(id)!;
  }
  yield byId.get('s3')!;
}

/** `lambda.us-east-1.amazonaws.com` */
function serviceOfHost(host: string, domains: readonly string[]): ServiceSummary | undefined {
  const domain = domains.find((name) => host.endsWith(`.${name}`));
  if (!domain) return undefined;
  const name = host.slice(0, -domain.length - 1).replace(/\.[a-z]{2}(-[a-z]+)+-\d$/, '');
  return byId.get((Object.hasOwn(BY_ENDPOINT, name) ? BY_ENDPOINT[name] : undefined) ?? name);
}

function s3Route(request: RouteRequest): Route {
  const service = loadModel('s3');
  const bucket = bucketOfHost(request.host, request.domains);
  const path = bucket === undefined ? request.path : `/${encodeURIComponent(bucket)}${request.path}`;
  const match = restRouter(service)({ ...request, path });
  return {
    service,
    protocol: 'restXml',
    labels: {},
    ...match,
    ...(bucket !== undefined && { bucketOfHost: bucket }),
  };
}

const S3_HOST = /^(?:(.+)\.)?s3(?:[.-](?:accelerate|dualstack|[a-z]{2}(?:-[a-z]+)+-\d))*$/;

/**
 * Virtual-hosted style: `{bucket}.s3.<domain>`, `{bucket}.s3.{region}.<domain>`; and `{bucket}.<domain>`, which is what
 * an SDK makes of the plain endpoint `http://<domain>:4566`.
 */
export function bucketOfHost(host: string, domains: readonly string[]): string | undefined {
  const domain = domains.find((name) => host.endsWith(`.${name}`));
  if (domain === undefined) return undefined;
  const name = host.slice(0, -domain.length - 1);
  const s3 = S3_HOST.exec(name);
  if (s3) return s3[1];
  return domain === 'amazonaws.com' ? undefined : name;
}

/** The service is known, the path means nothing to it. */
function noOperation(request: RouteRequest, scope: CredentialScope | undefined): Route {
  const summary = scope ? bySigningName.get(scope.service)?.at(-1) : serviceOfHost(request.host, request.domains);
  if (!summary) throw new UnknownService(scope?.service ?? '', 'restJson1');
  const asked = `${request.method} ${request.path}`;
  return { service: loadModel(summary.id), protocol: summary.protocols[0], asked, labels: {} };
}
