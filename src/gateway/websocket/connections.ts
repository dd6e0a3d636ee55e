// Open connections by id; closes those that were silent or open for too long.
import type { Clock } from '#core/clock.ts';
import type { Connection } from './connection.ts';
import { CLOSE, WEBSOCKET_LIMITS } from './limits.ts';

export class Connections {
  readonly #clock: Clock;
  readonly #byId = new Map<string, Connection>();
  #cancelSweep: (() => void) | undefined;
  #isClosed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The program stops: nobody is told any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  find(id: string): Connection | undefined {
    return this.#byId.get(id);
  }

  add(connection: Connection): void {
    this.#byId.set(connection.id, connection);
    this.#arm();
  }

  remove(connection: Connection): void {
    this.#byId.delete(connection.id);
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelSweep?.();
    for (const connection of this.#byId.values()) {
      connection.close(CLOSE.goingAway, 'Going away');
      connection.socket?.terminate();
    }
    this.#byId.clear();
  }

  #arm(): void {
    this.#cancelSweep ??= this.#clock.at(this.#clock.now() + WEBSOCKET_LIMITS.sweepMs, () => {
      this.#cancelSweep = undefined;
      const now = this.#clock.now();
      for (const connection of this.#byId.values()) connection.closeWhenOver(now);
      if (this.#byId.size) this.#arm();
    });
  }
}
