// Open connections by id; closes those that were silent or open for too long.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html
import type { Clock } from '#core/clock.ts';
import type { Connection } from './connection.ts';

export const WEBSOCKET_LIMITS = {
  messageBytes: 128 * 1024,
  idleMs: 10 * 60_000,
  durationMs: 2 * 3600_000,
  /** how often connections are looked at */
  sweepMs: 5_000,
} as const;

/** Close codes of RFC 6455. */
const GOING_AWAY = 1001;

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

  get size(): number {
    return this.#byId.size;
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
    for (const { socket } of this.#byId.values()) socket?.terminate();
    this.#byId.clear();
  }

  #arm(): void {
    this.#cancelSweep ??= this.#clock.at(this.#clock.now() + WEBSOCKET_LIMITS.sweepMs, () => {
      this.#cancelSweep = undefined;
      this.#sweep();
      if (this.#byId.size) this.#arm();
    });
  }

  #sweep(): void {
    const now = this.#clock.now();
    for (const { socket, lastActiveAt, connectedAt } of this.#byId.values()) {
      const isOver = now - lastActiveAt >= WEBSOCKET_LIMITS.idleMs || now - connectedAt >= WEBSOCKET_LIMITS.durationMs;
      if (isOver) socket?.close(GOING_AWAY, 'Going away');
    }
  }
}
