// The reference of s3-objects.ts: PUT writes a file and syncs it and its folder, GET reads it.
import { createReadStream, mkdirSync } from 'node:fs';
import { open, rename, stat } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

const folder = process.argv[2] ?? '';
mkdirSync(folder, { recursive: true });
let number = 0;

async function put(file: string, body: http.IncomingMessage): Promise<void> {
  const part = `${file}.${number++}`;
  const handle = await open(part, 'wx');
  try {
    for await (const chunk of body) await handle.write(chunk as Buffer);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
  const parent = await open(folder, 'r');
  await parent.sync().finally(() => parent.close());
}

const server = http.createServer((request, response) => {
  const file = path.join(folder, path.basename(request.url ?? ''));
  const answer = async (): Promise<void> => {
    if (request.method === 'PUT') {
      await put(file, request);
      response.end();
      return;
    }
    response.setHeader('content-length', (await stat(file)).size);
    await pipeline(createReadStream(file), response);
  };
  answer().catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
