// minimumCompressionSize: answers from that size on are compressed for clients that accept it, compressed requests are
// read as what they were. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-enable-compression.html
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { HttpResponse } from '#core/http.ts';
import { GatewayError } from './errors.ts';
import type { RestExchange } from './exchange.ts';

const encoders = { gzip: promisify(zlib.gzip), deflate: promisify(zlib.deflate) };
const decoders = { gzip: promisify(zlib.gunzip), deflate: promisify(zlib.inflate) };
type Encoding = keyof typeof encoders;

/** API Gateway knows gzip, deflate and identity. */
function acceptedEncoding(header: string | undefined): Encoding | undefined {
  if (!header) return undefined;
  const offers = header.split(',').map((part) => {
    const [name = '', ...parameters] = part.split(';').map((text) => text.trim().toLowerCase());
    const quality = parameters.find((parameter) => parameter.startsWith('q='));
    return { name, quality: quality === undefined ? 1 : Number(quality.slice(2)) };
  });
  const wanted = offers
    .filter(({ name, quality }) => (name === 'gzip' || name === 'deflate' || name === '*') && quality > 0)
    .toSorted((a, b) => b.quality - a.quality)[0];
  if (!wanted) return undefined;
  return wanted.name === 'deflate' ? 'deflate' : 'gzip';
}

export async function compressAnswer(exchange: RestExchange, response: HttpResponse): Promise<void> {
  const minimum = exchange.variant.deployment.minimumCompressionSize;
  const { body } = response;
  if (minimum === undefined || body === undefined) return;
  if (typeof body !== 'string' && !(body instanceof Uint8Array)) return;
  if (Buffer.byteLength(body) < minimum || hasEncoding(response)) return;
  const encoding = acceptedEncoding(exchange.request.headers['accept-encoding']);
  if (!encoding || body.length === 0) return;
  response.body = await encoders[encoding](body);
  response.headers.push(['Content-Encoding', encoding]);
}

const hasEncoding = ({ headers }: HttpResponse): boolean =>
  headers.some(([name]) => name.toLowerCase() === 'content-encoding');

/** The body as mapping, validation and backend see it. */
export async function decompressBody(exchange: RestExchange, body: Buffer): Promise<Buffer> {
  const encoding = exchange.request.headers['content-encoding']?.toLowerCase();
  const isEnabled = exchange.variant.deployment.minimumCompressionSize !== undefined;
  if (!isEnabled || body.length === 0 || (encoding !== 'gzip' && encoding !== 'deflate')) return body;
  const maxOutputLength = exchange.stage.facts.limits.payloadBytes;
  try {
    return await decoders[encoding](body, { maxOutputLength });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw new GatewayError('REQUEST_TOO_LARGE');
    throw new GatewayError('BAD_REQUEST_BODY', { message: 'Unable to decompress the request body', cause: error });
  }
}
