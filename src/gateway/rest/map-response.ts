// The integration response: chosen by selection pattern, then parameters and template, then what the template overrides.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-integration-settings-integration-response.html
import type { HttpResponse } from '#core/http.ts';
import type { PublishedIntegrationResponse, PublishedRestIntegration } from '../published-rest.ts';
import { mediaType } from '../incoming.ts';
import type { SafeRegex } from '#core/safe-regex.ts';
import { compileJavaMatch, toText, type Template } from '../templates/index.ts';
import type { CompiledMethod } from './compile.ts';
import { configurationError } from './errors.ts';
import type { RestExchange } from './exchange.ts';
import type { IntegrationResponse } from './integration.ts';
import { lazyTemplate, templateVariables } from './map-request.ts';
import { compileParameterSource, type ParameterSource } from './parameter-source.ts';
import { ownHeaders } from './response-headers.ts';

export type ResponseMapping = (exchange: RestExchange, response: IntegrationResponse) => HttpResponse;

interface CompiledResponse {
  status: number;
  pattern: SafeRegex | undefined;
  headers: [name: string, source: ParameterSource][];
  templates: [contentType: string, template: Template | undefined][];
  contentHandling: PublishedIntegrationResponse['contentHandling'];
}

const HEADER = 'method.response.header.';

export function compileResponseMapping(method: CompiledMethod, integration: PublishedRestIntegration): ResponseMapping {
  const responses = Object.values(integration.integrationResponses ?? {}).map(compileResponse);
  const patterned = responses.filter(({ pattern }) => pattern);
  const standard = responses.find(({ pattern }) => !pattern);
  return (exchange, response) => {
    const found = patterned.find(({ pattern }) => pattern!.test(response.selection)) ?? standard;
    if (!found) throw configurationError('No match for output mapping and no default endpoint mapping configured');
    return mapResponse(method, found, exchange, response);
  };
}

function compileResponse(response: PublishedIntegrationResponse): CompiledResponse {
  const headers: [string, ParameterSource][] = [];
  for (const [target, source] of Object.entries(response.responseParameters ?? {})) {
    if (target.startsWith(HEADER)) headers.push([target.slice(HEADER.length), compileParameterSource(source)]);
  }
  return {
    status: Number(response.statusCode),
    // The whole text must match, as Java's matches() has it.
    pattern: response.selectionPattern ? compileJavaMatch(response.selectionPattern) : undefined,
    headers,
    templates: Object.entries(response.responseTemplates ?? {}).map(([type, source]) => [
      type,
      source ? lazyTemplate(source) : undefined,
    ]),
    contentHandling: response.contentHandling,
  };
}

function mapResponse(
  method: CompiledMethod,
  mapping: CompiledResponse,
  exchange: RestExchange,
  response: IntegrationResponse,
): HttpResponse {
  const backendType = response.headers.findLast(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const template = pickTemplate(mapping.templates, exchange.request.headers['accept']);
  const body = template?.[1]
    ? renderResponse(template[1], exchange, response)
    : handleContent(method, mapping, exchange, response, backendType);
  const headers = ownHeaders(exchange);
  headers.push(['Content-Type', (template?.[1] ? template[0] : backendType) ?? 'application/json']);
  for (const [name, source] of mapping.headers) {
    const value = source(exchange, response);
    if (value !== undefined) setHeader(headers, name, value);
  }
  let { status } = mapping;
  if (exchange.hasOverrides) {
    const { responseHeader, responseStatus } = exchange.overrides;
    for (const [name, value] of responseHeader) setHeader(headers, name, toText(value));
    const overridden = Number(toText(responseStatus ?? null));
    if (Number.isInteger(overridden) && overridden >= 100 && overridden <= 599) status = overridden;
  }
  return { status, headers, body };
}

function setHeader(headers: [string, string][], name: string, value: string): void {
  const lower = name.toLowerCase();
  const at = headers.findIndex(([known]) => known.toLowerCase() === lower);
  if (at < 0) headers.push([name, value]);
  else headers[at] = [name, value];
}

/** By the Accept header where it names one of them, else application/json, else the first. */
function pickTemplate(
  templates: CompiledResponse['templates'],
  accept: string | undefined,
): CompiledResponse['templates'][number] | undefined {
  if (templates.length <= 1) return templates[0];
  const wanted = mediaType(accept);
  return (
    templates.find(([type]) => type.toLowerCase() === wanted) ??
    templates.find(([type]) => type.toLowerCase() === 'application/json') ??
    templates[0]
  );
}

function renderResponse(template: Template, exchange: RestExchange, response: IntegrationResponse): string {
  try {
    return template.render(templateVariables(exchange, response.body.toString()));
  } catch (error) {
    throw configurationError(`Unable to transform response: ${(error as Error).message}`, error);
  }
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings-workflow.html */
function handleContent(
  method: CompiledMethod,
  { contentHandling }: CompiledResponse,
  exchange: RestExchange,
  { body }: IntegrationResponse,
  backendType: string | undefined,
): Buffer | string {
  const { isBinary } = method.variant;
  const wantsBinary = isBinary(mediaType(exchange.request.headers['accept']));
  if (contentHandling === 'CONVERT_TO_BINARY' && wantsBinary) {
    return isBinary(mediaType(backendType)) ? body : Buffer.from(body.toString(), 'base64');
  }
  if (contentHandling === 'CONVERT_TO_TEXT' && isBinary(mediaType(backendType))) {
    return Buffer.from(body).toString('base64');
  }
  return body;
}
