// application/vnd.amazon.eventstream: the binary frames of event stream answers.
// https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
import { crc32 } from 'node:zlib';
import { ServiceError } from '#core/errors.ts';
import { writeJson } from './json.ts';
import type { Protocol, Shape, StructureShape } from './model.ts';
import { xmlWriter } from './xml.ts';

export const EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

const PRELUDE_BYTES = 12;
const CRC_BYTES = 4;
const STRING = 7;

export function encodeMessage(headers: readonly [string, string][], payload: Uint8Array): Buffer {
  const encoded: Buffer[] = [];
  for (const [name, value] of headers) {
    const nameBytes = Buffer.from(name);
    const valueBytes = Buffer.from(value);
    const head = Buffer.alloc(1 + nameBytes.length + 3);
    head.writeUInt8(nameBytes.length, 0);
    nameBytes.copy(head, 1);
    head.writeUInt8(STRING, 1 + nameBytes.length);
    head.writeUInt16BE(valueBytes.length, 2 + nameBytes.length);
    encoded.push(head, valueBytes);
  }
  const headerBytes = Buffer.concat(encoded);
  const total = PRELUDE_BYTES + headerBytes.length + payload.length + CRC_BYTES;
  const message = Buffer.alloc(total);
  message.writeUInt32BE(total, 0);
  message.writeUInt32BE(headerBytes.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headerBytes.copy(message, PRELUDE_BYTES);
  message.set(payload, PRELUDE_BYTES + headerBytes.length);
  message.writeUInt32BE(crc32(message.subarray(0, total - CRC_BYTES)), total - CRC_BYTES);
  return message;
}

const isXml = (protocol: Protocol): boolean => protocol === 'restXml';

/** The body of one event: the member marked eventPayload, else all members in the protocol's document format. */
function eventBody(shape: Shape, value: any, protocol: Protocol): { contentType?: string; bytes: Uint8Array } {
  if (shape.kind !== 'structure') return { bytes: Buffer.alloc(0) };
  const payload = shape.members.find((member) => member.traits.eventPayload);
  const inner = payload ? value[payload.name] : value;
  const body: Shape = payload ? payload.shape : shape;
  if (inner === undefined || inner === null) return { bytes: Buffer.alloc(0) };
  if (body.kind === 'blob' || body.kind === 'stream') {
    return { contentType: 'application/octet-stream', bytes: typeof inner === 'string' ? Buffer.from(inner) : inner };
  }
  if (body.kind === 'string') return { contentType: 'text/plain', bytes: Buffer.from(inner) };
  if (isXml(protocol)) {
    // S3 Select's Cont and End have nothing to say
    if (body.kind === 'structure' && body.members.length === 0) return { bytes: Buffer.alloc(0) };
    const tag = (payload?.traits.xmlName ?? (body.kind === 'structure' ? body.name : payload?.name)) || shape.name;
    return { contentType: 'text/xml', bytes: Buffer.from(`<${tag}>${xmlWriter(body)(inner)}</${tag}>`) };
  }
  const text = writeJson(body, inner, protocol === 'restJson1' ? 'json' : 'member');
  return { contentType: 'application/json', bytes: Buffer.from(text) };
}

function encodeEvent(union: StructureShape, event: Record<string, unknown>, protocol: Protocol): Buffer | undefined {
  for (const member of union.members) {
    const value = event[member.name];
    if (value === undefined || value === null) continue;
    const { contentType, bytes } = eventBody(member.shape, value, protocol);
    const isError = member.shape.kind === 'structure' && member.shape.traits.error !== undefined;
    const headers: [string, string][] = [
      [isError ? ':exception-type' : ':event-type', member.name],
      ...(contentType ? [[':content-type', contentType] as [string, string]] : []),
      [':message-type', isError ? 'exception' : 'event'],
    ];
    return encodeMessage(headers, bytes);
  }
  return undefined;
}

/** A failure after the first byte can only be told inside the stream. */
function encodeFailure(union: StructureShape, error: unknown): Buffer {
  if (!(error instanceof ServiceError)) {
    return encodeMessage(
      [
        [':error-code', 'InternalFailure'],
        [':error-message', 'An internal error occurred.'],
        [':message-type', 'error'],
      ],
      Buffer.alloc(0),
    );
  }
  const modelled = union.members.some((member) => member.name === error.code);
  const headers: [string, string][] = modelled
    ? [
        [':exception-type', error.code],
        [':content-type', 'application/json'],
        [':message-type', 'exception'],
      ]
    : [
        [':error-code', error.code],
        [':error-message', error.message],
        [':message-type', 'error'],
      ];
  return encodeMessage(headers, modelled ? Buffer.from(JSON.stringify({ message: error.message })) : Buffer.alloc(0));
}

/** In RPC protocols the operation's other output members travel first, as an event of their own. */
export async function* encodeEvents(
  union: StructureShape,
  events: AsyncIterable<Record<string, unknown>>,
  protocol: Protocol,
  initial?: { body: Uint8Array; contentType: string },
): AsyncGenerator<Uint8Array> {
  if (initial) {
    yield encodeMessage(
      [
        [':event-type', 'initial-response'],
        [':content-type', initial.contentType],
        [':message-type', 'event'],
      ],
      initial.body,
    );
  }
  try {
    for await (const event of events) {
      const message = encodeEvent(union, event, protocol);
      if (message) yield message;
    }
  } catch (error) {
    yield encodeFailure(union, error);
    if (!(error instanceof ServiceError)) throw error;
  }
}
