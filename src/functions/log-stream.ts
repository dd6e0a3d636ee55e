// The log stream of one sandbox: whole lines in order, held for a moment so that the receiver stores them together.
import { ApplicationLevel } from './application-level.ts';
import type { FunctionSnapshot, SandboxPoolOptions } from './contract.ts';
import type { TelemetryEvent } from './extensions/telemetry-events.ts';
import { FramedOutput } from './framed-output.ts';
import { LOG_BYTES_MAX, LOG_EVENT_BYTES_MAX, LOG_FLUSH_MS, LOG_TAIL_BYTES } from './limits.ts';

export interface LogLine {
  timestamp: number;
  message: string;
}

/** Who else hears what is said: subscribers of the Telemetry API. */
export interface TelemetrySink {
  emit(type: string, record: unknown): void;
}

type Source = 'function' | 'extension';

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
  #function = new PartialLine();
  #extension = new PartialLine();
  #level: ApplicationLevel | undefined;
  /** of Java */
  #framed: FramedOutput | undefined;
  telemetry: TelemetrySink | undefined;
  /** what was said before there was a sandbox whose extensions could hear it */
  readonly early: TelemetryEvent[] = [];
  #initialised = false;
  #tail: string[] | undefined;
  #invocationBytes = 0;

  constructor(name: string, snapshot: FunctionSnapshot, receive: SandboxPoolOptions['log']) {
    this.name = name;
    this.#snapshot = snapshot;
    this.#receive = receive;
    const { format, applicationLevel } = snapshot.logging;
    if (format === 'JSON') this.#level = new ApplicationLevel(applicationLevel);
    if (snapshot.runtime.startsWith('java')) {
      this.#framed = new FramedOutput({
        plain: (bytes) => this.#plainOutput(bytes),
        record: (text) => this.record(text),
      });
    }
  }

  /** An event of the platform for subscribers, if there are or may be some. */
  emit(type: string, record: () => object): void {
    if (this.telemetry) this.telemetry.emit(type, record());
    else if (!this.#initialised) this.early.push({ time: new Date().toISOString(), type, record: record() });
  }

  /** Nobody can subscribe any more who has not. */
  initialised(): void {
    this.#initialised = true;
    this.early.length = 0;
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
    this.#add(text, 'function');
  }

  /** A line of Lambda itself: START, REPORT…; never dropped. */
  platform(text: string): void {
    this.#flushPartial();
    this.#push(text.endsWith('\n') ? text : `${text}\n`);
  }

  /** Bytes from standard output: a log event per line. */
  output(bytes: Buffer): void {
    if (this.#framed) this.#framed.take(bytes);
    else this.#plainOutput(bytes);
  }

  #plainOutput(bytes: Buffer): void {
    this.#function.take(bytes, (line) => this.#addOutput(line, 'function'));
  }

  /** The same of extensions. */
  extensionOutput(bytes: Buffer): void {
    this.#extension.take(bytes, (line) => this.#addOutput(line, 'extension'));
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
    if (!this.#function.empty) this.#function.flush((line) => this.#addOutput(line, 'function'));
    if (!this.#extension.empty) this.#extension.flush((line) => this.#addOutput(line, 'extension'));
  }

  /** Our runtimes have chosen by level what they log; whoever writes JSON himself has not. */
  #addOutput(text: string, source: Source): void {
    if (this.#level && !this.#level.includes(text)) this.telemetry?.emit(source, text);
    else this.#add(text, source);
  }

  #add(text: string, source: Source): void {
    this.telemetry?.emit(source, text);
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

const NEWLINE = 10;

/** Output on its way to lines. */
class PartialLine {
  #parts: Buffer[] = [];
  #bytes = 0;

  get empty(): boolean {
    return this.#parts.length === 0;
  }

  take(bytes: Buffer, line: (text: string) => void): void {
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      this.#parts.push(bytes.subarray(start, end));
      this.flush(line);
      start = end + 1;
    }
    if (start === bytes.length) return;
    this.#parts.push(Buffer.from(bytes.subarray(start)));
    this.#bytes += bytes.length - start;
    if (this.#bytes >= LOG_EVENT_BYTES_MAX) this.flush(line);
  }

  flush(line: (text: string) => void): void {
    const text = Buffer.concat(this.#parts).toString();
    this.#parts = [];
    this.#bytes = 0;
    line(text);
  }
}
