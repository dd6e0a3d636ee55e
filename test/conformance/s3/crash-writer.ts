// Writes, replaces, deletes and completes uploads until it is killed. Each line it prints is an acknowledgement:
// `put KEY MD5`, `deleting KEY`, `deleted KEY`; of a key only the last line counts.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { writeSync } from 'node:fs';
import { rootPrincipal } from '#core/principal.ts';
import { createPlatform } from '#server/create-platform.ts';
import { s3 } from '#services/s3/index.ts';

const [dataDir = '', round = ''] = process.argv.slice(2);
const WRITERS = 12;
const KEYS_PER_WRITER = 4;
const { platform } = await createPlatform({ config: { dataDir }, services: [s3] });
const accountId = '000000000000';
const at = { as: rootPrincipal(accountId), accountId, region: 'us-east-1' };
const Bucket = 'crash';
await platform.call('s3', 'CreateBucket', { Bucket }, at);

// Straight to the pipe: nothing that was said may be lost with the process.
const say = (line: string): void => void writeSync(1, `${line}\n`);
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');
const anyBytes = (): Buffer => randomBytes(randomInt(2) ? randomInt(20_000) : 150_000 + randomInt(200_000));

async function put(Key: string): Promise<void> {
  const Body = anyBytes();
  say(`putting ${Key} ${md5(Body)}`);
  await platform.call('s3', 'PutObject', { Bucket, Key, Body }, at);
  say(`put ${Key} ${md5(Body)}`);
}

async function upload(Key: string): Promise<void> {
  const Body = anyBytes();
  const { UploadId = '' } = await platform.call('s3', 'CreateMultipartUpload', { Bucket, Key }, at);
  const part = { Bucket, Key, UploadId, PartNumber: 1 };
  await platform.call('s3', 'UploadPart', { ...part, PartNumber: 2, Body: anyBytes() }, at);
  const { ETag } = await platform.call('s3', 'UploadPart', { ...part, Body }, at);
  if (randomInt(3) === 0) {
    await platform.call('s3', 'AbortMultipartUpload', { Bucket, Key, UploadId }, at);
    return;
  }
  say(`putting ${Key} ${md5(Body)}`);
  const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
  await platform.call('s3', 'CompleteMultipartUpload', { Bucket, Key, UploadId, MultipartUpload }, at);
  say(`put ${Key} ${md5(Body)}`);
}

async function remove(Key: string): Promise<void> {
  say(`deleting ${Key}`);
  await platform.call('s3', 'DeleteObject', { Bucket, Key }, at);
  say(`deleted ${Key}`);
}

async function write(writer: number): Promise<never> {
  for (let i = 0; ; i++) {
    const Key = `${round}/${writer}/${i % KEYS_PER_WRITER}`;
    const choice = randomInt(10);
    await (choice < 6 ? put(Key) : choice < 8 ? upload(Key) : remove(Key));
  }
}
say('ready');
await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
