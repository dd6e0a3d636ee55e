// Limits of extensions and of what they subscribe to (docs: runtimes-extensions-api, telemetry-api, runtimes-logs-api).

/** external and internal ones together */
export const EXTENSIONS_MAX = 10;
export const EXTENSION_BODY_BYTES_MAX = 1024 * 1024;
/** the whole shutdown of a sandbox with external extensions, and the runtime's part of it */
export const SHUTDOWN_MS_MAX = 2000;
export const RUNTIME_SHUTDOWN_MS_MAX = 300;
/** with internal extensions alone */
export const INTERNAL_SHUTDOWN_MS_MAX = 500;
