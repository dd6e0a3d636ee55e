import { Refusal } from '../refusal.ts';

/** What HTTP APIs answer themselves: `{"message":"…"}` and a status, always the same words. */
export class HttpApiError extends Refusal {
  readonly status: number;
  /** for $context.error and the access log, never for the client */
  readonly reason: string | undefined;
  readonly headers: readonly [string, string][];

  constructor(
    status: number,
    message: string,
    options: { reason?: string; cause?: unknown; headers?: [string, string][] } = {},
  ) {
    super(message, options.cause);
    this.status = status;
    this.reason = options.reason;
    this.headers = options.headers ?? [];
  }

  get body(): string {
    return `{"message":${JSON.stringify(this.message)}}`;
  }
}

export const notFound = (): HttpApiError => new HttpApiError(404, 'Not Found');
export const forbidden = (): HttpApiError => new HttpApiError(403, 'Forbidden');
export const unauthorized = (): HttpApiError => new HttpApiError(401, 'Unauthorized');
export const tooManyRequests = (): HttpApiError => new HttpApiError(429, 'Too Many Requests');
export const requestTooLarge = (): HttpApiError => new HttpApiError(413, 'Request Entity Too Large');
export const headersTooLarge = (): HttpApiError => new HttpApiError(431, 'Request Header Fields Too Large');
export const internalServerError = (reason: string, cause?: unknown): HttpApiError =>
  new HttpApiError(500, 'Internal Server Error', { reason, cause });
export const serviceUnavailable = (reason: string, cause?: unknown): HttpApiError =>
  new HttpApiError(503, 'Service Unavailable', { reason, cause });
