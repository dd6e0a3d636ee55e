/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html */
export const WEBSOCKET_LIMITS = {
  messageBytes: 128 * 1024,
  frameBytes: 32 * 1024,
  idleMs: 10 * 60_000,
  durationMs: 2 * 3600_000,
  /** how often connections are looked at */
  sweepMs: 5_000,
  /** what a client has not read yet; AWS names the limit (LimitExceededException), not its size */
  unsentBytes: 1024 * 1024,
  /** of one client, on their way to backends; beyond them its socket is not read (ours: AWS names none) */
  messagesAtOnce: 64,
} as const;

/** Close codes of RFC 6455, section 7.4.1. */
export const CLOSE = {
  normal: 1000,
  goingAway: 1001,
  protocolError: 1002,
  unsupported: 1003,
  noStatus: 1005,
  abnormal: 1006,
  invalidText: 1007,
  tooBig: 1009,
} as const;
