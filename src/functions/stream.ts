// A streamed answer on its way from a sandbox to the caller: held back when the caller is slow.
import type { InvocationResult, InvocationStream } from './contract.ts';
import { RESPONSE_BYTES_MAX, STREAM_BUFFER_BYTES, STREAM_BYTES_MAX } from './limits.ts';
import type { StreamHead, StreamReceiver } from './outcome.ts';

/** separates the prelude from the body where a streamed answer is not streamed on (docs: lambda-urls, response streaming) */
const PRELUDE_END = Buffer.alloc(8);

/** Puts a streamed answer together for callers of the buffered Invoke. */
export class StreamBuffer implements StreamReceiver {
  #parts: Buffer[] = [];
  #bytes = 0;

  /** larger than an Invoke may answer; nothing of it is kept */
  get tooLarge(): boolean {
    return this.#bytes > RESPONSE_BYTES_MAX;
  }

  head(head: StreamHead): void {
    if (!head.prelude) return;
    this.chunk(Buffer.from(JSON.stringify(head.prelude)));
    this.chunk(PRELUDE_END);
  }

  chunk(bytes: Buffer): boolean {
    this.#bytes += bytes.length;
    if (this.tooLarge) this.#parts = [];
    else this.#parts.push(bytes);
    return true;
  }

  /** The whole answer, when there was a stream at all. */
  whole(): Buffer | undefined {
    return this.#parts.length === 0 ? undefined : Buffer.concat(this.#parts);
  }
}

export class StreamRelay implements StreamReceiver {
  readonly opened: PromiseWithResolvers<StreamHead> = Promise.withResolvers();
  readonly #completed: PromiseWithResolvers<InvocationResult> = Promise.withResolvers();
  #failed: InvocationResult | undefined;
  #began = false;
  /** lets the function go on */
  resume: () => void = () => {};
  #chunks: Buffer[] = [];
  #bytes = 0;
  #total = 0;
  #ended = false;
  #error: Error | undefined;
  #wake: () => void = () => {};

  constructor() {
    this.#completed.promise.catch(() => {}); // the body says it too; not everyone asks twice
  }

  head(head: StreamHead): void {
    this.#began = true;
    this.opened.resolve(head);
  }

  chunk(bytes: Buffer): boolean {
    this.#total += bytes.length;
    if (this.#total > STREAM_BYTES_MAX) {
      this.#fail(new Error(`Response payload size exceeded maximum allowed payload size (${STREAM_BYTES_MAX} bytes).`));
      return true;
    }
    this.#chunks.push(bytes);
    this.#bytes += bytes.length;
    this.#wake();
    return this.#bytes < STREAM_BUFFER_BYTES;
  }

  /** The invocation is over. A function that never began a stream answers with its payload in one piece. */
  end(result: InvocationResult): void {
    if (result.functionError && !this.#began) this.#failed = result;
    this.#completed.resolve(result);
    this.opened.resolve({ contentType: 'application/json' });
    if (this.#total === 0 && !result.functionError && result.payload.length > 0) this.#chunks.push(result.payload);
    if (result.functionError) this.#fail(new Error(result.payload.toString()));
    this.#ended = true;
    this.#wake();
  }

  fail(error: Error): void {
    this.opened.reject(error);
    this.#completed.reject(error);
    this.#fail(error);
  }

  toInvocationStream(head: StreamHead): InvocationStream {
    return {
      contentType: head.contentType,
      ...(head.prelude && { prelude: head.prelude }),
      body: this.#body(),
      ...(this.#failed && { failed: this.#failed }),
      completed: this.#completed.promise,
    };
  }

  async *#body(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk) {
        this.#bytes -= chunk.length;
        if (this.#bytes < STREAM_BUFFER_BYTES / 2) this.resume();
        yield chunk;
      } else if (this.#error) throw this.#error;
      else if (this.#ended) return;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #fail(error: Error): void {
    this.#error ??= error;
    this.#wake();
  }
}
