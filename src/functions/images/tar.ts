// Reads a tar archive as a stream: the POSIX formats (ustar, pax) and GNU's, which is what image tools write.
import { TAR_HEADER_BYTES_MAX } from './limits.ts';
import { ImageRefused } from './refused.ts';

export type EntryKind = 'file' | 'folder' | 'symbolic link' | 'hard link' | 'other';

export interface TarEntry {
  path: string;
  kind: EntryKind;
  mode: number;
  bytes: number;
  modifiedSeconds: number;
  /** of links */
  target: string;
  /** of files; what is not read is skipped */
  content: AsyncIterable<Buffer>;
}

const BLOCK_BYTES = 512;
const KINDS: Record<string, EntryKind> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '5': 'folder',
  '2': 'symbolic link',
  '1': 'hard link',
};
/** headers that say something about the next entry: pax, pax for all, GNU's long name and long link target */
const PAX = 'x';
const PAX_GLOBAL = 'g';
const GNU_NAME = 'L';
const GNU_TARGET = 'K';
const SPARSE = 'S';

interface Extended {
  path?: string;
  linkpath?: string;
  size?: string;
  mtime?: string;
  'GNU.sparse.major'?: string;
}

export async function* readTar(source: AsyncIterable<Uint8Array>): AsyncGenerator<TarEntry> {
  const reader = new BlockReader(source);
  let global: Extended = {};
  let next: Extended = {};
  for (;;) {
    const header = await reader.read(BLOCK_BYTES);
    if (!header || header.every((byte) => byte === 0)) break;
    checkSum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const bytes = next.size === undefined ? readNumber(header, 124, 12) : Number(next.size);
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw damaged('a size that is none');
    if (type === PAX || type === PAX_GLOBAL || type === GNU_NAME || type === GNU_TARGET) {
      const text = await readHeaderText(reader, bytes);
      if (type === PAX) next = { ...next, ...parsePax(text) };
      else if (type === PAX_GLOBAL) global = { ...global, ...parsePax(text) };
      else next = { ...next, [type === GNU_NAME ? 'path' : 'linkpath']: text.toString().replace(/\0.*$/s, '') };
      continue;
    }
    const said = { ...global, ...next };
    next = {};
    if (type === SPARSE || said['GNU.sparse.major'] !== undefined) throw new ImageRefused('sparse files in a layer');
    const body = reader.body(bytes);
    yield {
      path: said.path ?? headerPath(header),
      kind: KINDS[type] ?? 'other',
      mode: readNumber(header, 100, 8),
      bytes,
      modifiedSeconds: said.mtime === undefined ? readNumber(header, 136, 12) : Number(said.mtime),
      target: said.linkpath ?? readText(header, 157, 100),
      content: body.chunks,
    };
    await body.skip();
  }
  // a digest of the source covers what follows the end mark too
  await reader.drain();
}

const damaged = (what: string): ImageRefused => new ImageRefused(`no tar archive, or a damaged one: ${what}`);

async function readHeaderText(reader: BlockReader, bytes: number): Promise<Buffer> {
  if (bytes > TAR_HEADER_BYTES_MAX) throw damaged('an extended header that is none');
  const padded = Math.ceil(bytes / BLOCK_BYTES) * BLOCK_BYTES;
  const block = bytes === 0 ? Buffer.alloc(0) : await reader.read(padded);
  if (!block) throw damaged('an extended header that is none');
  return block.subarray(0, bytes);
}

/** Records of the form `LENGTH KEY=VALUE\n`, the length in bytes and counting itself. */
function parsePax(text: Buffer): Extended {
  const found: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    const space = text.indexOf(0x20, at);
    const length = Number(text.toString('latin1', at, space));
    const equals = text.indexOf(0x3d, space);
    if (space < 0 || equals < 0 || !(length > 0) || at + length > text.length)
      throw damaged('an extended header that is none');
    found[text.toString('latin1', space + 1, equals)] = text.toString('utf8', equals + 1, at + length - 1);
    at += length;
  }
  return found;
}

/** The sum of all bytes, with its own field taken as spaces. */
function checkSum(header: Buffer): void {
  let sum = 0;
  for (const [index, byte] of header.entries()) sum += index >= 148 && index < 156 ? 0x20 : byte;
  if (sum !== readNumber(header, 148, 8)) throw damaged('a header that is none');
}

function headerPath(header: Buffer): string {
  const name = readText(header, 0, 100);
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? readText(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function readText(header: Buffer, start: number, length: number): string {
  const end = header.indexOf(0, start);
  return header.toString('utf8', start, end < 0 ? start + length : Math.min(end, start + length));
}

/** Octal digits, or GNU's base 256 when the first bit is set. */
function readNumber(header: Buffer, start: number, length: number): number {
  if (((header[start] ?? 0) & 0x80) === 0) {
    const digits = header
      .toString('latin1', start, start + length)
      .replace(/[\0 ]+$/, '')
      .trim();
    return digits === '' ? 0 : Number.parseInt(digits, 8);
  }
  let value = BigInt((header[start] ?? 0) & 0x7f);
  for (const byte of header.subarray(start + 1, start + length)) value = value * 256n + BigInt(byte);
  return Number(value);
}

/** Cuts a stream into the pieces that a tar is made of. */
class BlockReader {
  #source: AsyncIterator<Uint8Array>;
  #left: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Undefined at the end; throws when the end comes in the middle. */
  async read(bytes: number): Promise<Buffer | undefined> {
    const parts: Buffer[] = [];
    let missing = bytes;
    while (missing > 0) {
      const part = await this.#take(missing);
      if (!part) {
        if (missing === bytes) return undefined;
        throw damaged('it breaks off');
      }
      parts.push(part);
      missing -= part.length;
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts);
  }

  /** The content of one entry; `skip` goes to the block after it, whatever was read. */
  body(bytes: number): { chunks: AsyncIterable<Buffer>; skip: () => Promise<void> } {
    let missing = bytes;
    const take = async (): Promise<Buffer | undefined> => {
      if (missing === 0) return undefined;
      const part = await this.#take(missing);
      if (!part) throw damaged('it breaks off');
      missing -= part.length;
      return part;
    };
    async function* chunks(): AsyncGenerator<Buffer> {
      for (let part = await take(); part; part = await take()) yield part;
    }
    const skip = async (): Promise<void> => {
      while (await take());
      const padding = (BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES;
      if (padding > 0) await this.read(padding);
    };
    return { chunks: chunks(), skip };
  }

  async drain(): Promise<void> {
    this.#left = Buffer.alloc(0);
    while (!(await this.#source.next()).done);
  }

  async #take(bytesMax: number): Promise<Buffer | undefined> {
    while (this.#left.length === 0) {
      const { value, done } = await this.#source.next();
      if (done) return undefined;
      this.#left = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
    }
    const part = this.#left.subarray(0, bytesMax);
    this.#left = this.#left.subarray(part.length);
    return part;
  }
}
