// The log stream of one sandbox: whole lines in order, held for a moment so that the receiver stores them together.
import type { FunctionSnapshot, SandboxPoolOptions } from './contract.ts';
import { LOG_BYTES_MAX, LOG_EVENT_BYTES_MAX, LOG_FLUSH_MS, LOG_TAIL_BYTES } from './limits.ts';

export interface LogLine {
  timestamp: number;
  message: string;
}

const NEWLINE = 10;

/** `2026/11/21/[$LATEST]0123…`: the day, the version, 32 hex digits */
export function logStreamName(version: string, nowMs: number, hex: string): string {
  return `${new Date(nowMs).toISOString().slice(0, 10).replaceAll('-', '/')}/[${version}]${hex}`;
}

export class LogStream {
  readonly name: string;
  #snapshot: FunctionSnapshot;
  #receive: SandboxPoolOptions['log'];
  #lines: LogLine[] = [];
  #isTimed = false;
  /** output without its newline yet */
  #partial: Buffer[] = [];
  #partialBytes = 0;
  #tail: string[] | undefined;
  #invocationBytes = 0;

  constructor(name: string, snapshot: FunctionSnapshot, receive: SandboxPoolOptions['log']) {
    this.name = name;
    this.#snapshot = snapshot;
    this.#receive = receive;
  }

  /** Begins to keep the end of the log for Invoke's LogResult, and to count anew what may be logged. */
  beginInvocation(withTail: boolean): void {
    this.#invocationBytes = 0;
    if (withTail) this.#tail ??= [];
    else this.#tail = undefined;
  }

  /** Keeps the tail from the start of initialisation on. */
  keepTail(): void {
    this.#tail = [];
  }

  takeTail(): string {
    const text = this.#tail?.join('') ?? '';
    this.#tail = undefined;
    const bytes = Buffer.from(text);
    return bytes.length <= LOG_TAIL_BYTES ? text : bytes.subarray(bytes.length - LOG_TAIL_BYTES).toString();
  }

  /** One record of the function; may span lines. */
  record(text: string): void {
    this.#flushPartial();
    this.#add(text);
  }

  /** A line of Lambda itself: START, REPORT…; never dropped. */
  platform(text: string): void {
    this.#flushPartial();
    this.#push(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Bytes from standard output: a log event per line. */
  output(bytes: Buffer): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#partial.push(bytes.subarray(start, end));
      this.#flushPartial();
      start = end + 1;
    }
    if (start === bytes.length) return;
    this.#partial.push(Buffer.from(bytes.subarray(start)));
    this.#partialBytes += bytes.length - start;
    if (this.#partialBytes >= LOG_EVENT_BYTES_MAX) this.#flushPartial();
  }

  /** Bytes from what extensions write. */
  extensionOutput(bytes: Buffer): void {
    this.output(bytes);
  }

  /** Hands everything to the receiver. */
  flush(): void {
    this.#flushPartial();
    if (this.#lines.length === 0) return;
    const lines = this.#lines;
    this.#lines = [];
    this.#receive(this.#snapshot, this.name, lines);
  }

  #flushLate(): void {
    this.#isTimed = false;
    this.flush();
  }

  #flushPartial(): void {
    if (this.#partial.length === 0) return;
    const text = Buffer.concat(this.#partial).toString();
    this.#partial = [];
    this.#partialBytes = 0;
    this.#add(text);
  }

  #add(text: string): void {
    const before = this.#invocationBytes;
    if (before > LOG_BYTES_MAX) return;
    this.#invocationBytes = before + text.length;
    if (this.#invocationBytes > LOG_BYTES_MAX) {
      return this.#push(`[gatehouse] this invocation logged more than ${LOG_BYTES_MAX} bytes; the rest is dropped\n`);
    }
    for (let at = 0; at === 0 || at < text.length; at += LOG_EVENT_BYTES_MAX) {
      this.#push(`${text.slice(at, at + LOG_EVENT_BYTES_MAX)}\n`);
    }
  }

  #push(message: string): void {
    this.#lines.push({ timestamp: Date.now(), message });
    if (this.#tail) {
      this.#tail.push(message);
      if (this.#tail.length > 2 * LOG_TAIL_BYTES) this.#tail.splice(0, LOG_TAIL_BYTES);
    }
    // left alone by the flush after each invocation: a timer costs more than a look that finds nothing
    if (this.#isTimed) return;
    this.#isTimed = true;
    setTimeout(() => this.#flushLate(), LOG_FLUSH_MS).unref();
  }
}
