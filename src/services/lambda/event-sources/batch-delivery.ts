// How a batch of a stream gets through: retried, split, cut at the first failed record, given up.
// https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html, .../services-kinesis-batchfailurereporting.html

/** What the last invocation answered, as a failure record repeats it. */
export interface InvocationOutcome {
  requestId: string;
  executedVersion: string;
  /** absent when the function answered, but not with success */
  functionError?: string;
}

export type Attempt =
  | { type: 'succeeded' }
  /** The function did not run. */
  | { type: 'throttled' }
  /** `from` is the index of the first record that failed. No outcome: the function did not get it, and never could. */
  | { type: 'failed'; from: number; outcome?: InvocationOutcome };

export interface Discard {
  condition: 'RetryAttemptsExhausted' | 'RecordAgeExceeded';
  invokeCount: number;
  /** absent when the function never ran */
  outcome?: InvocationOutcome;
}

export interface DeliverySteps<T> {
  /** -1 = no limit */
  retriesMax: number;
  bisect: boolean;
  isTooOld(item: T): boolean;
  invoke(items: readonly T[]): Promise<Attempt>;
  /** Everything up to `last` is done; called between the parts of a batch. */
  advance(last: T): Promise<void>;
  /** Gives records up, durably. */
  discard(items: readonly T[], why: Discard): Promise<void>;
  /** Waits before the next try. */
  backOff(failures: number): Promise<void>;
  isStopped(): boolean;
}

interface Part<T> {
  items: readonly T[];
  failures: number;
  throttles: number;
  invokeCount: number;
  outcome?: InvocationOutcome;
}

/** Answers false when it was stopped before the end. Parts keep their order. */
export async function deliverBatch<T>(batch: readonly T[], steps: DeliverySteps<T>): Promise<boolean> {
  const parts: Part<T>[] = [{ items: batch, failures: 0, throttles: 0, invokeCount: 0 }];
  for (let part = parts.shift(); part; part = parts.shift()) {
    const live = await dropOld(part, steps);
    if (live.items.length === 0) continue;
    if (steps.isStopped()) return false;
    const attempt = await steps.invoke(live.items);
    if (attempt.type === 'succeeded') {
      const last = live.items.at(-1);
      if (parts.length > 0 && last !== undefined) await steps.advance(last);
      continue;
    }
    if (attempt.type === 'throttled') {
      await steps.backOff(live.throttles + 1);
      parts.unshift({ ...live, throttles: live.throttles + 1 });
      continue;
    }
    parts.unshift(...(await partsAfter(live, attempt, steps)));
  }
  return true;
}

/** Records that have become too old go, from the front. */
async function dropOld<T>(part: Part<T>, steps: DeliverySteps<T>): Promise<Part<T>> {
  const young = part.items.findIndex((item) => !steps.isTooOld(item));
  if (young === 0) return part;
  const { invokeCount, outcome } = part;
  const old = young === -1 ? part.items : part.items.slice(0, young);
  await steps.discard(old, { condition: 'RecordAgeExceeded', invokeCount, ...(outcome && { outcome }) });
  return { ...part, items: young === -1 ? [] : part.items.slice(young) };
}

/** What is to be tried next. Splitting does not count as a retry. */
async function partsAfter<T>(
  part: Part<T>,
  { from, outcome }: Extract<Attempt, { type: 'failed' }>,
  steps: DeliverySteps<T>,
): Promise<Part<T>[]> {
  const items = part.items.slice(from);
  const before = part.items[from - 1];
  if (before !== undefined) await steps.advance(before);
  // the record at the front fails for the first time when others before it have come through
  const failures = from > 0 ? 0 : part.failures;
  const invokeCount = part.invokeCount + (outcome ? 1 : 0);
  const rest = { items, failures, throttles: 0, invokeCount, ...(outcome && { outcome }) };
  if (steps.bisect && from > 0) return [rest];
  if (steps.bisect && items.length > 1) {
    const middle = Math.ceil(items.length / 2);
    return [
      { ...rest, items: items.slice(0, middle) },
      { ...rest, items: items.slice(middle) },
    ];
  }
  if (steps.retriesMax !== -1 && failures >= steps.retriesMax) {
    await steps.discard(items, { condition: 'RetryAttemptsExhausted', invokeCount, ...(outcome && { outcome }) });
    return [];
  }
  await steps.backOff(failures + 1);
  return [{ ...rest, failures: failures + 1 }];
}
