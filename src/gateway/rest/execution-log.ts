// Execution logs: what happens to a request, line by line, by the method's level. TestInvokeMethod answers the same lines.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-logging.html
import type { HttpResponse } from '#core/http.ts';
import { cutLine, LINE_BYTES_MAX, type LogTarget } from '../log-sink.ts';
import { logStreamName } from '../access-log.ts';
import { mediaType } from '../incoming.ts';
import type { RestExchange } from './exchange.ts';
import type { GatewayError } from './errors.ts';
import { isFrontHeader } from './response-headers.ts';
import { DEFAULT_TYPE } from './validate-request.ts';

export interface LogLevel {
  level: 'ERROR' | 'INFO';
  dataTrace: boolean;
}

export class ExecutionLog {
  readonly lines: string[] = [];
  readonly #exchange: RestExchange;
  readonly #level: LogLevel;

  constructor(exchange: RestExchange, level: LogLevel) {
    this.#exchange = exchange;
    this.#level = level;
  }

  started(): void {
    const { requestId, request, route, query } = this.#exchange;
    this.#info(`Starting execution for request: ${requestId}`);
    this.#info(`HTTP Method: ${request.method}, Resource Path: ${route!.value.resource.path}`);
    this.#data(`Method request path: ${mapText(route!.pathParameters)}`);
    this.#data(`Method request query string: ${mapText(query)}`);
    this.#data(`Method request headers: ${mapText(pairsOf(request.rawHeaders))}`);
  }

  bodyRead(): void {
    this.#data(`Method request body before transformations: ${bodyText(this.#exchange.body)}`);
  }

  sending(uri: string, headers: readonly (readonly [string, string])[], body: Buffer | string): void {
    this.#data(`Endpoint request URI: ${uri}`);
    this.#data(`Endpoint request headers: ${mapText(headers)}`);
    this.#data(`Endpoint request body after transformations: ${bodyText(body)}`);
    this.#info(`Sending request to ${uri}`);
  }

  received(status: number, headers: readonly (readonly [string, string])[], body: Buffer | string): void {
    const { integrationLatencyMs = 0 } = this.#exchange;
    this.#info(`Received response. Status: ${status}, Integration latency: ${integrationLatencyMs} ms`);
    this.#data(`Endpoint response headers: ${mapText(headers)}`);
    this.#data(`Endpoint response body before transformations: ${bodyText(body)}`);
  }

  failed(error: GatewayError): void {
    if (error.type !== 'BAD_REQUEST_BODY') return this.#error(error.reason ?? error.message);
    const type = mediaType(this.#exchange.request.headers['content-type']) ?? DEFAULT_TYPE;
    this.#error(`Request body does not match model schema for content type ${type}: ${error.validation}`);
  }

  completed({ status, headers, body = '' }: HttpResponse): void {
    if (!this.#exchange.error) {
      const text = typeof body === 'string' || body instanceof Uint8Array ? bodyText(body) : '[streamed]';
      this.#data(`Method response body after transformations: ${text}`);
      this.#data(`Method response headers: ${mapText(headers.filter(([name]) => !isFrontHeader(name)))}`);
      this.#info('Successfully completed execution');
    }
    if (this.#exchange.error) this.#error(`Method completed with status: ${status}`);
    else this.#info(`Method completed with status: ${status}`);
  }

  /** Sends what was gathered to the API's own log group. */
  write(): void {
    const { stage } = this.#exchange;
    for (const line of this.lines) stage.facts.logs.write(executionLogTarget(stage), line);
  }

  #info(text: string): void {
    if (this.#level.level === 'INFO') this.#error(text);
  }

  #data(text: string): void {
    if (this.#level.dataTrace) this.#info(text);
  }

  #error(text: string): void {
    this.lines.push(cutLine(`(${this.#exchange.requestId}) ${text}`));
  }
}

function executionLogTarget(stage: RestExchange['stage']): LogTarget {
  const { accountId, region, apiId } = stage.published;
  const groupName = `API-Gateway-Execution-Logs_${apiId}/${stage.name}`;
  return { accountId, region, groupName, streamName: logStreamName(apiId, stage.name), createsGroup: true };
}

/** As Java prints a map. Secrets of the request are not logged. */
function mapText(pairs: Iterable<readonly [string, string]>): string {
  return `{${[...pairs].map(([name, value]) => `${name}=${SECRET.test(name) ? masked(value) : value}`).join(', ')}}`;
}

const SECRET = /^(?:authorization|x-api-key|x-amz-security-token|cookie)$/i;
const masked = (value: string): string =>
  `${'*'.repeat(Math.max(0, Math.min(value.length, 40) - 6))}${value.slice(-6)}`;

function* pairsOf(rawHeaders: readonly string[]): Iterable<readonly [string, string]> {
  for (let i = 0; i < rawHeaders.length; i += 2) yield [rawHeaders[i]!, rawHeaders[i + 1]!];
}

const bodyText = (body: Uint8Array | string): string =>
  typeof body === 'string' ? body.slice(0, LINE_BYTES_MAX) : Buffer.from(body.subarray(0, LINE_BYTES_MAX)).toString();
