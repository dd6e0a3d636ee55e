// Signatures of the chunks of an aws-chunked body: each covers the one before it, so that none can be left out or moved.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html
import { createHash, type Hash } from 'node:crypto';
import { EMPTY_SHA256, sha256Hex } from './sigv4-canonical.ts';
import { formatScope, hexSignature, sameSignature, signingKey, type SigningScope } from './sigv4-key.ts';

export interface ChunkSignaturesSeed {
  secretAccessKey: string;
  scope: SigningScope;
  /** X-Amz-Date of the request */
  amzDate: string;
  /** the signature of the request's headers */
  signature: string;
}

export class ChunkSignatures {
  readonly #key: Buffer;
  readonly #head: string;
  #previous: string;
  #hash: Hash | undefined;

  constructor(seed: ChunkSignaturesSeed) {
    this.#key = signingKey(seed.secretAccessKey, seed.scope);
    this.#head = `${seed.amzDate}\n${formatScope(seed.scope)}\n`;
    this.#previous = seed.signature;
  }

  /** Bytes of the chunk that is being read. */
  update(bytes: Uint8Array): void {
    (this.#hash ??= createHash('sha256')).update(bytes);
  }

  /** Ends the chunk: the signature it must carry. Also for the last, empty one. */
  nextSignature(): string {
    const hash = this.#hash?.digest('hex') ?? EMPTY_SHA256;
    this.#hash = undefined;
    this.#previous = hexSignature(
      this.#key,
      `AWS4-HMAC-SHA256-PAYLOAD\n${this.#head}${this.#previous}\n${EMPTY_SHA256}\n${hash}`,
    );
    return this.#previous;
  }

  /** Ends the chunk: is `signature` (of its `chunk-signature` extension) the one it must carry? */
  verifyChunk(signature: string): boolean {
    return sameSignature(this.nextSignature(), signature);
  }

  /** The signature that `x-amz-trailer-signature` must carry; trailers in the order sent, without that one. */
  trailerSignature(trailers: readonly (readonly [name: string, value: string])[]): string {
    const text = trailers.map(([name, value]) => `${name.toLowerCase().trim()}:${value.trim()}\n`).join('');
    this.#previous = hexSignature(
      this.#key,
      `AWS4-HMAC-SHA256-TRAILER\n${this.#head}${this.#previous}\n${sha256Hex(text)}`,
    );
    return this.#previous;
  }

  verifyTrailer(trailers: readonly (readonly [name: string, value: string])[], signature: string): boolean {
    return sameSignature(this.trailerSignature(trailers), signature);
  }
}
