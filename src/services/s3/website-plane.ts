// The website of a bucket, read by anyone who may: one request, one path through the steps that AWS documents.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/WebsiteEndpoints.html
import type { GetObjectCommandOutput, WebsiteConfiguration } from '@aws-sdk/client-s3';
import { ServiceError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { DataPlane } from '#kernel/service.ts';
import { idHeaders, serializeOutput } from './wire.ts';
import { closeBody } from './bodies.ts';
import { corsHeaders, matchCorsRule, type CorsRule } from './cors-rules.ts';
import { methodNotAllowed, noSuchBucket, noSuchWebsiteConfiguration } from './errors.ts';
import { websiteHost } from './hosts.ts';
import { findBucket, findDocument } from './store.ts';
import type { Bucket } from './records.ts';
import { errorPage } from './website-errors.ts';
import { applyRule, encodePath, findRule, type Redirect, type Site } from './website-redirects.ts';

const PATH_FORM = /^\/_aws\/s3-website\/([^/]+)(?=\/|$)/;

export function createWebsitePlane(platform: Platform): DataPlane {
  return {
    id: 's3-website',
    match(host, path) {
      const byHost = websiteHost(host, platform.config.domain);
      if (byHost !== undefined) return (request) => serveWebsite(platform, byHost, '', request);
      const [base, byPath] = PATH_FORM.exec(path) ?? [];
      if (byPath === undefined || base === undefined) return undefined;
      return (request) => serveWebsite(platform, byPath, base, request);
    },
  };
}

/** What one request reads and answers with. */
interface Visit {
  platform: Platform;
  bucket: Bucket;
  website: WebsiteConfiguration;
  request: HttpRequest;
  requestId: string;
  site: Site;
  /** decoded, without the slash in front */
  key: string;
}

async function serveWebsite(
  platform: Platform,
  name: string,
  base: string,
  request: HttpRequest,
): Promise<HttpResponse> {
  const requestId = platform.ids.upper(16);
  const response = await answer(platform, name, base, request, requestId);
  if (request.method === 'HEAD') delete response.body;
  return response;
}

async function answer(
  platform: Platform,
  name: string,
  base: string,
  request: HttpRequest,
  requestId: string,
): Promise<HttpResponse> {
  const { method } = request;
  if (method !== 'GET' && method !== 'HEAD')
    return errorPage(methodNotAllowed(method, 'OBJECT', [['Allow', 'GET, HEAD, OPTIONS']]), requestId);
  const bucket = await findBucket(platform.store, name);
  if (!bucket) return errorPage(noSuchBucket(name), requestId);
  const website = await findDocument<WebsiteConfiguration>(platform.store, bucket, 'website');
  if (!website) return errorPage(noSuchWebsiteConfiguration(name), requestId);
  const path = (request.target.split('?', 1)[0] ?? '').slice(base.length);
  const key = decodeKey(path.slice(1));
  const site = { protocol: request.secure ? 'https' : 'http', host: request.headers['host'] ?? '', base };
  const visit: Visit = { platform, bucket, website, request, requestId, site, key };
  const redirect = redirectBefore(visit);
  if (redirect) return redirectTo(redirect, requestId);
  try {
    const index = website.IndexDocument?.Suffix ?? '';
    const page = await readPage(visit, key === '' || key.endsWith('/') ? key + index : key);
    page.headers.push(...(await pageCors(visit)));
    return page;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    return answerFailure(visit, error);
  }
}

function decodeKey(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/** RedirectAllRequestsTo, then the routing rules that need no error. */
function redirectBefore({ website, key, site }: Visit): Redirect | undefined {
  const all = website.RedirectAllRequestsTo;
  if (all) return { status: 301, location: `${all.Protocol ?? site.protocol}://${all.HostName}/${encodePath(key)}` };
  const rule = findRule(website.RoutingRules, key);
  return rule && applyRule(rule, key, site);
}

/** One object, as an anonymous reader gets it. */
async function readPage(visit: Visit, key: string): Promise<HttpResponse> {
  const { request, requestId, site } = visit;
  const { headers } = request;
  const output = await readAnonymously(visit, {
    Key: key,
    IfMatch: headers['if-match'],
    IfNoneMatch: headers['if-none-match'],
    IfModifiedSince: dateOf(headers['if-modified-since']),
    IfUnmodifiedSince: dateOf(headers['if-unmodified-since']),
    Range: headers['range'],
  });
  const { WebsiteRedirectLocation: redirect } = output;
  if (redirect !== undefined) {
    await closeBody(output.Body);
    return redirectTo({ status: 301, location: redirect.startsWith('/') ? site.base + redirect : redirect }, requestId);
  }
  const response = serializeOutput('GetObject', output, { requestId, method: request.method });
  response.status = output.ContentRange === undefined ? 200 : 206;
  return { ...response, headers: response.headers.filter(([name]) => !HIDDEN.has(name)) };
}

/** Website answers say nothing of encryption and versions. */
const HIDDEN = new Set(['x-amz-server-side-encryption', 'x-amz-version-id']);

type GetInput = { Key: string } & Record<string, string | Date | undefined>;
/** GET and HEAD read alike, but only GET opens the bytes. */
async function readAnonymously({ platform, bucket, request }: Visit, input: GetInput): Promise<GetObjectCommandOutput> {
  const given = Object.fromEntries(Object.entries(input).filter(([, value]) => value !== undefined));
  const { accountId, region } = bucket;
  const as = { type: 'anonymous' } as const;
  return (await platform.call(
    's3',
    request.method === 'HEAD' ? 'HeadObject' : 'GetObject',
    { Bucket: bucket.name, ...given } as never,
    {
      as,
      accountId,
      region,
      signal: request.signal,
    },
  )) as GetObjectCommandOutput;
}

function dateOf(text: string | undefined): Date | undefined {
  const ms = Date.parse(text ?? '');
  return Number.isNaN(ms) ? undefined : new Date(ms);
}

/** Not modified; a folder; a routing rule; the error document; S3's own page. */
async function answerFailure(visit: Visit, error: ServiceError): Promise<HttpResponse> {
  const { website, key, site, requestId } = visit;
  if (error.status === 304) return { status: 304, headers: [...idHeaders(requestId), ...lowerCased(error.headers)] };
  if (await isFolder(visit, error))
    return redirectTo({ status: 302, location: `${site.base}/${encodePath(key)}/` }, requestId);
  const rule = findRule(website.RoutingRules, key, error.status);
  if (rule) return redirectTo(applyRule(rule, key, site), requestId);
  const document = website.ErrorDocument?.Key;
  if (document === undefined) return errorPage(error, requestId);
  try {
    const output = await readAnonymously(visit, { Key: document });
    const response = serializeOutput('GetObject', output, { requestId, method: visit.request.method });
    return {
      ...response,
      status: error.status,
      headers: [...errorHeaders(error), ...response.headers.filter(([name]) => !HIDDEN.has(name))],
    };
  } catch (nested) {
    if (!(nested instanceof ServiceError)) throw nested;
    return errorPage(error, requestId, nested);
  }
}

const lowerCased = (headers: ServiceError['headers']): [string, string][] =>
  headers.map(([name, value]) => [name.toLowerCase(), value]);

const errorHeaders = (error: ServiceError): [string, string][] => [
  ['x-amz-error-code', error.code],
  ['x-amz-error-message', error.message],
  ...Object.entries(error.fields).map(([name, value]): [string, string] => [
    `x-amz-error-detail-${name}`,
    encodePath(String(value)),
  ]),
];

/** `/docs` where only `docs/index.html` exists: the browser is sent to `/docs/`. */
async function isFolder(visit: Visit, error: ServiceError): Promise<boolean> {
  const { key, website, platform, bucket } = visit;
  if (error.status !== 404 || key === '' || key.endsWith('/')) return false;
  const { accountId, region, name } = bucket;
  const index = `${key}/${website.IndexDocument?.Suffix ?? ''}`;
  try {
    await platform.call(
      's3',
      'HeadObject',
      { Bucket: name, Key: index },
      { as: { type: 'anonymous' }, accountId, region },
    );
    return true;
  } catch (missing) {
    if (missing instanceof ServiceError) return false;
    throw missing;
  }
}

function redirectTo({ status, location }: Redirect, requestId: string): HttpResponse {
  return { status, headers: [...idHeaders(requestId), ['location', location], ['content-length', '0']] };
}

async function pageCors({ platform, bucket, request }: Visit): Promise<[string, string][]> {
  const { origin } = request.headers;
  if (origin === undefined) return [];
  const rules = await findDocument<CorsRule[]>(platform.store, bucket, 'cors');
  const asked = { origin, method: request.method, headers: [] };
  const rule = matchCorsRule(rules ?? [], asked);
  return rule ? corsHeaders(rule, asked, false) : [];
}
