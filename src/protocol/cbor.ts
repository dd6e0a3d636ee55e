// RFC 8949 as far as AWS's CBOR protocols use it. Values: numbers, bigint (beyond 2^53), strings, bytes, booleans, null,
// arrays, plain objects; tag 1 (time) becomes a Date, unknown tags are looked through.
import { setOwn } from './compile.ts';
import { wrongSyntax } from './malformed.ts';

const DEPTH_MAX = 128;
const BREAK = Symbol('break');

export interface CborOptions {
  /** AWS's older CBOR counts times in ms */
  timesInMs?: boolean;
}

class Decoder {
  readonly #bytes: Buffer;
  readonly #timeFactor: number;
  #at = 0;

  constructor(bytes: Buffer, options: CborOptions) {
    this.#bytes = bytes;
    this.#timeFactor = options.timesInMs ? 1 : 1000;
  }

  document(): unknown {
    const value = this.#value(0);
    if (value === BREAK) wrongSyntax('CBOR: unexpected break');
    if (this.#at !== this.#bytes.length) wrongSyntax('CBOR: bytes after the end of the value');
    return value;
  }

  #need(count: number): number {
    const from = this.#at;
    if (count > this.#bytes.length - from) wrongSyntax('CBOR: unexpected end of input');
    this.#at = from + count;
    return from;
  }

  /** The argument of a head; -1 for indefinite length. */
  #argument(info: number): number | bigint {
    if (info < 24) return info;
    if (info === 24) return this.#bytes.readUInt8(this.#need(1));
    if (info === 25) return this.#bytes.readUInt16BE(this.#need(2));
    if (info === 26) return this.#bytes.readUInt32BE(this.#need(4));
    if (info === 27) {
      const big = this.#bytes.readBigUInt64BE(this.#need(8));
      return big <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(big) : big;
    }
    if (info === 31) return -1;
    return wrongSyntax('CBOR: reserved length');
  }

  #length(info: number): number {
    const length = this.#argument(info);
    if (typeof length === 'bigint' || length > this.#bytes.length)
      return wrongSyntax('CBOR: length beyond the end of input');
    return length;
  }

  #value(depth: number): unknown {
    if (depth > DEPTH_MAX) wrongSyntax(`CBOR: nested deeper than ${DEPTH_MAX}`);
    const head = this.#bytes.readUInt8(this.#need(1));
    const info = head & 31;
    switch (head >> 5) {
      case 0:
        return this.#integer(info);
      case 1: {
        const value = this.#integer(info);
        return typeof value === 'bigint' ? -1n - value : -1 - value;
      }
      case 2:
        return this.#bytesOf(info, 2);
      case 3:
        return this.#bytesOf(info, 3).toString('utf8');
      case 4:
        return this.#array(info, depth);
      case 5:
        return this.#map(info, depth);
      case 6:
        return this.#tagged(this.#argument(info), depth);
      default:
        return this.#simple(info);
    }
  }

  #integer(info: number): number | bigint {
    if (info === 31) wrongSyntax('CBOR: integer of indefinite length');
    return this.#argument(info);
  }

  #bytesOf(info: number, major: number): Buffer {
    const length = this.#length(info);
    if (length >= 0) {
      const from = this.#need(length);
      return this.#bytes.subarray(from, from + length);
    }
    const parts: Buffer[] = [];
    for (;;) {
      const head = this.#bytes.readUInt8(this.#need(1));
      if (head === 0xff) return Buffer.concat(parts);
      if (head >> 5 !== major || (head & 31) === 31) wrongSyntax('CBOR: wrong chunk in a string');
      parts.push(this.#bytesOf(head & 31, major));
    }
  }

  #array(info: number, depth: number): unknown[] {
    const length = this.#length(info);
    const out: unknown[] = [];
    while (length < 0 || out.length < length) {
      const value = this.#value(depth + 1);
      if (value === BREAK) {
        if (length >= 0) wrongSyntax('CBOR: unexpected break');
        break;
      }
      out.push(value);
    }
    return out;
  }

  #map(info: number, depth: number): Record<string, unknown> {
    const length = this.#length(info);
    const out: Record<string, unknown> = {};
    for (let i = 0; length < 0 || i < length; i++) {
      const key = this.#value(depth + 1);
      if (key === BREAK && length < 0) break;
      if (typeof key !== 'string') wrongSyntax('CBOR: map key is not a text string');
      const value = this.#value(depth + 1);
      if (value === BREAK) wrongSyntax('CBOR: unexpected break');
      setOwn(out, key as string, value);
    }
    return out;
  }

  #tagged(tag: number | bigint, depth: number): unknown {
    const value = this.#value(depth + 1);
    if (value === BREAK) wrongSyntax('CBOR: unexpected break');
    if (tag !== 1) return value;
    const time = new Date(Math.round(Number(value) * this.#timeFactor));
    return Number.isNaN(time.getTime()) ? wrongSyntax('CBOR: timestamp is not a number') : time;
  }

  #simple(info: number): unknown {
    switch (info) {
      case 20:
        return false;
      case 21:
        return true;
      case 22:
      case 23:
        return null;
      case 25:
        return halfToNumber(this.#bytes.readUInt16BE(this.#need(2)));
      case 26:
        return this.#bytes.readFloatBE(this.#need(4));
      case 27:
        return this.#bytes.readDoubleBE(this.#need(8));
      case 31:
        return BREAK;
      default:
        return wrongSyntax('CBOR: unknown simple value');
    }
  }
}

function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

export function decodeCbor(bytes: Uint8Array, options: CborOptions = {}): unknown {
  return new Decoder(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), options).document();
}

class Encoder {
  #buffer = Buffer.allocUnsafe(1024);
  #at = 0;
  readonly #timesInMs: boolean;

  constructor(options: CborOptions) {
    this.#timesInMs = options.timesInMs === true;
  }

  result(): Buffer {
    return this.#buffer.subarray(0, this.#at);
  }

  #byte(value: number): void {
    const at = this.#grow(1);
    this.#buffer[at] = value;
  }

  /** Where the next `count` bytes go. Replaces the buffer: take it up again afterwards. */
  #grow(count: number): number {
    const at = this.#at;
    if (at + count > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, at + count));
      this.#buffer.copy(larger, 0, 0, at);
      this.#buffer = larger;
    }
    this.#at = at + count;
    return at;
  }

  #head(major: number, value: number | bigint): void {
    const base = major << 5;
    if (typeof value === 'bigint' || value > 0xffffffff) {
      const at = this.#grow(9);
      this.#buffer[at] = base | 27;
      this.#buffer.writeBigUInt64BE(BigInt(value), at + 1);
    } else if (value < 24) this.#byte(base | value);
    else if (value < 0x100) {
      const at = this.#grow(2);
      this.#buffer[at] = base | 24;
      this.#buffer[at + 1] = value;
    } else if (value < 0x10000) {
      const at = this.#grow(3);
      this.#buffer[at] = base | 25;
      this.#buffer.writeUInt16BE(value, at + 1);
    } else {
      const at = this.#grow(5);
      this.#buffer[at] = base | 26;
      this.#buffer.writeUInt32BE(value, at + 1);
    }
  }

  #double(value: number): void {
    const at = this.#grow(9);
    this.#buffer[at] = 0xfb;
    this.#buffer.writeDoubleBE(value, at + 1);
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) this.#double(value);
    else if (value < 0) this.#head(1, -1 - value);
    else this.#head(0, value);
  }

  write(value: any): void {
    if (typeof value === 'string') {
      const length = Buffer.byteLength(value);
      this.#head(3, length);
      const at = this.#grow(length);
      this.#buffer.write(value, at, 'utf8');
    } else if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'bigint') this.#head(value < 0n ? 1 : 0, value < 0n ? -1n - value : value);
    else if (typeof value === 'boolean') this.#byte(value ? 0xf5 : 0xf4);
    else if (value === null || value === undefined) this.#byte(0xf6);
    else if (value instanceof Uint8Array) {
      this.#head(2, value.length);
      const at = this.#grow(value.length);
      this.#buffer.set(value, at);
    } else if (value instanceof Date) {
      this.#head(6, 1);
      if (this.#timesInMs) this.#number(value.getTime());
      else this.#number(value.getTime() / 1000);
    } else if (Array.isArray(value)) {
      this.#head(4, value.length);
      for (const item of value) this.write(item);
    } else {
      const keys = Object.keys(value);
      this.#head(5, keys.length);
      for (const key of keys) {
        this.write(key);
        this.write(value[key]);
      }
    }
  }
}

export function encodeCbor(value: unknown, options: CborOptions = {}): Buffer {
  const encoder = new Encoder(options);
  encoder.write(value);
  return encoder.result();
}
