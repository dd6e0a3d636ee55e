// How far a lane has come, as it is written down: durably, with the state of its open window.
import type { Store, Writer } from '#store/contract.ts';
import { findMapping, findWindow, putCheckpoint, putWindow } from './store.ts';
import type { EventSourceMapping, LaneCheckpoint, OpenWindow } from './store.ts';

export class LaneProgress {
  readonly #store: Store;
  readonly #mapping: EventSourceMapping;
  #checkpoint: LaneCheckpoint;
  #window: OpenWindow | undefined;

  constructor(store: Store, mapping: EventSourceMapping, checkpoint: LaneCheckpoint) {
    this.#store = store;
    this.#mapping = mapping;
    this.#checkpoint = checkpoint;
  }

  get cursor(): string | undefined {
    return this.#checkpoint.cursor;
  }

  get window(): OpenWindow | undefined {
    return this.#window;
  }

  async loadWindow(): Promise<void> {
    const { shardId, lane } = this.#checkpoint;
    this.#window = await findWindow(this.#store, this.#mapping, shardId, lane);
  }

  /** `last` is the last record before the cursor. A mapping that is gone meanwhile leaves nothing behind. */
  async save(
    cursor: string | undefined,
    last: string | undefined,
    window: OpenWindow | undefined,
    more?: (tx: Writer) => void,
  ): Promise<void> {
    const mapping = this.#mapping;
    if (cursor === this.cursor && window === this.#window && !more) return;
    const { cursor: _before, ...rest } = this.#checkpoint;
    const checkpoint: LaneCheckpoint = {
      ...rest,
      ...(cursor !== undefined && { cursor }),
      ...(last !== undefined && { sequenceNumber: last }),
    };
    await this.#store.transact(async (tx) => {
      if (!(await findMapping(tx, mapping, mapping.uuid))) return;
      putCheckpoint(tx, mapping, checkpoint);
      if (window !== this.#window) putWindow(tx, mapping, checkpoint.shardId, checkpoint.lane, window);
      more?.(tx);
    });
    this.#checkpoint = checkpoint;
    this.#window = window;
  }
}
