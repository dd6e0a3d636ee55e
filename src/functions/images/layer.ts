// One layer of an image: a compressed tar that adds, replaces and hides files of the layers below
// (https://github.com/opencontainers/image-spec/blob/main/layer.md).
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { posix } from 'node:path';
import { pipeline } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { IMAGE_BYTES_MAX, IMAGE_ENTRIES_MAX } from './limits.ts';
import { ImageRefused } from './refused.ts';
import type { RootFolder } from './root-folder.ts';
import { readTar } from './tar.ts';

export interface Layer {
  file: string;
  /** of the file as it lies there; absent where an archive does not say it */
  digest?: string;
  /** of the tar, uncompressed */
  diffId: string;
}

/** What all layers of an image may still unpack to. */
export interface Allowance {
  bytes: number;
  entries: number;
}

export const wholeAllowance = (): Allowance => ({ bytes: IMAGE_BYTES_MAX, entries: IMAGE_ENTRIES_MAX });

const HIDDEN = '.wh.';
const OPAQUE = '.wh..wh..opq';
const GZIP = Buffer.from([0x1f, 0x8b]);
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd]);

export async function applyLayer(root: RootFolder, layer: Layer, allowance: Allowance): Promise<void> {
  if (layer.digest !== undefined) await checkDigest(layer.file, layer.digest);
  const hash = createHash('sha256');
  const tar = decompress(layer.file, await readStart(layer.file));
  await applyTar(root, observe(tar, hash, allowance), allowance);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== layer.diffId) throw new ImageRefused(`a layer with digest ${actual} where ${layer.diffId} belongs`);
}

/** Also for an archive that is no layer but holds some: nothing is hidden in it. */
export async function applyTar(root: RootFolder, tar: AsyncIterable<Uint8Array>, allowance: Allowance): Promise<void> {
  // what this layer brought is not hidden by it, in whatever order its entries come
  const brought = new Set<string>();
  for await (const entry of readTar(tar)) {
    if (--allowance.entries < 0) throw new ImageRefused(`more than ${IMAGE_ENTRIES_MAX} files`);
    const name = posix.basename(entry.path);
    if (name.startsWith(HIDDEN)) {
      hide(root, entry.path, name, brought);
      continue;
    }
    const path = await root.place(entry);
    for (let at = path; at !== undefined && at !== '.' && !brought.has(at); at = posix.dirname(at)) brought.add(at);
  }
}

function hide(root: RootFolder, path: string, name: string, brought: ReadonlySet<string>): void {
  const marker = root.locate(path);
  const folder = posix.dirname(marker) === '.' ? '' : posix.dirname(marker);
  if (name === OPAQUE) return root.empty(folder, brought);
  // other names that begin so are a file system's own bookkeeping
  const hidden = name.slice(HIDDEN.length);
  if (hidden === '' || hidden === '.' || hidden === '..' || hidden.startsWith(HIDDEN)) return;
  root.remove(posix.join(folder, hidden), brought);
}

async function checkDigest(file: string, digest: string): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  const actual = `sha256:${hash.digest('hex')}`;
  if (actual !== digest) throw new ImageRefused(`a file with digest ${actual} in the place of ${digest}`);
}

export async function readStart(file: string): Promise<Buffer> {
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** By what the file begins with: media types are not always true. */
export function decompress(file: string, start: Buffer): AsyncIterable<Buffer> {
  const source = createReadStream(file);
  if (start.subarray(0, 2).equals(GZIP)) return pipeline(source, createGunzip(), () => {});
  if (start.equals(ZSTD)) return pipeline(source, createZstdDecompress(), () => {});
  return source;
}

async function* observe(
  source: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
  allowance: Allowance,
): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    allowance.bytes -= chunk.length;
    if (allowance.bytes < 0) throw new ImageRefused(`more than ${IMAGE_BYTES_MAX} bytes unpacked`);
    hash.update(chunk);
    yield chunk;
  }
}
