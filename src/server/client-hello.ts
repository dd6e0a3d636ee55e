// The name that a TLS client asks for, read before the handshake begins: what versions it may speak and whether it is asked
// for a certificate depend on it, and a context chosen by node's SNICallback comes too late for both.
// RFC 8446, 4.1.2; RFC 6066, 3.

const RECORD_HANDSHAKE = 22;
const CLIENT_HELLO = 1;
const EXTENSION_SERVER_NAME = 0;
const RECORD_HEADER_BYTES = 5;

/** undefined: more bytes are needed; '': no name, or no ClientHello (the handshake itself will say so). */
export function serverNameOf(bytes: Buffer): string | undefined {
  const hello = helloOf(bytes);
  if (hello === undefined || hello === 'other') return hello === 'other' ? '' : undefined;
  try {
    return nameIn(hello);
  } catch (error) {
    if (error instanceof RangeError) return '';
    throw error;
  }
}

/** The message without its header; it may come in several records. */
function helloOf(bytes: Buffer): Buffer | 'other' | undefined {
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = 0; at + RECORD_HEADER_BYTES <= bytes.length;) {
    if (bytes[at] !== RECORD_HANDSHAKE) return 'other';
    const size = bytes.readUInt16BE(at + 3);
    const body = bytes.subarray(at + RECORD_HEADER_BYTES, at + RECORD_HEADER_BYTES + size);
    if (size === 0) return 'other';
    parts.push(body);
    length += body.length;
    at += RECORD_HEADER_BYTES + size;
    const message = parts.length === 1 ? parts[0]! : Buffer.concat(parts, length);
    if (message.length >= 4) {
      if (message[0] !== CLIENT_HELLO) return 'other';
      const wanted = 4 + message.readUIntBE(1, 3);
      if (message.length >= wanted) return message.subarray(4, wanted);
    }
  }
  return bytes.length > 0 && bytes[0] !== RECORD_HANDSHAKE ? 'other' : undefined;
}

function nameIn(hello: Buffer): string {
  let at = 2 + 32; // version and random
  at += 1 + hello.readUInt8(at); // session id
  at += 2 + hello.readUInt16BE(at); // cipher suites
  at += 1 + hello.readUInt8(at); // compression methods
  if (at + 2 > hello.length) return '';
  const end = at + 2 + hello.readUInt16BE(at);
  at += 2;
  while (at + 4 <= end) {
    const type = hello.readUInt16BE(at);
    const size = hello.readUInt16BE(at + 2);
    at += 4;
    if (type === EXTENSION_SERVER_NAME && size > 5) {
      // a list with one entry: its length, the kind of name (0), the name's length, the name
      const nameBytes = hello.readUInt16BE(at + 3);
      return hello.toString('latin1', at + 5, at + 5 + nameBytes).toLowerCase();
    }
    at += size;
  }
  return '';
}
