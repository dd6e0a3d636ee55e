// Content-Encoding aws-chunked, with signed or unsigned chunks and trailers.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
import { ServiceError } from '#core/errors.ts';
import { setOwn } from './compile.ts';

/** Above this S3 takes a chunk header or trailer line for garbage. */
const LINE_BYTES_MAX = 8 * 1024;
const TRAILER_LINES_MAX = 32;
const CHUNK_HEAD = /^([0-9a-fA-F]{1,15})(?:;chunk-signature=([0-9a-f]{64}))?$/;

/** Checks the signature that each chunk carries, in a chain (ChunkSignatures of sigv4.ts). */
export interface ChunkVerifier {
  update(bytes: Uint8Array): void;
  verifyChunk(signature: string): boolean;
  /** trailers as sent, without x-amz-trailer-signature */
  verifyTrailer(trailers: readonly (readonly [name: string, value: string])[], signature: string): boolean;
}

export interface ChunkedOptions {
  verifier?: ChunkVerifier;
  /** called once, after the last chunk */
  onTrailers?: (trailers: Readonly<Record<string, string>>) => void;
}

const invalidChunk = (): ServiceError =>
  new ServiceError('InvalidChunkSizeError', 'Only the last chunk is allowed to have a size less than 8192 bytes', 400);
const incompleteBody = (): ServiceError =>
  new ServiceError('IncompleteBody', 'The request body terminated unexpectedly', 400);
export const malformedTrailer = (): ServiceError =>
  new ServiceError(
    'MalformedTrailerError',
    'The request contained trailing data that was not well-formed or did not conform to our published schema.',
    400,
  );
const badSignature = (): ServiceError =>
  new ServiceError(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
  );

/** Pulls lines and counted bytes out of pieces of any size. */
class Pieces {
  readonly #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const { done, value } = await this.#source.next();
    if (done) return false;
    const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    return true;
  }

  /** Up to CRLF (excluded); undefined at the end of the input. */
  async line(tooLong: () => Error): Promise<string | undefined> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end > LINE_BYTES_MAX || (end < 0 && this.#rest.length > LINE_BYTES_MAX)) throw tooLong();
      if (end >= 0) {
        const line = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + 2);
        return line;
      }
      if (!(await this.#more())) {
        if (this.#rest.length > 0) throw incompleteBody();
        return undefined;
      }
    }
  }

  /** Some of the next `count` bytes, at least one. */
  async take(count: number): Promise<Buffer> {
    while (this.#rest.length === 0) if (!(await this.#more())) throw incompleteBody();
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(taken.length);
    return taken;
  }

  async crlf(): Promise<void> {
    while (this.#rest.length < 2) if (!(await this.#more())) throw incompleteBody();
    if (this.#rest[0] !== 13 || this.#rest[1] !== 10) throw incompleteBody();
    this.#rest = this.#rest.subarray(2);
  }

  async close(): Promise<void> {
    await this.#source.return?.();
  }
}

async function readTrailers(pieces: Pieces, { verifier, onTrailers }: ChunkedOptions): Promise<void> {
  const pairs: [string, string][] = [];
  let signature: string | undefined;
  for (let count = 0; ; count++) {
    if (count > TRAILER_LINES_MAX) throw malformedTrailer();
    const line = await pieces.line(malformedTrailer);
    if (line === undefined || line === '') break;
    const colon = line.indexOf(':');
    if (colon <= 0) throw malformedTrailer();
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    if (name === 'x-amz-trailer-signature') signature = value;
    else pairs.push([name, value]);
  }
  const signed = pairs.length > 0 || signature !== undefined;
  if (verifier && signed && !verifier.verifyTrailer(pairs, signature ?? '')) throw badSignature();
  const trailers: Record<string, string> = {};
  for (const [name, value] of pairs) setOwn(trailers, name, value);
  onTrailers?.(trailers);
}

/** The payload inside; refuses what is not framed as it should be. */
export async function* decodeChunked(
  source: AsyncIterable<Uint8Array>,
  options: ChunkedOptions = {},
): AsyncGenerator<Uint8Array> {
  const { verifier } = options;
  const pieces = new Pieces(source);
  try {
    for (;;) {
      const line = await pieces.line(invalidChunk);
      if (line === undefined) throw incompleteBody();
      const head = CHUNK_HEAD.exec(line);
      if (!head) throw invalidChunk();
      const size = Number.parseInt(head[1]!, 16);
      if (!Number.isSafeInteger(size)) throw invalidChunk();
      for (let left = size; left > 0;) {
        const bytes = await pieces.take(left);
        left -= bytes.length;
        verifier?.update(bytes);
        yield bytes;
      }
      if (verifier && !verifier.verifyChunk(head[2] ?? '')) throw badSignature();
      if (size === 0) break;
      await pieces.crlf();
    }
    await readTrailers(pieces, options);
  } finally {
    await pieces.close();
  }
}
