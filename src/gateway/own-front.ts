// Requests to AWS's and our own names are answered by this program itself, without a socket.
import { readBody, type HttpRequest } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { BackendRequest, BackendResponse, StreamedResponse } from './http-client.ts';

const OWN_NAME = /(?:^|\.)(?:amazonaws\.com|on\.aws|cloudfront\.net|localhost)$/;

/** Without a port, such a name means this platform; with one, what listens there. */
export const isOwnName = (url: URL): boolean =>
  url.port === '' && url.hostname !== 'localhost' && OWN_NAME.test(url.hostname);

export async function askOwnFront(
  platform: Platform,
  request: BackendRequest,
  signal: AbortSignal,
): Promise<BackendResponse> {
  const { status, headers, body } = await streamOwnFront(platform, request, signal);
  return { status, headers, body: await readBody(body, request.bytesMax) };
}

export async function streamOwnFront(
  platform: Platform,
  request: BackendRequest,
  signal: AbortSignal,
): Promise<StreamedResponse> {
  const { status, headers, body = '' } = await platform.http(toHttpRequest(request, signal));
  const isWhole = typeof body === 'string' || body instanceof Uint8Array;
  return { status, headers, body: isWhole ? oneChunk(Buffer.from(body as Uint8Array)) : body };
}

function toHttpRequest({ method, url, headers, body }: BackendRequest, signal: AbortSignal): HttpRequest {
  const bytes = Buffer.from(body as Uint8Array);
  const rawHeaders = ['Host', url.host, ...headers.flat()];
  if (bytes.length) rawHeaders.push('Content-Length', String(bytes.length));
  const merged: Record<string, string> = {};
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase();
    const before = merged[name];
    merged[name] =
      before === undefined ? rawHeaders[i + 1]! : `${before}${name === 'cookie' ? '; ' : ', '}${rawHeaders[i + 1]!}`;
  }
  return {
    method,
    target: url.pathname + url.search,
    headers: merged,
    rawHeaders,
    remoteAddress: '127.0.0.1',
    remotePort: 0,
    secure: url.protocol === 'https:',
    httpVersion: '1.1',
    body: oneChunk(bytes),
    signal,
  };
}

async function* oneChunk(bytes: Buffer): AsyncIterable<Uint8Array> {
  if (bytes.length) yield bytes;
}
