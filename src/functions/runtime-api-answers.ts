// How the APIs inside a sandbox read requests and word answers.
import type { IncomingMessage, ServerResponse } from 'node:http';

/** The whole body, or undefined when it is larger than allowed. Not called for a body that breaks off. */
export function readBody(request: IncomingMessage, bytesMax: number, done: (body: Buffer | undefined) => void): void {
  let parts: Buffer[] = [];
  let bytes = 0;
  request.on('data', (part: Buffer) => {
    bytes += part.length;
    if (bytes <= bytesMax) parts.push(part);
    else parts = [];
  });
  request.on('end', () => done(bytes <= bytesMax ? Buffer.concat(parts, bytes) : undefined));
}

export function reply(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  body: string,
  headers: Record<string, string> = { 'Content-Type': 'application/json' },
): void {
  // what nobody wants to read must not stand before the connection's next request
  request.resume();
  response.writeHead(status, { ...(body !== '' && headers), 'Content-Length': Buffer.byteLength(body) }).end(body);
}

export const accepted = (request: IncomingMessage, response: ServerResponse): void =>
  reply(request, response, 202, '{"status":"OK"}\n');

export const notFound = (request: IncomingMessage, response: ServerResponse): void =>
  reply(request, response, 404, '404 page not found\n', { 'Content-Type': 'text/plain; charset=utf-8' });

export function refuse(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  errorType: string,
  errorMessage: string,
): void {
  reply(request, response, status, `${JSON.stringify({ errorMessage, errorType })}\n`);
}

export const tooLarge = (request: IncomingMessage, response: ServerResponse, bytesMax: number): void =>
  refuse(request, response, 413, 'RequestEntityTooLarge', `Exceeded maximum allowed payload size (${bytesMax} bytes).`);

/** Why a transition between the states of a runtime or an extension is refused. */
export const transitionRefused = (from: string, to: string, of: string): string =>
  `State transition from ${from} to ${to} failed for ${of}. Error: State transition is not allowed`;
