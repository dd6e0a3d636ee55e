/** A handshake that does not become a connection, or a message that no backend gets. */
export class Refused extends Error {
  readonly status: number;
  readonly headers: readonly [string, string][];

  constructor(status: number, message: string, cause?: unknown, headers: readonly [string, string][] = []) {
    super(message, cause === undefined ? undefined : { cause });
    this.status = status;
    this.headers = headers;
  }
}
