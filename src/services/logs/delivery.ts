// Batches that subscription filters pass on, durable from the commit that stores them to the function's queue.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html (2026-11)
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Platform } from '#kernel/platform.ts';
import type { Work, WorkItem, WorkKind } from '#kernel/work.ts';
import type { Writer } from '#store/contract.ts';
import { eventId } from './event-id.ts';
import { extractFields, matchesPattern, parsePattern, type Pattern } from './pattern.ts';
import { findBatch, findGroup, type Batch, type LogGroup, type Place } from './store.ts';
import { invokeFunction } from './subscriptions.ts';

interface Delivery {
  at: Place;
  group: string;
  stream: string;
  filter: string;
  batch: [firstMs: number, firstSequence: number];
}

const compress = promisify(gzip);
const PATTERNS_MAX = 1000;
const patterns = new Map<string, Pattern>();

/** Parsed once: every batch asks. */
function patternOf(text: string): Pattern {
  let pattern = patterns.get(text);
  if (!pattern) {
    if (patterns.size >= PATTERNS_MAX) patterns.clear();
    patterns.set(text, (pattern = parsePattern(text)));
  }
  return pattern;
}

export function enqueueDeliveries(
  work: Work,
  tx: Writer,
  at: Place,
  group: LogGroup,
  stream: string,
  batch: Batch,
): void {
  for (const { name, pattern } of Object.values(group.subscriptions ?? {})) {
    const compiled = patternOf(pattern);
    if (!batch.events.some(([, message]) => matchesPattern(compiled, message))) continue;
    const delivery: Delivery = {
      at,
      group: group.name,
      stream,
      filter: name,
      batch: [batch.events[0]?.[0] ?? 0, batch.firstSequence],
    };
    work.enqueue(tx, 'logs:deliver', delivery);
  }
}

async function run({ payload }: WorkItem<Delivery>, platform: Platform): Promise<void> {
  const { at, group: groupName, stream, filter: filterName } = payload;
  const group = await findGroup(platform.store, at, groupName);
  const filter = group?.subscriptions?.[filterName];
  const batch = filter && (await findBatch(platform.store, at, groupName, stream, payload.batch));
  if (!filter || !batch) return; // deleted meanwhile
  const pattern = patternOf(filter.pattern);
  const logEvents = batch.events.flatMap(([timestamp, message], i) => {
    if (!matchesPattern(pattern, message)) return [];
    const id = eventId(stream, { timestamp, sequence: batch.firstSequence + i });
    const extractedFields = pattern.kind === 'fields' ? extractFields(pattern, message) : undefined;
    return [{ id, timestamp, message, ...(extractedFields && { extractedFields }) }];
  });
  const message = {
    messageType: 'DATA_MESSAGE',
    owner: at.accountId,
    logGroup: groupName,
    logStream: stream,
    subscriptionFilters: [filterName],
    logEvents,
  };
  const data = (await compress(JSON.stringify(message))).toString('base64');
  const event = JSON.stringify({ awslogs: { data } });
  await invokeFunction(platform, at, groupName, filter.destinationArn, event, 'Event');
}

const RETRY_MS = { first: 1000, most: 5 * 60_000 };

/** "If the destination service returns a retryable error, CloudWatch Logs continuously retries delivery for up to 24 hours." */
export const deliver: WorkKind<Delivery> = {
  run,
  retry: {
    attempts: 400,
    ageMsMax: 24 * 3600 * 1000,
    backoffMs: (failures) => Math.min(RETRY_MS.first * 2 ** (failures - 1), RETRY_MS.most),
  },
  dead: ({ payload }, error, platform) => {
    platform.warn(`subscription filter ${payload.filter} of ${payload.group} lost a batch: ${error.message}`);
    return Promise.resolve();
  },
};
