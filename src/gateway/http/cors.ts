// CORS of HTTP APIs: preflights are answered here, with or without an OPTIONS route; in other answers the configured headers
// replace those of the backend. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { PublishedCors } from '../published-http.ts';

export interface Cors {
  /** undefined when the request is no preflight */
  answerPreflight(request: HttpRequest, requestId: string): HttpResponse | undefined;
  apply(request: HttpRequest, response: HttpResponse): void;
}

const CORS_HEADER = /^access-control-/i;

export function compileCors(cors: PublishedCors): Cors {
  const isAllowed = compileOrigins(cors.allowOrigins ?? []);
  const allowsAll = (cors.allowOrigins ?? []).includes('*') && !cors.allowCredentials;
  const credentials: [string, string][] = cors.allowCredentials ? [['access-control-allow-credentials', 'true']] : [];
  const preflight = preflightHeaders(cors);
  const exposed: [string, string][] = cors.exposeHeaders?.length
    ? [['access-control-expose-headers', lowerList(cors.exposeHeaders)]]
    : [];
  const originHeaders = (origin: string): [string, string][] => [
    ['access-control-allow-origin', allowsAll ? '*' : origin],
    ...credentials,
  ];
  return {
    answerPreflight({ method, headers }, requestId) {
      const { origin } = headers;
      if (method !== 'OPTIONS' || !origin || !headers['access-control-request-method']) return undefined;
      const allowed = isAllowed(origin) ? [...originHeaders(origin), ...preflight] : [];
      return { status: 204, headers: [...allowed, ['Apigw-Requestid', requestId]] };
    },
    apply({ headers: { origin } }, response) {
      response.headers = response.headers.filter(([name]) => !CORS_HEADER.test(name));
      if (origin && isAllowed(origin)) response.headers.push(...originHeaders(origin), ...exposed);
    },
  };
}

const lowerList = (values: readonly string[]): string => values.map((value) => value.toLowerCase()).join(',');

function preflightHeaders(cors: PublishedCors): [string, string][] {
  const headers: [string, string][] = [];
  if (cors.allowMethods?.length) headers.push(['access-control-allow-methods', cors.allowMethods.join(',')]);
  if (cors.allowHeaders?.length) headers.push(['access-control-allow-headers', lowerList(cors.allowHeaders)]);
  if (cors.maxAge !== undefined) headers.push(['access-control-max-age', String(cors.maxAge)]);
  return headers;
}

/** `*`, `https://*`, `http://*` or whole origins. */
function compileOrigins(origins: readonly string[]): (origin: string) => boolean {
  if (origins.includes('*')) return () => true;
  const exact = new Set(origins.map((origin) => origin.toLowerCase()));
  const prefixes = [...exact].filter((origin) => origin.endsWith('*')).map((origin) => origin.slice(0, -1));
  return (origin) => {
    const lower = origin.toLowerCase();
    return exact.has(lower) || prefixes.some((prefix) => lower.startsWith(prefix));
  };
}
