// What functions write, on its way to CloudWatch Logs: gathered per stream, in the function's own name.
import { ServiceError } from '#core/errors.ts';
import type { FunctionSnapshot } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';
import { rolePrincipal } from './role.ts';

const GATHER_MS = 200;
const GATHER_BYTES = 256 * 1024;
/** What waits for a store that does not keep up; beyond it lines are dropped, and the stream says how many. */
const WAITING_BYTES_MAX = 8 * 1024 * 1024;
const EVENTS_MAX = 10_000;

interface Line {
  timestamp: number;
  message: string;
}
interface Stream {
  snapshot: FunctionSnapshot;
  name: string;
  lines: Line[];
  bytes: number;
  dropped: number;
  timer?: NodeJS.Timeout | undefined;
  writing?: Promise<void> | undefined;
}

export class LogWriter {
  readonly #platform: Platform;
  readonly #streams = new Map<string, Stream>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  add = (snapshot: FunctionSnapshot, name: string, lines: readonly Line[]): void => {
    const key = `${snapshot.arn} ${name}`;
    let stream = this.#streams.get(key);
    if (!stream) this.#streams.set(key, (stream = { snapshot, name, lines: [], bytes: 0, dropped: 0 }));
    for (const line of lines) {
      if (stream.bytes > WAITING_BYTES_MAX) stream.dropped++;
      else {
        stream.lines.push(line);
        stream.bytes += line.message.length;
      }
    }
    const current = stream;
    if (stream.bytes >= GATHER_BYTES) void this.#flush(key, current);
    else stream.timer ??= setTimeout(() => void this.#flush(key, current), GATHER_MS);
  };

  async #flush(key: string, stream: Stream): Promise<void> {
    clearTimeout(stream.timer);
    stream.timer = undefined;
    if (stream.writing) return stream.writing;
    stream.writing = this.#write(stream);
    await stream.writing;
    stream.writing = undefined;
    if (stream.lines.length > 0) stream.timer ??= setTimeout(() => void this.#flush(key, stream), GATHER_MS);
    else if (!stream.timer) this.#streams.delete(key);
  }

  async #write(stream: Stream): Promise<void> {
    const { snapshot, name } = stream;
    const lines = stream.lines.splice(0, EVENTS_MAX);
    stream.bytes = stream.lines.reduce((sum, line) => sum + line.message.length, 0);
    if (stream.dropped > 0) {
      lines.push({
        timestamp: this.#platform.clock.now(),
        message: `${stream.dropped} lines were dropped: the function wrote faster than they could be stored\n`,
      });
      stream.dropped = 0;
    }
    lines.sort((a, b) => a.timestamp - b.timestamp);
    if (lines.length === 0) return;
    const { accountId, region, logging } = snapshot;
    const options = { as: rolePrincipal(snapshot.roleArn, snapshot.name), accountId, region };
    const { call } = this.#platform;
    const names = { logGroupName: logging.group, logStreamName: name };
    const put = (): Promise<unknown> => call('logs', 'PutLogEvents', { ...names, logEvents: lines }, options);
    try {
      await put();
    } catch (error) {
      if (!(error instanceof ServiceError) || error.code !== 'ResourceNotFoundException')
        return this.#lost(snapshot, error);
      try {
        await ignoreExisting(call('logs', 'CreateLogGroup', { logGroupName: logging.group }, options));
        await ignoreExisting(call('logs', 'CreateLogStream', names, options));
        await put();
      } catch (again) {
        this.#lost(snapshot, again);
      }
    }
  }

  /** As on AWS: a role that may not write logs has none. The person who runs us is told once. */
  #lost(snapshot: FunctionSnapshot, error: unknown): void {
    if (!this.#platform.signal.aborted)
      this.#platform.warn(`the log of ${snapshot.name} is lost: ${(error as Error).message}`);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#streams].map(([key, stream]) => this.#flush(key, stream)));
  }
}

async function ignoreExisting(made: Promise<unknown>): Promise<void> {
  try {
    await made;
  } catch (error) {
    if (!(error instanceof ServiceError) || error.code !== 'ResourceAlreadyExistsException') throw error;
  }
}
