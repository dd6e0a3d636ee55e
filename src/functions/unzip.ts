// Unpacks a deployment package that somebody uploaded: nothing leaves the target folder, no bomb fills the disk.
import { createWriteStream } from 'node:fs';
import { mkdir, symlink } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, open, type ZipFile } from 'yauzl';
import { ServiceError } from '#core/errors.ts';
import { CODE_BYTES_MAX, CODE_FILES_MAX } from './limits.ts';
import { badZip, codeTooLarge } from './package-errors.ts';
import { requireInside } from './package-links.ts';

const SYMLINK_BYTES_MAX = 4096;
const MODE_TYPE = 0o170000;
const MODE_SYMLINK = 0o120000;
const MODE_ANY_EXECUTE = 0o111;

/** Answers the number of bytes written. The target folder must be new. */
export async function unzip(file: string, target: string, bytesMax: number = CODE_BYTES_MAX): Promise<number> {
  const zip = await openZip(file);
  const links = new Map<string, string>();
  let bytes = 0;
  let files = 0;
  try {
    for await (const entry of entriesOf(zip)) {
      if (++files > CODE_FILES_MAX) throw codeTooLarge();
      const path = safePath(entry.fileName);
      if (path === undefined) continue;
      const mode = entry.externalFileAttributes >>> 16;
      if (entry.fileName.endsWith('/')) await mkdir(join(target, path), { recursive: true });
      else if ((mode & MODE_TYPE) === MODE_SYMLINK) links.set(path, await readLink(zip, entry));
      else bytes += await writeEntry(zip, entry, join(target, path), mode, bytesMax - bytes);
    }
    // last, so that no entry can be written through one
    requireInside(links);
    for (const [path, to] of links) await makeLink(join(target, path), to);
    return bytes;
  } catch (error) {
    throw error instanceof ServiceError ? error : badZip(error);
  } finally {
    zip.close();
  }
}

function openZip(file: string): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    open(file, { lazyEntries: true, autoClose: false, strictFileNames: false }, (error, zip) => {
      if (error || !zip) reject(badZip(error));
      else resolve(zip);
    });
  });
}

async function* entriesOf(zip: ZipFile): AsyncGenerator<Entry> {
  for (;;) {
    const entry = await new Promise<Entry | undefined>((resolve, reject) => {
      const settle = (next?: Entry): void => {
        zip.removeAllListeners('entry').removeAllListeners('end').removeAllListeners('error');
        resolve(next);
      };
      zip.once('entry', settle);
      zip.once('end', () => settle());
      zip.once('error', reject);
      zip.readEntry();
    });
    if (!entry) return;
    yield entry;
  }
}

/** The path below the target; undefined for the root itself. Throws where it would lead out. */
export function safePath(name: string): string | undefined {
  const slashed = name.replaceAll('\\', '/');
  if (slashed.startsWith('/') || /^[a-z]:/i.test(slashed) || slashed.includes('\0')) throw badZip();
  if (slashed.split('/').includes('..')) throw badZip();
  const path = posix.normalize(slashed).replace(/\/+$/, '');
  return path === '.' || path === '' ? undefined : path;
}

function openEntry(zip: ZipFile, entry: Entry): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    zip.openReadStream(entry, (error, stream) => (error || !stream ? reject(error) : resolve(stream)));
  });
}

async function writeEntry(zip: ZipFile, entry: Entry, file: string, mode: number, bytesLeft: number): Promise<number> {
  if (entry.uncompressedSize > bytesLeft) throw codeTooLarge();
  await mkdir(dirname(file), { recursive: true });
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      bytes += chunk.length;
      callback(bytes > bytesLeft ? codeTooLarge() : null, chunk);
    },
  });
  // AWS keeps the archive's modes, and code that others may not read fails there; here it only keeps being executable
  const permissions = mode & MODE_ANY_EXECUTE ? 0o755 : 0o644;
  await pipeline(await openEntry(zip, entry), counted, createWriteStream(file, { flags: 'w', mode: permissions }));
  return bytes;
}

async function readLink(zip: ZipFile, entry: Entry): Promise<string> {
  if (entry.uncompressedSize > SYMLINK_BYTES_MAX) throw badZip();
  let to = '';
  for await (const chunk of await openEntry(zip, entry)) to += String(chunk);
  return to;
}

async function makeLink(path: string, to: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await symlink(to, path);
}
