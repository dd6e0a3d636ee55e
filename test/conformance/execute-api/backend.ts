import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Backend {
  url: string;
  /** what the last request was */
  last: { method: string; url: string; rawHeaders: string[]; headers: http.IncomingHttpHeaders; body: Buffer };
  stop(): Promise<void>;
}

/** A plain HTTP server that remembers what it was asked. */
export async function startBackend(
  answer: (request: http.IncomingMessage, response: http.ServerResponse, body: Buffer) => void,
): Promise<Backend> {
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const { method = '', url = '', rawHeaders, headers } = request;
      backend.last = { method, url, rawHeaders, headers, body };
      answer(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const backend: Backend = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    last: undefined as never,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return backend;
}
