// Execution logs of WebSocket APIs, by the level of the route, in /aws/apigateway/{api}/{stage}.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html
import { cutLine } from '../log-sink.ts';
import type { WebSocketExchange } from './exchange.ts';

export interface LogLevel {
  level: 'ERROR' | 'INFO';
  dataTrace: boolean;
}

export class ExecutionLog {
  readonly #exchange: WebSocketExchange;
  readonly #level: LogLevel;
  readonly #lines: string[] = [];

  constructor(exchange: WebSocketExchange, level: LogLevel) {
    this.#exchange = exchange;
    this.#level = level;
  }

  started(): void {
    const { requestId, route, eventType, connection, stage, disconnect, body } = this.#exchange;
    const api = `WebSocket API [${stage.published.apiId}]`;
    this.#info(`Extended Request Id: ${requestId}`);
    if (eventType === 'CONNECT') {
      const client = `Client [UserAgent: ${connection.userAgent ?? 'null'}, SourceIp: ${connection.sourceIp}]`;
      this.#info(`${client} is connecting to ${api}.`);
    } else if (eventType === 'DISCONNECT') {
      this.#info(
        `Client [Connection Id: ${connection.id}] is disconnected from ${api}. Status code: [${disconnect?.code}]. Disconnect reason: [${disconnect?.reason}]`,
      );
    } else {
      const message = this.#level.dataTrace ? ` Message: ${body}` : '';
      this.#info(
        `${api} received message from client [Connection Id: ${connection.id}] (Request Id: ${requestId}).${message}`,
      );
    }
    this.#info(`WebSocket Request Route: [${route?.published.routeKey}]`);
  }

  sending(uri: string, body: Buffer | string): void {
    this.#data(`Endpoint request body after transformations: ${body.toString()}`);
    this.#info(`Sending request to ${uri}`);
  }

  received(status: number, body: Buffer | string): void {
    const { integrationLatencyMs = 0 } = this.#exchange;
    this.#info(`Received response. Status: ${status}, Integration latency: ${integrationLatencyMs} ms`);
    this.#data(`Endpoint response body before transformations: ${body.toString()}`);
  }

  finished(): void {
    const { error, validationError, status, integrationError, connection, eventType, stage } = this.#exchange;
    if (integrationError !== undefined) this.#error(`Execution failed due to configuration error: ${integrationError}`);
    if (validationError !== undefined) this.#error(`Request body does not match model schema: ${validationError}`);
    if (error !== undefined) this.#error(`Execution failed: ${error}. Status: ${status}`);
    else this.#info(`Successfully completed execution with status code: ${status}`);
    if (error === undefined && eventType === 'CONNECT') {
      this.#info(
        `Connection from client [Connection Id: ${connection.id}] to WebSocket API [${stage.published.apiId}] is established.`,
      );
    }
    for (const line of this.#lines) stage.facts.logs.write(stage.executionLogTarget, line);
  }

  #info(text: string): void {
    if (this.#level.level === 'INFO') this.#error(text);
  }

  #data(text: string): void {
    if (this.#level.dataTrace) this.#info(text);
  }

  #error(text: string): void {
    this.#lines.push(cutLine(`(${this.#exchange.requestId}) ${text}`));
  }
}
