/** What brings a mapping's records to its function. */
export interface Poller {
  start(): void;
  /** No further batch is begun. Resolves when another poller of the same mapping may start. */
  stop(): Promise<void>;
  /** After `stop`: resolves when the batches that still ran have ended. */
  ended(): Promise<void>;
}
