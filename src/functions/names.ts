// Answers DNS inside a sandbox's network namespace: AWS's names and our own lead to this machine, where the platform
// listens (runtime.md 4b); what others lead to is said by the caller. Only what resolvers of functions ask: one question, A or AAAA.
import type { RemoteInfo, Socket } from 'node:dgram';

const PLATFORM_SUFFIXES = ['amazonaws.com', 'amazonaws.com.cn', 'on.aws', 'api.aws', 'cloudfront.net', 'localhost'];
const LOOPBACK = '127.0.0.1';
/** questions of one sandbox that may wait for the outside at once */
const PENDING_MAX = 64;
const HEADER_BYTES = 12;
const TYPE_A = 1;
const CLASS_IN = 1;
const NAME_ERROR = 3;
const FORMAT_ERROR = 1;
const TTL_SECONDS = 60;

export function isPlatformName(name: string): boolean {
  const lower = name.toLowerCase();
  return PLATFORM_SUFFIXES.some((suffix) => lower === suffix || lower.endsWith(`.${suffix}`));
}

interface Question {
  name: string;
  type: number;
  /** offset behind the question */
  end: number;
}

export function parseQuestion(query: Buffer): Question | undefined {
  if (query.length < HEADER_BYTES || query.readUInt16BE(4) !== 1) return undefined;
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (;;) {
    const length = query[at];
    if (length === undefined || length > 63) return undefined;
    at += 1;
    if (length === 0) break;
    labels.push(query.toString('latin1', at, at + length));
    at += length;
  }
  if (at + 4 > query.length || query.readUInt16BE(at + 2) !== CLASS_IN) return undefined;
  return { name: labels.join('.'), type: query.readUInt16BE(at), end: at + 4 };
}

/** Finds the address of a name that is not ours. */
export type Resolve = (name: string) => Promise<string | undefined>;

/** The answer to one query; undefined for what is no query at all. */
export async function answerQuery(query: Buffer, resolve: Resolve): Promise<Buffer | undefined> {
  if (query.length < HEADER_BYTES || query.readUInt8(2) & 0x80) return undefined;
  const question = parseQuestion(query);
  if (!question) return reply(query, HEADER_BYTES, FORMAT_ERROR, 0);
  const address = isPlatformName(question.name) ? LOOPBACK : await resolve(question.name.toLowerCase());
  if (address === undefined) return reply(query, question.end, NAME_ERROR, 0);
  // a name that exists without an address of this type: an empty answer
  if (question.type !== TYPE_A) return reply(query, question.end, 0, 0);
  return Buffer.concat([reply(query, question.end, 0, 1), addressRecord(address)]);
}

function addressRecord(address: string): Buffer {
  const bytes = address.split('.').map(Number);
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 | HEADER_BYTES, 0);
  record.writeUInt16BE(TYPE_A, 2);
  record.writeUInt16BE(CLASS_IN, 4);
  record.writeUInt32BE(TTL_SECONDS, 6);
  record.writeUInt16BE(bytes.length, 10);
  record.set(bytes, 12);
  return record;
}

function reply(query: Buffer, end: number, code: number, answers: number): Buffer {
  const head = Buffer.from(query.subarray(0, end));
  const recursionDesired = head.readUInt8(2) & 0x01;
  head.writeUInt8(0x84 | recursionDesired, 2);
  head.writeUInt8(0x80 | code, 3);
  head.writeUInt16BE(end === HEADER_BYTES ? 0 : 1, 4);
  head.writeUInt16BE(answers, 6);
  head.writeUInt32BE(0, 8);
  return head;
}

export function serveNames(socket: Socket, resolve: Resolve): void {
  let pending = 0;
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    // resolvers ask again
    if (pending >= PENDING_MAX) return;
    pending += 1;
    void answerQuery(query, resolve)
      .then((answer) => answer && socket.send(answer, from.port, from.address, () => {}))
      .catch(() => {})
      .finally(() => (pending -= 1));
  });
  socket.on('error', () => {});
}
