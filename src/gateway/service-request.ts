// Integrations with AWS services: a mapped request becomes a signed request of that service's own API, answered in process.
// https://docs.aws.amazon.com/apigateway/latest/api/API_Integration.html#apigw-Type-Integration-uri
import type { Credentials } from '#kernel/identity.ts';
import { serviceSummaries, type ServiceSummary } from '#protocol/model.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import type { BackendResponse } from './http-client.ts';
import { queryAnswerAsJson } from './query-answer.ts';

/** arn:aws:apigateway:REGION:{subdomain.}SERVICE:action/ACTION or :path/PATH */
const SERVICE_URI = /^arn:aws[\w-]*:apigateway:([\w-]+):(?:([\w.{}-]+)\.)?([\w-]+):(action|path)\/(.*)$/;

/** Names in URIs that are not the signing name. */
const SIGNING_NAMES: Record<string, string> = { email: 'ses', monitoring: 'monitoring', streams: 'dynamodb' };

export interface ServiceTarget {
  region: string;
  subdomain: string | undefined;
  signingName: string;
  host: string;
  summary: ServiceSummary | undefined;
  kind: 'action' | 'path';
  rest: string;
}

export function parseServiceUri(uri: string): ServiceTarget | undefined {
  const match = SERVICE_URI.exec(uri);
  if (!match) return undefined;
  const [, region = '', subdomain, name = '', kind, rest = ''] = match;
  const signingName = SIGNING_NAMES[name] ?? name;
  return {
    region,
    subdomain,
    signingName,
    host: `${name}.${region}.amazonaws.com`,
    summary: serviceSummaries.find((summary) => summary.signingName === signingName),
    kind: kind as ServiceTarget['kind'],
    rest,
  };
}

/** What the mappings of an integration made. */
export interface MappedServiceRequest {
  path: ReadonlyMap<string, string>;
  query: readonly [string, string][];
  headers: readonly [string, string][];
  contentType: string;
  body: Buffer | string;
}

export interface ServiceRequest {
  method: string;
  url: URL;
  headers: Record<string, string>;
  body: Buffer | string;
}

export function buildServiceRequest(
  target: ServiceTarget,
  method: string,
  mapped: MappedServiceRequest,
): ServiceRequest {
  const fill = (text: string): string =>
    text.replace(/\{([^{}]+?)\+?\}/g, (_all, name: string) =>
      (mapped.path.get(name) ?? '').split('/').map(encodeURIComponent).join('/'),
    );
  const subdomain = target.subdomain === undefined ? '' : `${fill(target.subdomain)}.`;
  const url = new URL(`https://${subdomain}${target.host}/`);
  const headers: Record<string, string> = { accept: 'application/json', 'content-type': mapped.contentType };
  const query = [...mapped.query];
  if (target.kind === 'path') {
    const [path = '', search = ''] = fill(target.rest).split('?', 2);
    url.pathname = `/${path}`;
    url.search = search;
  } else {
    addAction(target, headers, query);
  }
  for (const [name, value] of query) url.searchParams.append(name, value);
  for (const [name, value] of mapped.headers) headers[name.toLowerCase()] = value;
  return { method, url, headers, body: mapped.body };
}

/** JSON services take the action as X-Amz-Target, the others as a parameter. */
function addAction(target: ServiceTarget, headers: Record<string, string>, query: [string, string][]): void {
  const { summary, rest: action } = target;
  const json = summary?.protocols.find((protocol) => protocol.startsWith('awsJson'));
  const isQuery = summary?.protocols.includes('awsQuery') ?? false;
  if (json && !isQuery) {
    headers['x-amz-target'] = `${summary!.target}.${action}`;
    headers['content-type'] = `application/x-amz-json-${json === 'awsJson1_0' ? '1.0' : '1.1'}`;
    return;
  }
  const has = (name: string): boolean => query.some(([key]) => key === name);
  if (!has('Action')) query.unshift(['Action', action]);
  if (!has('Version') && summary) query.push(['Version', summary.version]);
}

/** The headers of the signed request, without Host. */
export function signServiceRequest(
  target: ServiceTarget,
  { method, url, headers, body }: ServiceRequest,
  credentials: Credentials,
  now: number,
): [string, string][] {
  const signed = signRequest(
    { method, target: url.pathname + url.search, headers: { ...headers, host: url.host }, body },
    { credentials, region: target.region, service: target.signingName, now },
  );
  return Object.entries(signed).filter(([name]) => name !== 'host');
}

/** Services of the query protocol answer API Gateway in JSON: it asks for that. */
export function inJson(target: ServiceTarget, { headers, body }: BackendResponse): string | undefined {
  const isXml = headers.some(([name, value]) => name.toLowerCase() === 'content-type' && /xml/.test(value));
  return isXml && target.summary?.protocols.includes('awsQuery') ? queryAnswerAsJson(body, target.summary) : undefined;
}
