/** One HTTP request as every front sees it, whichever listener read it (node:http, the fast path, TLS, a sandbox's listener). */
export interface HttpRequest {
  method: string;
  /** path and query exactly as sent, still percent-encoded */
  target: string;
  /** lower-case names; repeated headers joined by ', ' except cookie ('; ') — node:http's rules */
  headers: Readonly<Record<string, string>>;
  /** name, value, name, value … as sent */
  rawHeaders: readonly string[];
  /** the client's IP address as the connection shows it */
  remoteAddress: string;
  remotePort: number;
  secure: boolean;
  httpVersion: string;
  /** The body as it comes; may be read once. */
  body: AsyncIterable<Uint8Array>;
  /** Aborted when the client is gone. */
  signal: AbortSignal;
  /** Set where the connection came through the TLS port. */
  peer?: TlsPeer | undefined;
  /** Set when the request came through a function sandbox's own listener: that function's ARN. */
  sandboxFunctionArn?: string;
}

/** What the handshake of a connection to the TLS port said of its client. */
export interface TlsPeer {
  /** the name that the client asked for, lower case; empty when it named none */
  serverName: string;
  /** set where a truststore was asked for and covers what the client showed */
  clientCertificate?: ClientCertificate;
}

/** A client's certificate, in the words of API Gateway's events. */
export interface ClientCertificate {
  clientCertPem: string;
  subjectDN: string;
  issuerDN: string;
  serialNumber: string;
  validity: { notBefore: string; notAfter: string };
}

export interface HttpResponse {
  status: number;
  /** [name, value] in the order they are to be sent; the same name may occur more than once */
  headers: [string, string][];
  /** absent = empty; an iterable is streamed */
  body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Called if the client went away or the body failed before its end. */
  onAbort?: () => void;
}

export class BodyTooLarge extends Error {}

/** A body that was in memory before anybody asked for it. */
export class WholeBody implements AsyncIterable<Uint8Array> {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    if (this.bytes.length > 0) yield this.bytes;
  }
}

/** Collects a body of at most `bytesMax` bytes, else throws BodyTooLarge. In-process answers may be bytes already. */
export async function readBody(body: AsyncIterable<Uint8Array> | Uint8Array, bytesMax: number): Promise<Buffer> {
  if (body instanceof WholeBody) body = body.bytes;
  if (body instanceof Uint8Array) {
    if (body.length > bytesMax) throw new BodyTooLarge(`body exceeds ${bytesMax} bytes`);
    return Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new BodyTooLarge(`body exceeds ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  const only = chunks[0];
  if (chunks.length === 1 && only) return Buffer.from(only.buffer, only.byteOffset, only.byteLength);
  return Buffer.concat(chunks, bytes);
}
