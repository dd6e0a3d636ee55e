// CORS preflight of the API: OPTIONS is no operation of the model.
import { ServiceError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { DataPlane } from '#kernel/service.ts';
import { isBucketName } from './bucket-names.ts';
import { corsHeaders, matchCorsRule, type CorsRule } from './cors-rules.ts';
import { bareHostBucket, apiHostBucket, websiteHost } from './hosts.ts';
import { findBucket, findDocument } from './store.ts';
import { idHeaders, serializeError } from './wire.ts';

/** Paths of other services begin with an API version, those of the platform with an underscore. */
const OTHERS = /^\/(\d{4}-\d\d-\d\d|v\d{8}|v\d|_[a-z]+)(\/|$)/;

export function createPreflightPlane(platform: Platform): DataPlane {
  const { domain } = platform.config;
  return {
    id: 's3-preflight',
    match(host, path, request) {
      if (request.method !== 'OPTIONS') return undefined;
      const named = websiteHost(host, domain) ?? apiHostBucket(host, domain) ?? bareHostBucket(host, domain);
      const bucket = named ?? (OTHERS.test(path) ? undefined : path.split('/', 2)[1]);
      if (bucket === undefined || !isBucketName(bucket)) return undefined;
      const isObject = (named === undefined ? path.slice(bucket.length + 1) : path).length > 1;
      return () => preflight(platform, bucket, isObject, request);
    },
  };
}

async function preflight(
  platform: Platform,
  name: string,
  isObject: boolean,
  request: HttpRequest,
): Promise<HttpResponse> {
  const requestId = platform.ids.upper(16);
  const { origin } = request.headers;
  const method = request.headers['access-control-request-method'];
  const refuse = (code: string, message: string, status: number): HttpResponse => {
    const fields = status === 403 ? { Method: method, ResourceType: isObject ? 'OBJECT' : 'BUCKET' } : {};
    return serializeError(new ServiceError(code, message, status, { fields }), { requestId, method: 'OPTIONS' });
  };
  if (origin === undefined) return refuse('BadRequest', 'Insufficient information. Origin request header needed.', 400);
  if (method === undefined) return refuse('BadRequest', 'Invalid Access-Control-Request-Method: null', 400);
  const bucket = await findBucket(platform.store, name);
  const rules = bucket && (await findDocument<CorsRule[]>(platform.store, bucket, 'cors'));
  if (!rules) return refuse('AccessForbidden', 'CORSResponse: CORS is not enabled for this bucket.', 403);
  const headers = (request.headers['access-control-request-headers'] ?? '')
    .split(',')
    .map((header) => header.trim().toLowerCase())
    .filter((header) => header !== '');
  const asked = { origin, method, headers };
  const rule = matchCorsRule(rules, asked);
  if (!rule) {
    // AWS spells it so.
    return refuse(
      'AccessForbidden',
      'CORSResponse: This CORS request is not allowed. This is usually because the evalution of Origin, request method / ' +
        "Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted by the resource's CORS spec.",
      403,
    );
  }
  return {
    status: 200,
    headers: [...idHeaders(requestId), ...corsHeaders(rule, asked, true), ['content-length', '0']],
  };
}
