// Ends what was idle for longest when the machine runs out of places or of memory (runtime.md 7, pool policy).
import { totalmem } from 'node:os';
import { machineIsFull } from './concurrency.ts';
import { MEMORY_FREE_BYTES_MIN, MEMORY_FREE_SHARE_MIN } from './limits.ts';
import type { Sandbox } from './sandbox.ts';

/** sandboxes that fit into this machine at once: what one takes at rest, and the share of memory for all */
const SANDBOX_BYTES = 64 * 1024 * 1024;
const SANDBOXES_MAX = Math.max(8, Math.floor((totalmem() * 0.8) / SANDBOX_BYTES));

const FREE_BYTES_MIN = Math.min(MEMORY_FREE_BYTES_MIN, totalmem() * MEMORY_FREE_SHARE_MIN);

export interface EvictionParts {
  living: ReadonlySet<Sandbox>;
  /** those that stay even when they are idle: provisioned ones */
  keeps: (sandbox: Sandbox) => boolean;
  /** of the machine or of the control group that we are in */
  freeBytes?: () => number;
  sandboxesMax?: number;
}

export class Eviction {
  #parts: Required<EvictionParts>;

  constructor(parts: EvictionParts) {
    this.#parts = { freeBytes: () => process.availableMemory(), sandboxesMax: SANDBOXES_MAX, ...parts };
  }

  /** Makes room for one more sandbox; throws TooManyRequestsException when all are at work. */
  makeRoom(): void {
    if (this.#parts.living.size < this.#parts.sandboxesMax) return;
    if (!this.#endOldest()) throw machineIsFull();
  }

  /** One at a time: what it gives back shows by the next look. */
  relieve(): void {
    if (this.#parts.freeBytes() < FREE_BYTES_MIN) this.#endOldest();
  }

  #endOldest(): boolean {
    let oldest: Sandbox | undefined;
    for (const sandbox of this.#parts.living) {
      if ((sandbox.state !== 'idle' && sandbox.state !== 'spare') || this.#parts.keeps(sandbox)) continue;
      if (!oldest || sandbox.idleSinceMs < oldest.idleSinceMs) oldest = sandbox;
    }
    oldest?.kill();
    return oldest !== undefined;
  }
}
