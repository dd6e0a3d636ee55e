// Limits of extensions and of what they subscribe to (docs: runtimes-extensions-api, telemetry-api, runtimes-logs-api).

/** external and internal ones together */
export const EXTENSIONS_MAX = 10;
export const EXTENSION_BODY_BYTES_MAX = 1024 * 1024;
/** the whole shutdown of a sandbox with external extensions, and the runtime's part of it */
export const SHUTDOWN_MS_MAX = 2000;
export const RUNTIME_SHUTDOWN_MS_MAX = 300;
/** with internal extensions alone */
export const INTERNAL_SHUTDOWN_MS_MAX = 500;

export interface Bounds {
  min: number;
  max: number;
  usual: number;
}

/** what a subscription may ask to be buffered (docs: telemetry-api-reference, runtimes-logs-api) */
const BYTES: Bounds = { min: 262_144, max: 1_048_576, usual: 262_144 };
const TIMEOUT_MS: Bounds = { min: 25, max: 30_000, usual: 1000 };
export const BUFFERING: Record<'telemetry' | 'logs', Record<'maxItems' | 'maxBytes' | 'timeoutMs', Bounds>> = {
  telemetry: { maxItems: { min: 1000, max: 10_000, usual: 1000 }, maxBytes: BYTES, timeoutMs: TIMEOUT_MS },
  logs: { maxItems: { min: 1000, max: 10_000, usual: 10_000 }, maxBytes: BYTES, timeoutMs: TIMEOUT_MS },
};
/** what happened before an extension subscribed is kept for it, up to here */
export const EARLY_EVENTS_MAX = 1000;
export const EARLY_BYTES_MAX = 1_048_576;
/** batches that wait behind the one under way; more are dropped, with an event that says so */
export const BATCHES_WAITING_MAX = 4;
/** how often a batch is sent again, and when first; each time later by as much */
export const DELIVERY_TRIES_MAX = 4;
export const DELIVERY_WAIT_MS = 100;
/** a connection into the sandbox that takes longer is given up */
export const DIAL_MS_MAX = 5000;
