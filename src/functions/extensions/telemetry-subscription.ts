// One subscriber: buffers its events, sends them in batches, one at a time, and says when some had to be dropped.
import { setTimeout as sleep } from 'node:timers/promises';
import { BATCHES_WAITING_MAX, DELIVERY_TRIES_MAX, DELIVERY_WAIT_MS } from './limits.ts';
import { renderEvent, type TelemetryEvent } from './telemetry-events.ts';
import type { TelemetryRequest } from './telemetry-request.ts';

/** Takes one batch; rejects when it did not arrive. */
export type Deliver = (events: readonly string[]) => Promise<void>;

const FELL_BEHIND = 'Consumer seems to have fallen behind as it has not acknowledged receipt of logs.';

export class TelemetrySubscription {
  readonly request: TelemetryRequest;
  #deliver: Deliver;
  #buffer: string[] = [];
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #waiting: string[][] = [];
  #sending: Promise<void> | undefined;
  #dropped = { records: 0, bytes: 0 };

  constructor(request: TelemetryRequest, deliver: Deliver) {
    this.request = request;
    this.#deliver = deliver;
  }

  add(event: TelemetryEvent): void {
    const text = renderEvent(event, this.request);
    if (text === undefined) return;
    const { maxItems, maxBytes, timeoutMs } = this.request.buffering;
    const bytes = Buffer.byteLength(text);
    if (this.#bytes + bytes > maxBytes) void this.flush();
    this.#buffer.push(text);
    this.#bytes += bytes;
    if (this.#buffer.length >= maxItems) void this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), timeoutMs).unref();
  }

  /** Sends what is there; resolves when all has arrived or is given up. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const batch = this.#buffer;
    this.#buffer = [];
    this.#bytes = 0;
    if (batch.length > 0) this.#enqueue(batch);
    this.#sending ??= this.#send();
    await this.#sending;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
  }

  #enqueue(batch: string[]): void {
    if (this.#waiting.length < BATCHES_WAITING_MAX) this.#waiting.push(batch);
    else this.#drop(batch);
  }

  #drop(batch: readonly string[]): void {
    this.#dropped.records += batch.length;
    for (const text of batch) this.#dropped.bytes += Buffer.byteLength(text);
  }

  async #send(): Promise<void> {
    for (let batch = this.#waiting.shift(); batch; batch = this.#waiting.shift()) {
      const told = this.#takeDropped();
      if (!(await this.#arrives(told === undefined ? batch : [told, ...batch]))) this.#drop(batch);
    }
    this.#sending = undefined;
  }

  async #arrives(batch: readonly string[]): Promise<boolean> {
    for (let tries = 1; tries <= DELIVERY_TRIES_MAX; tries++) {
      try {
        await this.#deliver(batch);
        return true;
      } catch {
        await sleep(DELIVERY_WAIT_MS * tries, undefined, { ref: false });
      }
    }
    return false;
  }

  #takeDropped(): string | undefined {
    const { records: droppedRecords, bytes: droppedBytes } = this.#dropped;
    if (droppedRecords === 0) return undefined;
    this.#dropped = { records: 0, bytes: 0 };
    const record = { reason: FELL_BEHIND, droppedRecords, droppedBytes };
    return renderEvent({ time: new Date().toISOString(), type: 'platform.logsDropped', record }, this.request);
  }
}
