// Browsers: AWS's endpoints answer scripts of any origin, because only a signature opens them. In `start` mode any key
// does, so pages from elsewhere must not reach the API of the machine on which they are being read.
import { ServiceError } from '#core/errors.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { PlatformConfig } from '#kernel/platform.ts';

const EXPOSED = 'x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date';
const PREFLIGHT_SECONDS = 172_800;
const LOCAL_HOST = /^(localhost|.*\.localhost|127(\.\d{1,3}){3}|\[::1\])$/;

function isTrusted(origin: string, config: PlatformConfig): boolean {
  if (config.mode === 'serve') return true;
  try {
    const { hostname } = new URL(origin);
    return LOCAL_HOST.test(hostname) || hostname === config.domain || hostname.endsWith(`.${config.domain}`);
  } catch {
    return false; // `null`: a sandboxed frame or a file
  }
}

/** Throws AccessDenied for a page that is not from this machine. S3 is asked by pages of any origin and has its own rules. */
export function checkOrigin(request: HttpRequest, service: { id: string }, config: PlatformConfig): void {
  const { origin } = request.headers;
  if (origin === undefined || service.id === 's3' || isTrusted(origin, config)) return;
  throw new ServiceError(
    'AccessDeniedException',
    `Requests of pages from ${origin} are refused: any key works here`,
    403,
  );
}

/** The method of the request that a browser asks leave for. */
export function preflightMethod(request: HttpRequest): string | undefined {
  return request.method === 'OPTIONS' ? request.headers['access-control-request-method'] : undefined;
}

/** The answer to a browser's question whether it may send the request; S3 answers by the bucket's rules. */
export function answerPreflight(request: HttpRequest, config: PlatformConfig): HttpResponse | undefined {
  const { origin } = request.headers;
  const method = preflightMethod(request);
  if (origin === undefined || method === undefined) return undefined;
  if (!isTrusted(origin, config)) return { status: 403, headers: [] };
  const headers: [string, string][] = [
    ['access-control-allow-origin', '*'],
    ['access-control-allow-methods', method],
    ['access-control-expose-headers', EXPOSED],
    ['access-control-max-age', String(PREFLIGHT_SECONDS)],
  ];
  const wanted = request.headers['access-control-request-headers'];
  if (wanted !== undefined) headers.push(['access-control-allow-headers', wanted]);
  return { status: 200, headers };
}

export function allowOrigin(request: HttpRequest, response: HttpResponse): void {
  if (request.headers['origin'] === undefined) return;
  if (response.headers.some(([name]) => name === 'access-control-allow-origin')) return;
  response.headers.push(['access-control-allow-origin', '*'], ['access-control-expose-headers', EXPOSED]);
}
