// HTTP to backends. AWS's names and our own lead back to this platform, as inside functions.
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import https from 'node:https';
import { isIP } from 'node:net';
import tls from 'node:tls';
import { http } from '#core/builtin-http.ts';
import { readBody } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import { askOwnFront, isOwnName, streamOwnFront } from './own-front.ts';
import { within } from './timeout.ts';

export interface BackendRequest {
  method: string;
  url: URL;
  headers: [string, string][];
  body: Buffer | string;
  timeoutMs: number;
  bytesMax: number;
  tls?: BackendTls | undefined;
}

export interface BackendTls {
  insecureSkipVerification?: boolean;
  serverNameToVerify?: string;
  /** PEM: shown to backends that ask for one */
  clientCertificate?: { certificate: string; privateKey: string };
}

export interface BackendResponse {
  status: number;
  headers: [string, string][];
  body: Buffer;
}

const SOCKETS_PER_HOST = 256;

export interface StreamedResponse {
  status: number;
  headers: [string, string][];
  body: AsyncIterable<Uint8Array>;
}

export class HttpClient {
  readonly #platform: Platform;
  readonly #http = new http.Agent({ keepAlive: true, maxSockets: SOCKETS_PER_HOST });
  readonly #https = new https.Agent({ keepAlive: true, maxSockets: SOCKETS_PER_HOST });

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  close(): void {
    this.#http.destroy();
    this.#https.destroy();
  }

  /** Rejects with what node:http says, with TimedOut or a TimeoutError. Redirects are answers like any other. */
  async send(request: BackendRequest): Promise<BackendResponse> {
    const signal = AbortSignal.timeout(request.timeoutMs);
    if (isOwnName(request.url)) return within(askOwnFront(this.#platform, request, signal), request.timeoutMs);
    const { status, headers, body } = await this.#ask(request, signal);
    return { status, headers, body: await readBody(body, request.bytesMax) };
  }

  /** Resolves with the head of the answer; the body comes as the backend sends it, within the time of the request. */
  stream(request: BackendRequest): Promise<StreamedResponse> {
    const signal = AbortSignal.timeout(request.timeoutMs);
    if (isOwnName(request.url)) return within(streamOwnFront(this.#platform, request, signal), request.timeoutMs);
    return this.#ask(request, signal);
  }

  #ask(request: BackendRequest, signal: AbortSignal): Promise<StreamedResponse> {
    return new Promise((resolve, reject) => {
      const outgoing = this.#open(request, signal);
      // "101 Switching Protocols" would else be neither an answer nor an error
      outgoing.once('upgrade', (_incoming, socket) => {
        socket.destroy();
        reject(new Error('the backend wants to switch protocols'));
      });
      outgoing.on('error', (error) => reject(signal.aborted ? (signal.reason as Error) : error));
      outgoing.once('response', (incoming) => {
        const headers: [string, string][] = [];
        for (let i = 0; i < incoming.rawHeaders.length; i += 2) {
          headers.push([incoming.rawHeaders[i]!, incoming.rawHeaders[i + 1]!]);
        }
        resolve({ status: incoming.statusCode ?? 502, headers, body: wholeBody(incoming, signal) });
      });
      outgoing.end(request.body);
    });
  }

  #open(request: BackendRequest, signal: AbortSignal): ClientRequest {
    const { url } = request;
    const options: https.RequestOptions = {
      method: request.method,
      host: url.hostname,
      port: url.port,
      path: url.pathname + url.search,
      setHost: false,
      headers: flatten(request),
      signal,
    };
    if (url.protocol !== 'https:') return http.request({ ...options, agent: this.#http });
    const { insecureSkipVerification, serverNameToVerify, clientCertificate } = request.tls ?? {};
    const outgoing = https.request({
      ...options,
      agent: this.#https,
      // addresses are not named in a handshake (RFC 6066, 3)
      servername: serverNameToVerify ?? (isIP(url.hostname) ? '' : url.hostname),
      rejectUnauthorized: insecureSkipVerification !== true,
      ...(clientCertificate && { cert: clientCertificate.certificate, key: clientCertificate.privateKey }),
    });
    if (insecureSkipVerification)
      outgoing.once('socket', (socket) => checkLoosely(socket as tls.TLSSocket, url.hostname));
    return outgoing;
  }
}

/** A body whose end is the connection's looks whole when time has ended it. */
async function* wholeBody(incoming: IncomingMessage, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    yield* incoming as AsyncIterable<Uint8Array>;
  } catch (error) {
    throw signal.aborted ? (signal.reason as Error) : error;
  }
  if (signal.aborted) throw signal.reason as Error;
}

/**
 * `insecureSkipVerification` spares a backend a known authority alone: its name and its dates still count.
 * https://docs.aws.amazon.com/apigateway/latest/api/API_TlsConfig.html
 */
function checkLoosely(socket: tls.TLSSocket, hostname: string): void {
  socket.once('secureConnect', () => {
    const certificate = socket.getPeerCertificate();
    const now = Date.now();
    const isCurrent = Date.parse(certificate.valid_from) <= now && now <= Date.parse(certificate.valid_to);
    const refusal = isCurrent
      ? tls.checkServerIdentity(hostname, certificate)
      : new Error(`the certificate of ${hostname} is not valid now`);
    if (refusal) socket.destroy(refusal);
  });
}

function flatten(request: BackendRequest): OutgoingHttpHeaders {
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of request.headers) {
    const known = headers[name];
    headers[name] = known === undefined ? value : [known, value].flat();
  }
  headers['Host'] = request.url.host;
  const length = Buffer.byteLength(request.body);
  if (length > 0 || !['GET', 'HEAD', 'DELETE', 'OPTIONS'].includes(request.method)) {
    headers['Content-Length'] = String(length);
  }
  return headers;
}
