// What a sandbox finds at AWS_LAMBDA_RUNTIME_API: the Runtime, Extensions, Telemetry and Logs APIs on one port. Most
// functions never ask there, so nothing is made before somebody connects.
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { http } from '#core/builtin-http.ts';
import { notFound } from './runtime-api-answers.ts';

type Handle = (request: IncomingMessage, response: ServerResponse, path: string) => void;

/** by the path's beginning, version and all */
export type Apis = Record<string, Handle>;

/** `Lambda-Runtime-Function-XRay-Error-Cause` alone may have 1 MB (docs: runtimes-api), and trailers count too */
const HEADER_BYTES_MAX = 2 * 1024 * 1024;
/** docs: the version and the API's name begin each path */
const ROUTE = /^(\/\d{4}-\d\d-\d\d\/[a-z]+)(?:\/(.*))?$/;

export class RuntimeApiServer {
  #apis: Apis;
  #server: Server | undefined;

  constructor(apis: Apis) {
    this.#apis = apis;
  }

  accept(socket: Socket): void {
    this.#server ??= this.#open();
    this.#server.emit('connection', socket);
  }

  #open(): Server {
    // a runtime waits for its next invocation as long as that takes
    const patience = { requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0 };
    return http.createServer({ ...patience, maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
      request.on('error', () => {});
      response.on('error', () => {});
      const [, api = '', path = ''] = ROUTE.exec(request.url?.split('?')[0] ?? '') ?? [];
      (this.#apis[api] ?? notFound)(request, response, path);
    });
  }
}
