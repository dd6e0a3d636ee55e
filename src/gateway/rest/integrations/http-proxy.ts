import { isUtf8 } from 'node:buffer';
import type { PublishedRestIntegration } from '../../published-rest.ts';
import { mediaType } from '../../incoming.ts';
import type { CompiledMethod } from '../compile.ts';
import type { RestExchange } from '../exchange.ts';
import type { Integration } from '../integration.ts';
import { compileTargets } from '../map-request.ts';
import { ownHeaders, passedName } from '../response-headers.ts';
import { forwardedHeaders } from '../proxy-event.ts';
import { compileSender, compileStreamer } from './http.ts';

/** Hop-by-hop headers, and those that belong to the connection to us. */
const NOT_FORWARDED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'max-forwards',
  'proxy-authenticate',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The request goes to the backend and the answer back; mapped parameters replace those of the request. */
export function compileHttpProxy(method: CompiledMethod, integration: PublishedRestIntegration): Integration {
  const targets = compileTargets(integration.requestParameters);
  const isStreamed = integration.responseTransferMode === 'STREAM';
  const send = isStreamed ? compileStreamer(method, integration) : compileSender(method, integration);
  const { isBinary } = method.variant;
  return async (exchange) => {
    const mappedHeaders = read(targets.header, exchange);
    const mappedQuery = read(targets.querystring, exchange);
    const path = new Map(read(targets.path, exchange));
    const response = await send(exchange, {
      path,
      query: replace(exchange.query, mappedQuery),
      headers: replace(requestHeaders(exchange), mappedHeaders, (name) => name.toLowerCase()),
      body: exchange.body,
    });
    const headers = ownHeaders(exchange);
    let type: string | undefined;
    for (const [name, value] of response.headers) {
      if (name.toLowerCase() === 'content-type') type = value;
      const passed = passedName(name);
      if (passed) headers.push([passed, value]);
    }
    if (!(response.body instanceof Uint8Array)) return { status: response.status, headers, body: response.body };
    // What the API does not know as binary is text to it: bytes that are no UTF-8 do not survive.
    const keepsBytes = isBinary(mediaType(type)) || isUtf8(response.body);
    return { status: response.status, headers, body: keepsBytes ? response.body : response.body.toString() };
  };
}

const read = (
  targets: [string, (exchange: RestExchange) => string | undefined][],
  exchange: RestExchange,
): [string, string][] =>
  targets.flatMap(([name, source]): [string, string][] => {
    const value = source(exchange);
    return value === undefined ? [] : [[name, value]];
  });

function replace(
  pairs: readonly [string, string][],
  by: [string, string][],
  normalize: (name: string) => string = (name) => name,
): [string, string][] {
  if (by.length === 0) return [...pairs];
  const names = new Set(by.map(([name]) => normalize(name)));
  return [...pairs.filter(([name]) => !names.has(normalize(name))), ...by];
}

function requestHeaders(exchange: RestExchange): [string, string][] {
  const { rawHeaders } = exchange.request;
  const headers: [string, string][] = [];
  for (let i = 0; i < rawHeaders.length; i += 2) {
    if (!NOT_FORWARDED.has(rawHeaders[i]!.toLowerCase())) headers.push([rawHeaders[i]!, rawHeaders[i + 1]!]);
  }
  const { apiId } = exchange.stage.published;
  const added = [...forwardedHeaders(exchange), ['X-Amzn-Apigateway-Api-Id', apiId] as [string, string]];
  const sent = exchange.request.headers;
  if (sent['accept'] === undefined) added.push(['Accept', 'application/json']);
  if (sent['user-agent'] === undefined) added.push(['User-Agent', `AmazonAPIGateway_${apiId}`]);
  return [...replace(headers, added, (name) => name.toLowerCase())];
}
