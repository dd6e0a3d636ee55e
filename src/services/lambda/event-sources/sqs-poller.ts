// One mapping's poller: long-polls the queue as the function's role, gathers a batch, invokes, deletes what succeeded.
// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
import type { Message } from '@aws-sdk/client-sqs';
import { parseArn } from '#core/arn.ts';
import type { CallOptions } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';
import { rolePrincipal } from '../role.ts';
import { failedItems } from './batch-response.ts';
import { Invoker } from './invoker.ts';
import { pause } from './pause.ts';
import type { Poller } from './poller.ts';
import { Scaling } from './scaling.ts';
import { queueUrlOf } from './sources.ts';
import { compileFilters, toRecord, type RecordFilter, type SqsRecord } from './sqs-event.ts';
import type { EventSourceMapping } from './store.ts';

const WAIT_SECONDS = 20;
const RECEIVE_MAX = 10;
/** the payload of a synchronous invocation; room for the envelope */
const PAYLOAD_BYTES_MAX = 6 * 1024 * 1024 - 64 * 1024;
const PAUSE_MS = { first: 1000, most: 60_000 };
const THROTTLED_MS = { first: 200, most: 10_000 };

/** The trace that has been through most functions: what recursion detection has to see. */
function traceOf(records: readonly SqsRecord[]): string | undefined {
  const traces = records.flatMap(({ attributes }) => attributes['AWSTraceHeader'] ?? []);
  return traces.sort((a, b) => visits(b) - visits(a))[0];
}

const visits = (trace: string): number =>
  Math.max(0, ...[...trace.matchAll(/[0-9a-f]{8}:(\d+)/g)].map(([, count]) => Number(count)));

interface Batch {
  records: SqsRecord[];
  /** ms since the epoch: then the first message of it is visible again */
  until: number;
}

/** As many messages at once as a payload holds. What a receive answers may be several times longer as JSON. */
function* partsOf(records: readonly SqsRecord[]): Generator<SqsRecord[]> {
  let part: SqsRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = Buffer.byteLength(JSON.stringify(record)) + 1;
    if (part.length > 0 && bytes + size > PAYLOAD_BYTES_MAX) {
      yield part;
      [part, bytes] = [[], 0];
    }
    part.push(record);
    bytes += size;
  }
  if (part.length > 0) yield part;
}

export class SqsPoller implements Poller {
  readonly #platform: Platform;
  readonly #mapping: EventSourceMapping;
  readonly #scaling: Scaling;
  readonly #matches: RecordFilter;
  readonly #url: string;
  readonly #invoker: Invoker;
  readonly #ending = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #done: Promise<void> | undefined;

  constructor(platform: Platform, mapping: EventSourceMapping) {
    this.#platform = platform;
    this.#mapping = mapping;
    this.#scaling = new Scaling(platform.clock, mapping);
    this.#invoker = new Invoker(platform, mapping);
    this.#matches = compileFilters(mapping.filters);
    this.#url = queueUrlOf(mapping.eventSourceArn);
  }

  start(): void {
    this.#done = this.#poll();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    this.#scaling.release();
    await this.#done;
  }

  async ended(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #poll(): Promise<void> {
    let failures = 0;
    while (!this.#ending.signal.aborted) {
      try {
        const batch = await this.#gather();
        failures = 0;
        if (batch.records.length === 0) this.#scaling.idle();
        for (const records of partsOf(batch.records)) await this.#dispatch({ ...batch, records });
      } catch (error) {
        if (this.#ending.signal.aborted) return;
        this.#say(`cannot be polled: ${(error as Error).message}`);
        await this.#pause(Math.min(PAUSE_MS.first * 2 ** failures++, PAUSE_MS.most));
      }
    }
  }

  #say(text: string): void {
    this.#platform.warn(`${this.#mapping.eventSourceArn} for ${this.#mapping.functionArn} ${text}`);
  }

  #pause(ms: number): Promise<void> {
    return pause(this.#platform.clock, ms, this.#ending.signal);
  }

  /** The function's role, as it is now. */
  async #options(): Promise<CallOptions> {
    const { eventSourceArn, accountId } = this.#mapping;
    const resolved = await this.#invoker.target();
    const region = parseArn(eventSourceArn)?.region ?? this.#mapping.region;
    return { as: rolePrincipal(resolved.version.role, resolved.record.name), accountId, region };
  }

  async #gather(): Promise<Batch> {
    const { clock } = this.#platform;
    const { batchSize, windowSeconds } = this.#mapping;
    const options = await this.#options();
    const visibilityMs = await this.#visibilityMs(options);
    const records: SqsRecord[] = [];
    let receivedAt = 0;
    let closes = 0;
    let bytes = 0;
    do {
      const waitMs = records.length === 0 ? WAIT_SECONDS * 1000 : closes - clock.now();
      const messages = await this.#receive(options, batchSize - records.length, Math.ceil(waitMs / 1000));
      if (messages.length === 0 && records.length === 0) break;
      if (records.length === 0) {
        receivedAt = clock.now();
        closes = receivedAt + windowSeconds * 1000;
      }
      for (const message of messages) {
        const record = toRecord(message, this.#mapping.eventSourceArn);
        records.push(record);
        bytes += Buffer.byteLength(JSON.stringify(record));
      }
    } while (
      records.length < batchSize &&
      bytes < PAYLOAD_BYTES_MAX - 1024 * 1024 &&
      clock.now() < closes &&
      !this.#ending.signal.aborted
    );
    return { records: await this.#filter(records, options), until: receivedAt + visibilityMs };
  }

  async #receive(options: CallOptions, wanted: number, waitSeconds: number): Promise<Message[]> {
    const { Messages = [] } = await this.#platform.call(
      'sqs',
      'ReceiveMessage',
      {
        QueueUrl: this.#url,
        MaxNumberOfMessages: Math.min(wanted, RECEIVE_MAX),
        WaitTimeSeconds: Math.max(0, Math.min(waitSeconds, WAIT_SECONDS)),
        MessageSystemAttributeNames: ['All'],
        MessageAttributeNames: ['All'],
      },
      { ...options, signal: this.#ending.signal },
    );
    return Messages as Message[];
  }

  async #visibilityMs(options: CallOptions): Promise<number> {
    const { Attributes = {} } = await this.#platform.call(
      'sqs',
      'GetQueueAttributes',
      { QueueUrl: this.#url, AttributeNames: ['VisibilityTimeout'] },
      options,
    );
    return Number(Attributes['VisibilityTimeout']) * 1000;
  }

  /** What no filter wants is deleted: nobody else will ask for it. */
  async #filter(records: SqsRecord[], options: CallOptions): Promise<SqsRecord[]> {
    const dropped = records.filter((record) => !this.#matches(record));
    if (dropped.length === 0) return records;
    await this.#remove(dropped, options);
    return records.filter((record) => !dropped.includes(record));
  }

  /** Waits for room, then runs the batch beside the next poll. */
  async #dispatch(batch: Batch): Promise<void> {
    this.#scaling.enter();
    const running = this.#run(batch)
      .catch((error: unknown) => {
        if (!this.#ending.signal.aborted) this.#say(`failed a batch: ${(error as Error).message}`);
      })
      .finally(() => {
        this.#scaling.leave();
        this.#running.delete(running);
      });
    this.#running.add(running);
    await this.#scaling.room();
  }

  async #run({ records, until }: Batch): Promise<void> {
    const answer = await this.#invoke(JSON.stringify({ Records: records }), until, traceOf(records));
    if (answer === undefined) return; // failed: the messages come back by their visibility timeout
    const failed = this.#mapping.responseTypes.includes('ReportBatchItemFailures')
      ? failedItems(
          answer,
          records.map(({ messageId }) => messageId),
        )
      : new Set<string>();
    if (failed === 'all') return;
    await this.#remove(
      records.filter(({ messageId }) => !failed.has(messageId)),
      await this.#options(),
    );
  }

  /** The function's answer, or undefined when it failed. A throttle is tried again until the messages are visible again. */
  async #invoke(payload: string, until: number, traceHeader: string | undefined): Promise<string | undefined> {
    const { clock } = this.#platform;
    for (let waitMs = THROTTLED_MS.first; ; waitMs = Math.min(waitMs * 2, THROTTLED_MS.most)) {
      const result = await this.#invoker.invoke(payload, traceHeader);
      if (result === 'too large') return undefined;
      if (result !== 'throttled') return result.functionError === undefined ? result.payload.toString() : undefined;
      if (clock.now() + waitMs >= until || this.#ending.signal.aborted) return undefined;
      await this.#pause(waitMs);
    }
  }

  async #remove(records: readonly SqsRecord[], options: CallOptions): Promise<void> {
    for (let n = 0; n < records.length; n += RECEIVE_MAX) {
      const Entries = records
        .slice(n, n + RECEIVE_MAX)
        .map(({ receiptHandle }, id) => ({ Id: String(id), ReceiptHandle: receiptHandle }));
      await this.#platform.call('sqs', 'DeleteMessageBatch', { QueueUrl: this.#url, Entries }, options);
    }
  }
}
