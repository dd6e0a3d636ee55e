// multipart/form-data as browsers send it: the fields before the file in memory, the file as a stream.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTForms.html
import { malformedPostRequest, maxPostPreDataLengthExceeded } from './errors.ts';

/** What S3 reads before the file. */
const FIELDS_BYTES_MAX = 20_000;
const HEAD_BYTES_MAX = 8 * 1024;

export interface FormFile {
  name: string;
  contentType?: string;
  bytes: AsyncIterable<Uint8Array>;
}

export interface Form {
  /** in order, names as sent */
  fields: [string, string][];
  file?: FormFile;
}

export function boundaryOf(contentType: string): string | undefined {
  const [, quoted, plain] = /^multipart\/form-data\s*;.*?boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType) ?? [];
  return quoted ?? plain;
}

/** Reads up to the file. What follows the file is no part of the upload, and is not looked at. */
export async function readForm(body: AsyncIterable<Uint8Array>, boundary: string): Promise<Form> {
  const pieces = new Pieces(body);
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  // The first delimiter has no line end in front of it.
  pieces.unread(Buffer.from('\r\n'));
  await collect(pieces.until(delimiter), HEAD_BYTES_MAX);
  const fields: [string, string][] = [];
  let bytes = 0;
  for (;;) {
    const ending = await pieces.take(2);
    if (ending === '--') return { fields };
    if (ending !== '\r\n') throw malformedPostRequest();
    const head = parseHead(await readHead(pieces));
    if (head.filename !== undefined || head.name.toLowerCase() === 'file') {
      const bytesOfFile = pieces.until(delimiter);
      return {
        fields,
        file: {
          name: head.filename ?? '',
          ...(head.contentType && { contentType: head.contentType }),
          bytes: bytesOfFile,
        },
      };
    }
    const value = await collect(pieces.until(delimiter), FIELDS_BYTES_MAX);
    bytes += value.length + head.name.length;
    if (bytes > FIELDS_BYTES_MAX) throw maxPostPreDataLengthExceeded(FIELDS_BYTES_MAX);
    fields.push([head.name, value.toString()]);
  }
}

/** The headers of a part, to the empty line; a part may have none. */
async function readHead(pieces: Pieces): Promise<string> {
  pieces.unread(Buffer.from('\r\n'));
  const head = await collect(pieces.until(Buffer.from('\r\n\r\n')), HEAD_BYTES_MAX);
  return head.toString();
}

function parseHead(head: string): { name: string; filename?: string; contentType?: string } {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1] ?? '';
  const name = /(?:^|[;\s])name="([^"]*)"/i.exec(disposition)?.[1];
  const filename = /(?:^|[;\s])filename="([^"]*)"/i.exec(disposition)?.[1];
  const contentType = /^content-type:\s*(.*?)\s*$/im.exec(head)?.[1];
  if (name === undefined) throw malformedPostRequest();
  // Some browsers send a whole path.
  return { name, filename: filename?.replace(/^.*[\\/]/, ''), contentType };
}

async function collect(source: AsyncIterable<Uint8Array>, bytesMax: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw maxPostPreDataLengthExceeded(FIELDS_BYTES_MAX);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Bytes of a stream up to a mark, whichever way the stream is cut. */
class Pieces {
  #source: AsyncIterator<Uint8Array>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  unread(bytes: Buffer): void {
    this.#rest = Buffer.concat([bytes, this.#rest]);
  }

  async #more(): Promise<void> {
    const next = await this.#source.next();
    if (next.done) throw malformedPostRequest();
    this.#rest = Buffer.concat([this.#rest, next.value]);
  }

  async take(count: number): Promise<string> {
    while (this.#rest.length < count) await this.#more();
    const taken = this.#rest.toString('latin1', 0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  /** The mark itself is consumed; a stream that ends without it is malformed. */
  async *until(mark: Buffer): AsyncGenerator<Uint8Array> {
    for (;;) {
      const at = this.#rest.indexOf(mark);
      if (at >= 0) {
        const found = this.#rest.subarray(0, at);
        this.#rest = this.#rest.subarray(at + mark.length);
        if (found.length > 0) yield found;
        return;
      }
      // The mark may have begun in the last bytes.
      const safe = this.#rest.length - mark.length + 1;
      if (safe > 0) {
        const passed = this.#rest.subarray(0, safe);
        this.#rest = this.#rest.subarray(safe);
        yield passed;
      }
      await this.#more();
    }
  }
}
