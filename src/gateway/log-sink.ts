// Lines on their way to CloudWatch Logs: gathered for a moment, then one PutLogEvents per stream. A log that cannot be
// written costs no request: it is said once and goes on.
import { ServiceError } from '#core/errors.ts';
import { servicePrincipal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';

const FLUSH_MS = 200;
/** lines waiting for one stream; beyond them the oldest are given up */
const LINES_MAX = 10_000;
/** PutLogEvents: 10,000 events and 1 MB with 26 bytes of overhead each; larger lines than this are cut by API Gateway. */
const BATCH_LINES = 1_000;
const BATCH_BYTES = 900_000;

/** of execution logs: API Gateway cuts what is longer */
export const LINE_BYTES_MAX = 1024;

export interface LogTarget {
  accountId: string;
  region: string;
  groupName: string;
  streamName: string;
  /** API Gateway makes its own execution log groups; access log groups must be there */
  createsGroup?: boolean;
}

interface Waiting {
  target: LogTarget;
  lines: { timestamp: number; message: string }[];
  dropped: number;
}

export class LogSink {
  readonly #platform: Platform;
  readonly #waiting = new Map<string, Waiting>();
  readonly #created = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  write(target: LogTarget, message: string): void {
    const key = `${target.accountId}/${target.region}/${target.groupName}/${target.streamName}`;
    let waiting = this.#waiting.get(key);
    if (!waiting) this.#waiting.set(key, (waiting = { target, lines: [], dropped: 0 }));
    if (waiting.lines.length >= LINES_MAX) {
      waiting.dropped++;
      return;
    }
    waiting.lines.push({ timestamp: this.#platform.clock.now(), message });
    this.#timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  /** Writes what waits; resolves when it is written or given up. */
  flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#flushing = this.#flushing.then(() => this.#flushAll());
    return this.#flushing;
  }

  async #flushAll(): Promise<void> {
    const all = [...this.#waiting.entries()];
    this.#waiting.clear();
    for (const [key, waiting] of all) {
      if (waiting.dropped)
        this.#platform.warn(`${waiting.target.groupName}: ${waiting.dropped} log lines were dropped`);
      try {
        await this.#put(key, waiting);
      } catch (error) {
        this.#platform.warn(
          `API Gateway cannot write to log group ${waiting.target.groupName}: ${(error as Error).message}`,
        );
      }
    }
  }

  async #put(key: string, { target, lines }: Waiting): Promise<void> {
    if (!this.#created.has(key)) {
      await this.#createStream(target);
      this.#created.add(key);
    }
    for (const batch of batches(lines)) {
      try {
        await this.#call(target, 'PutLogEvents', { logEvents: batch });
      } catch (error) {
        // The stream may have been deleted meanwhile: made again with the next lines.
        this.#created.delete(key);
        throw error;
      }
    }
  }

  async #createStream(target: LogTarget): Promise<void> {
    try {
      await this.#call(target, 'CreateLogStream', {});
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code === 'ResourceAlreadyExistsException') return;
      if (error.code !== 'ResourceNotFoundException' || !target.createsGroup) throw error;
      const { accountId, region, groupName: logGroupName } = target;
      await this.#platform.call('logs', 'CreateLogGroup', { logGroupName }, { as, accountId, region, trusted: true });
      await this.#call(target, 'CreateLogStream', {});
    }
  }

  #call(target: LogTarget, operation: 'CreateLogStream' | 'PutLogEvents', input: object): Promise<unknown> {
    const { accountId, region, groupName: logGroupName, streamName: logStreamName } = target;
    const request = { logGroupName, logStreamName, ...input } as never;
    return this.#platform.call('logs', operation, request, { as, accountId, region, trusted: true });
  }
}

const as = servicePrincipal('apigateway.amazonaws.com');

function* batches(lines: Waiting['lines']): Iterable<Waiting['lines']> {
  let batch: Waiting['lines'] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(line.message) + 26;
    if (batch.length >= BATCH_LINES || (batch.length && bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(line);
    bytes += size;
  }
  if (batch.length) yield batch;
}

/** A line of an execution log, as long as one may be. */
export function cutLine(text: string): string {
  if (text.length * 3 <= LINE_BYTES_MAX || Buffer.byteLength(text) <= LINE_BYTES_MAX) return text;
  return `${Buffer.from(text)
    .subarray(0, LINE_BYTES_MAX - 12)
    .toString()} [TRUNCATED]`;
}
