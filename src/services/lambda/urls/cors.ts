// CORS of function URLs: preflights are answered here, whoever may call; in other answers the configured headers replace the
// function's own. https://docs.aws.amazon.com/lambda/latest/dg/urls-configuration.html#urls-cors
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { UrlRecord } from '../store.ts';

type CorsSettings = NonNullable<UrlRecord['cors']>;

const CORS_HEADER = /^access-control-/i;

/** Undefined when the request is no preflight. */
export function answerPreflight(cors: CorsSettings, { method, headers }: HttpRequest): HttpResponse | undefined {
  const { origin } = headers;
  if (method !== 'OPTIONS' || origin === undefined || headers['access-control-request-method'] === undefined) {
    return undefined;
  }
  const allowed = originHeaders(cors, origin);
  if (allowed.length > 0) {
    addList(allowed, 'Access-Control-Allow-Methods', cors.AllowMethods);
    addList(allowed, 'Access-Control-Allow-Headers', cors.AllowHeaders);
    if (cors.MaxAge !== undefined) allowed.push(['Access-Control-Max-Age', String(cors.MaxAge)]);
  }
  return { status: 200, headers: allowed };
}

export function applyCors(cors: CorsSettings, { headers: { origin } }: HttpRequest, response: HttpResponse): void {
  response.headers = response.headers.filter(([name]) => !CORS_HEADER.test(name));
  if (origin === undefined) return;
  const allowed = originHeaders(cors, origin);
  if (allowed.length > 0) addList(allowed, 'Access-Control-Expose-Headers', cors.ExposeHeaders);
  response.headers.push(...allowed);
}

function addList(headers: [string, string][], name: string, values: readonly string[] | undefined): void {
  if (values?.length) headers.push([name, values.join(',')]);
}

/** Nothing for an origin that is not on the list. */
function originHeaders(cors: CorsSettings, origin: string): [string, string][] {
  const origins = cors.AllowOrigins ?? [];
  if (!origins.includes('*') && !origins.some((allowed) => allowed.toLowerCase() === origin.toLowerCase())) return [];
  const isOpen = origins.includes('*') && !cors.AllowCredentials;
  return [
    ['Access-Control-Allow-Origin', isOpen ? '*' : origin],
    ...(isOpen ? [] : ([['Vary', 'Origin']] as [string, string][])),
    ...(cors.AllowCredentials ? ([['Access-Control-Allow-Credentials', 'true']] as [string, string][]) : []),
  ];
}
