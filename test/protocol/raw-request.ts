// Requests as bytes, for what no SDK would send.
import { once } from 'node:events';
import http from 'node:http';

export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: string;
  bytes: Buffer;
}

export interface RawRequest {
  method?: string;
  path?: string;
  headers?: Record<string, string>;
  body?: string | Uint8Array;
}

/** Credentials that start mode takes for what they say. */
export const signedFor = (service: string, key = 'test'): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=${key}/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
  'x-amz-date': '20260101T000000Z',
});

export async function send(endpoint: string, request: RawRequest): Promise<RawAnswer> {
  const { method = 'POST', path = '/', headers = {}, body } = request;
  const url = new URL(endpoint);
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  const outgoing = http.request({
    host: url.hostname,
    port: url.port,
    method,
    path,
    // node frames the body of a GET only when told its length
    headers: { ...(length > 0 && { 'content-length': String(length) }), ...headers },
    agent: false,
  });
  outgoing.end(body);
  const [response] = (await once(outgoing, 'response')) as [http.IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  return {
    status: response.statusCode!,
    headers: response.headers as Record<string, string>,
    body: bytes.toString('utf8'),
    bytes,
  };
}
