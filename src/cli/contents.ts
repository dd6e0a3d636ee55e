// Metadata.Gatehouse on a bucket: a folder that goes into it, and the stack's outputs beside it.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { ServiceError } from '#core/errors.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Content } from './artifacts.ts';
import { once, ownCall } from './own-call.ts';
import { localUrls } from './local-urls.ts';

/** As `aws s3 sync` guesses them (Python's mimetypes). */
const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.htm': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.gif': 'image/gif',
  '.webp': 'image/webp',
  '.ico': 'image/vnd.microsoft.icon',
  '.txt': 'text/plain',
  '.xml': 'application/xml',
  '.pdf': 'application/pdf',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
};

async function putObject(platform: Platform, bucket: string, key: string, bytes: Buffer): Promise<void> {
  const options = ownCall(platform);
  const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
  try {
    const head = await platform.call('s3', 'HeadObject', { Bucket: bucket, Key: key }, options);
    if (head.ETag === etag) return;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.status !== 404) throw error;
  }
  const ContentType = TYPES[path.extname(key).toLowerCase()] ?? 'binary/octet-stream';
  const input = { Bucket: bucket, Key: key, Body: once(bytes), ContentLength: bytes.length, ContentType };
  await platform.call('s3', 'PutObject', input as never, options);
}

export async function putContents(
  platform: Platform,
  contents: readonly Content[],
  stack: { outputs: Record<string, string>; physicalIds: Record<string, string> },
): Promise<void> {
  for (const { logicalId, folder, outputs } of contents) {
    const bucket = stack.physicalIds[logicalId];
    if (bucket === undefined) continue; // its condition is false
    for (const entry of folder === undefined ? [] : readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = path.join(entry.parentPath, entry.name);
      await putObject(
        platform,
        bucket,
        path
          .relative(folder ?? '', file)
          .split(path.sep)
          .join('/'),
        readFileSync(file),
      );
    }
    if (outputs !== undefined) {
      const values = Object.entries(stack.outputs).map(([name, value]) => [name, localUrls(value, platform)]);
      await putObject(
        platform,
        bucket,
        outputs,
        Buffer.from(`${JSON.stringify(Object.fromEntries(values), null, 2)}\n`),
      );
    }
  }
}
