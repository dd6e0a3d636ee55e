/** What AWS would answer. Anything else that is thrown is our own bug and is answered as InternalFailure. */
export class ServiceError extends Error {
  /** The error's shape name or query code, as clients switch on it: `ResourceNotFoundException`, `NoSuchKey`. */
  readonly code: string;
  /** HTTP status. */
  readonly status: number;
  readonly fault: 'client' | 'server';
  /** Further modelled members of the error shape (Type, Reason, retryAfterSeconds, Resource…), written beside the message. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** Headers of the answer that are no members of the error shape (ETag of a 304, Allow of a 405), in order. */
  readonly headers: readonly (readonly [string, string])[];

  constructor(
    code: string,
    message: string,
    status = 400,
    options: {
      fields?: Record<string, unknown>;
      headers?: readonly (readonly [string, string])[];
      cause?: unknown;
    } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = code;
    this.code = code;
    this.status = status;
    this.fault = status >= 500 ? 'server' : 'client';
    this.fields = options.fields ?? {};
    this.headers = options.headers ?? [];
  }
}
