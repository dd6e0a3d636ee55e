// The platform's end of a sandbox's channel. The other end is untrusted: a frame that is too long or of an unknown type
// ends the conversation, and nothing is allocated from a length alone.
import { writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { FRAME, HEADER_BYTES, writeHeader } from './frames.ts';
import { RESPONSE_BYTES_MAX } from './limits.ts';

const FRAME_BYTES_MAX = RESPONSE_BYTES_MAX + 64 * 1024;
const FROM_SANDBOX: ReadonlySet<number> = new Set([
  FRAME.BOOTED,
  FRAME.READY,
  FRAME.RESULT,
  FRAME.ERROR,
  FRAME.STREAM_HEAD,
  FRAME.STREAM_CHUNK,
  FRAME.STREAM_END,
  FRAME.LOG,
  FRAME.INIT_ERROR,
  FRAME.OUTPUT,
  FRAME.FATAL,
  FRAME.CODE_CACHE,
]);

export interface ChannelEvents {
  /** `payload` is only valid during the call unless copied */
  frame: (type: number, sequence: number, payload: Buffer) => void;
  /** the other end broke the protocol; the channel is closed */
  violation: (what: string) => void;
  /** nothing more will come */
  end: () => void;
}

/** Frames are put together here when they fit: one buffer for all channels, since writing is synchronous. */
const shared = Buffer.allocUnsafeSlow(64 * 1024);

export class Channel {
  #socket: Socket;
  #events: ChannelEvents;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #neededBytes = HEADER_BYTES;
  #ended = false;

  constructor(socket: Socket, events: ChannelEvents) {
    this.#socket = socket;
    this.#events = events;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('error', () => {});
    socket.on('close', () => this.#end());
    socket.on('end', () => this.#end());
    socket.resume();
  }

  /** Sends one frame; parts are text or bytes. */
  send(type: number, sequence: number, parts: (string | Uint8Array)[]): void {
    let bytes = 0;
    for (const part of parts) bytes += typeof part === 'string' ? Buffer.byteLength(part) : part.length;
    const frame = HEADER_BYTES + bytes <= shared.length ? shared : Buffer.allocUnsafe(HEADER_BYTES + bytes);
    writeHeader(frame, bytes, type, sequence);
    let at = HEADER_BYTES;
    for (const part of parts) {
      if (typeof part === 'string') at += frame.write(part, at);
      else {
        frame.set(part, at);
        at += part.length;
      }
    }
    this.#write(frame.subarray(0, at));
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  /** Straight into the kernel when nothing waits before it; the rest, if any, through the stream. */
  #write(frame: Buffer): void {
    const fd = descriptorOf(this.#socket);
    let sent = 0;
    if (fd !== undefined && this.#socket.writableLength === 0) {
      try {
        sent = writeSync(fd, frame);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return this.close();
      }
    }
    if (sent < frame.length) this.#socket.write(Buffer.from(frame.subarray(sent)));
  }

  #take(chunk: Buffer): void {
    if (this.#heldBytes > 0) {
      this.#held.push(chunk);
      this.#heldBytes += chunk.length;
      if (this.#heldBytes < this.#neededBytes) return;
      chunk = Buffer.concat(this.#held, this.#heldBytes);
      this.#held = [];
      this.#heldBytes = 0;
    }
    let at = 0;
    while (!this.#ended) {
      const left = chunk.length - at;
      if (left < HEADER_BYTES) return this.#hold(chunk, at, HEADER_BYTES);
      const payloadBytes = chunk.readUInt32LE(at);
      const type = chunk[at + 4] ?? 0;
      if (!FROM_SANDBOX.has(type)) return this.#violate(`a frame of unknown type ${type}`);
      if (payloadBytes > FRAME_BYTES_MAX) return this.#violate(`a frame of ${payloadBytes} bytes`);
      const end = at + HEADER_BYTES + payloadBytes;
      if (end > chunk.length) return this.#hold(chunk, at, HEADER_BYTES + payloadBytes);
      this.#events.frame(type, chunk.readUIntLE(at + 5, 3), chunk.subarray(at + HEADER_BYTES, end));
      at = end;
    }
  }

  #hold(chunk: Buffer, at: number, neededBytes: number): void {
    this.#neededBytes = neededBytes;
    if (at === chunk.length) return;
    this.#held.push(chunk.subarray(at));
    this.#heldBytes = chunk.length - at;
  }

  #violate(what: string): void {
    this.#events.violation(what);
    this.#end();
    this.close();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#held = [];
    this.#events.end();
  }
}

/** Node's own handle knows its descriptor on Linux and macOS; undocumented, hence only here and with a fallback. */
function descriptorOf(socket: Socket): number | undefined {
  const fd = (socket as Socket & { _handle?: { fd?: number } })._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}
