// The answers that API Gateway gives itself, as the API customizes them: the type's own response, else DEFAULT_4XX or
// DEFAULT_5XX, else AWS's. Templates here know variables only, no directives.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
import type { HttpResponse } from '#core/http.ts';
import type { PublishedGatewayResponse } from '../published-rest.ts';
import { mediaType } from '../incoming.ts';
import { compileParameterSource, type ParameterSource } from './parameter-source.ts';
import { contextValue } from './context.ts';
import type { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';

interface CompiledGatewayResponse {
  status: number | undefined;
  headers: [name: string, value: ParameterSource][];
  templates: [contentType: string, template: string][];
}

export type GatewayResponses = ReadonlyMap<string, CompiledGatewayResponse>;

const HEADER = 'gatewayresponse.header.';

export function compileGatewayResponses(responses: readonly PublishedGatewayResponse[]): GatewayResponses {
  return new Map(responses.map((response) => [response.responseType, compile(response)]));
}

function compile(response: PublishedGatewayResponse): CompiledGatewayResponse {
  const headers: [string, ParameterSource][] = [];
  for (const [target, source] of Object.entries(response.responseParameters ?? {})) {
    if (target.startsWith(HEADER)) headers.push([target.slice(HEADER.length), compileParameterSource(source)]);
  }
  return {
    status: response.statusCode ? Number(response.statusCode) : undefined,
    headers,
    templates: Object.entries(response.responseTemplates ?? {}),
  };
}

export function renderGatewayResponse(exchange: RestExchange, error: GatewayError): HttpResponse {
  exchange.error = error;
  const responses = exchange.variant.gatewayResponses;
  const own = responses.get(error.type);
  const fallback = responses.get(error.status < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX');
  const found = own ?? fallback;
  const headers: [string, string][] = [
    ['x-amzn-RequestId', exchange.requestId],
    ['x-amz-apigw-id', exchange.extendedRequestId],
    ['x-amzn-ErrorType', error.errorType],
  ];
  // A type of its own may leave the status to AWS; then the default's does not count either.
  const status = found?.status ?? error.status;
  const template = found && pickTemplate(found.templates, exchange.request.headers['accept']);
  headers.push(['Content-Type', template?.[0] ?? 'application/json']);
  for (const [name, source] of found?.headers ?? []) {
    const value = source(exchange);
    if (value === undefined) continue;
    const at = headers.findIndex(([known]) => known.toLowerCase() === name.toLowerCase());
    if (at < 0) headers.push([name, value]);
    else headers[at] = [name, value];
  }
  const body = template ? substitute(template[1], exchange) : error.body;
  return { status, headers, body };
}

/** By the Accept header; application/json is the default. */
function pickTemplate(templates: [string, string][], accept: string | undefined): [string, string] | undefined {
  if (templates.length === 0) return undefined;
  const wanted = mediaType(accept);
  return (
    templates.find(([type]) => type.toLowerCase() === wanted) ??
    templates.find(([type]) => type === 'application/json') ??
    templates[0]
  );
}

const VARIABLE =
  /\$!?(?:\{(context|stageVariables|method\.request)\.([A-Za-z0-9_.-]+)\}|(context|stageVariables|method\.request)\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*))/g;

function substitute(template: string, exchange: RestExchange): string {
  return template.replace(VARIABLE, (_all, a?: string, b?: string, c?: string, d?: string) => {
    const root = a ?? c!;
    const name = b ?? d!;
    if (root === 'context') return String(contextValue(exchange, name) ?? '');
    if (root === 'stageVariables') return exchange.variant.variables[name] ?? '';
    return compileParameterSource(`method.request.${name}`)(exchange) ?? '';
  });
}
