// Where the lanes of a stream begin. It is written down once, so that LATEST stays what it was when the mapping began.
import type { Shard, StreamPosition, StreamRecord, StreamSource } from '#kernel/stream.ts';
import type { LaneCheckpoint, StreamSettings } from './store.ts';

export function startingPosition(stream: StreamSettings): StreamPosition {
  if (stream.startingPosition !== 'AT_TIMESTAMP') return { type: stream.startingPosition };
  return { type: 'AT_TIMESTAMP', at: stream.startingTimestamp ?? 0 };
}

/** One checkpoint for each lane of each shard. */
export async function startingCheckpoints(
  source: Pick<StreamSource<StreamRecord>, 'cursor'>,
  streamArn: string,
  shards: readonly Shard[],
  position: StreamPosition,
  lanes: number,
): Promise<LaneCheckpoint[]> {
  const checkpoints: LaneCheckpoint[] = [];
  for (const { id: shardId } of shards) {
    const cursor = await source.cursor(streamArn, shardId, position);
    for (let lane = 0; lane < lanes; lane++) checkpoints.push({ shardId, lane, lanes, cursor });
  }
  return checkpoints;
}

/**
 * The checkpoints of each shard, for as many lanes as there are now. When their number has changed, all begin where the slowest
 * was: what the others had done beyond is done again, and each key's order holds.
 */
export function laneCheckpoints(before: readonly LaneCheckpoint[], lanes: number): LaneCheckpoint[] {
  const byShard = Map.groupBy(before, ({ shardId }) => shardId);
  return [...byShard.values()].flatMap((own) => {
    if (own.every((each) => each.lanes === lanes)) return own;
    const [first] = own.toSorted(bySequence);
    return first ? Array.from({ length: lanes }, (_none, lane) => ({ ...first, lane, lanes })) : [];
  });
}

/** Those that have handled nothing first, those that are at the end last. */
function bySequence(a: LaneCheckpoint, b: LaneCheckpoint): number {
  const of = ({ cursor, sequenceNumber }: LaneCheckpoint): bigint | undefined =>
    cursor === undefined ? undefined : BigInt(sequenceNumber ?? -1);
  const [left, right] = [of(a), of(b)];
  if (left === undefined) return right === undefined ? 0 : 1;
  if (right === undefined) return -1;
  return left < right ? -1 : left > right ? 1 : 0;
}
