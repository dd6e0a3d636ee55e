import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '#core/errors.ts';
import { decodeChunked, type ChunkVerifier } from './chunked.ts';
import { ChunkSignatures } from './sigv4.ts';

async function* split(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length]!;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function decode(
  body: Buffer,
  sizes: readonly number[],
  verifier?: ChunkVerifier,
): Promise<{ text: string; trailers: object }> {
  const parts: Uint8Array[] = [];
  let trailers = {};
  const options = { ...(verifier && { verifier }), onTrailers: (found: object) => void (trailers = found) };
  for await (const part of decodeChunked(split(body, sizes), options)) parts.push(part);
  return { text: Buffer.concat(parts).toString('latin1'), trailers };
}

const frame = (chunks: readonly string[], trailer = ''): Buffer =>
  Buffer.from(
    `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n${trailer}\r\n`,
    'latin1',
  );

const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
const latin1 = fc.string({
  unit: fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 50,
});

test('whatever the pieces it arrives in, the payload is the same', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(latin1, { maxLength: 6 }), sizes, async (chunks, pieces) => {
      const { text, trailers } = await decode(frame(chunks, 'x-amz-checksum-crc32: AAAAAA==\r\n'), pieces);
      assert.equal(text, chunks.join(''));
      assert.deepEqual(trailers, { 'x-amz-checksum-crc32': 'AAAAAA==' });
    }),
    { numRuns: 200 },
  );
});

test('a body cut anywhere before its last chunk is IncompleteBody', async () => {
  const body = frame(['hello', 'world']);
  const lastChunk = body.lastIndexOf('0\r\n');
  for (let end = 0; end < lastChunk + 3; end++) {
    await assert.rejects(decode(body.subarray(0, end), [3]), (error: ServiceError) => error.code === 'IncompleteBody');
  }
});

const seed = {
  secretAccessKey: 'secret',
  scope: { date: '20260101', region: 'us-east-1', service: 's3' },
  amzDate: '20260101T000000Z',
  signature: 'a'.repeat(64),
};
function signedBody(chunks: readonly string[], trailers: readonly [string, string][]): string {
  const signatures = new ChunkSignatures(seed);
  let body = '';
  for (const chunk of [...chunks, '']) {
    signatures.update(Buffer.from(chunk));
    body += `${chunk.length.toString(16)};chunk-signature=${signatures.nextSignature()}\r\n`;
    if (chunk) body += `${chunk}\r\n`;
  }
  for (const [name, value] of trailers) body += `${name}:${value}\r\n`;
  if (trailers.length > 0) body += `x-amz-trailer-signature:${signatures.trailerSignature(trailers)}\r\n`;
  return `${body}\r\n`;
}

test('signed chunks and a signed trailer; any change is SignatureDoesNotMatch', async () => {
  const body = signedBody(['hello', 'world'], [['x-amz-checksum-crc32', 'AAAAAA==']]);
  const check = (text: string): Promise<{ text: string }> => decode(Buffer.from(text), [7], new ChunkSignatures(seed));
  assert.equal((await check(body)).text, 'helloworld');
  for (const changed of [
    body.replace('world', 'w0rld'),
    body.replace('AAAAAA==', 'BAAAAA=='),
    body.replace(/;chunk-signature=[0-9a-f]+/, ''),
    body.replace(/x-amz-trailer-signature:.*\r\n/, ''),
    `5;chunk-signature=${'0'.repeat(64)}\r\nhello\r\n${body}`,
  ]) {
    await assert.rejects(check(changed), (error: ServiceError) => error.code === 'SignatureDoesNotMatch');
  }
});
