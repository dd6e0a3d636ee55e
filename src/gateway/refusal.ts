/**
 * An answer of the gateway's own on its way out. Thrown as often as strangers please, so it carries no stack: that would cost as
 * much as the rest of a refusal, and say nothing (`cause` keeps what went wrong inside).
 */
export class Refusal extends Error {
  constructor(message: string, cause: unknown) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(message, cause === undefined ? undefined : { cause });
    Error.stackTraceLimit = stackTraceLimit;
  }
}
