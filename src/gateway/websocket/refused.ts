/** $context.error.responseType */
export type ErrorType =
  | 'ACCESS_DENIED'
  | 'API_CONFIGURATION_ERROR'
  | 'AUTHORIZER_FAILURE'
  | 'BAD_REQUEST_BODY'
  | 'BAD_REQUEST_PARAMETERS'
  | 'INTEGRATION_FAILURE'
  | 'INTEGRATION_TIMEOUT'
  | 'INVALID_API_KEY'
  | 'INVALID_SIGNATURE'
  | 'MISSING_AUTHENTICATION_TOKEN'
  | 'QUOTA_EXCEEDED'
  | 'RESOURCE_NOT_FOUND'
  | 'THROTTLED'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED_MEDIA_TYPE';

interface Details {
  cause?: unknown;
  headers?: readonly [string, string][];
  /** what is wrong with a body, for the logs */
  validation?: string;
}

/** A handshake that does not become a connection, or a message that no backend gets. */
export class Refused extends Error {
  readonly status: number;
  readonly type: ErrorType;
  readonly headers: readonly [string, string][];
  readonly validation: string | undefined;

  constructor(status: number, type: ErrorType, message: string, details: Details = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.status = status;
    this.type = type;
    this.headers = details.headers ?? [];
    this.validation = details.validation;
  }
}

export const forbidden = (type: ErrorType): Refused => new Refused(403, type, 'Forbidden');
export const unauthorized = (): Refused => new Refused(401, 'UNAUTHORIZED', 'Unauthorized');
export const tooManyRequests = (): Refused => new Refused(429, 'THROTTLED', 'Too Many Requests');
export const configurationError = (cause: unknown): Refused =>
  new Refused(500, 'API_CONFIGURATION_ERROR', 'Internal server error', { cause });
export const malformedAnswer = (cause?: unknown): Refused =>
  new Refused(502, 'INTEGRATION_FAILURE', 'Internal server error', { cause });
export const timedOut = (cause: unknown): Refused =>
  new Refused(504, 'INTEGRATION_TIMEOUT', 'Endpoint request timed out', { cause });
