// Lambda's quotas (docs: gettingstarted-limits) and our own bounds around a sandbox that is never trusted.

/** unzipped code and layers */
export const CODE_BYTES_MAX = 262_144_000;
/** compiled code of all functions on disk; what was made longest ago goes first */
export const CODE_CACHES_BYTES_MAX = 1024 * 1024 * 1024;
/** Python that takes longer to compile runs uncompiled */
export const COMPILE_MS_MAX = 120_000;
/** what its compiler may take of memory */
export const COMPILE_BYTES_MAX = 1024 * 1024 * 1024;
export const CODE_FILES_MAX = 100_000;
/** request and response of a synchronous invocation; AWS's messages name both numbers */
export const REQUEST_BYTES_MAX = 6_291_456;
export const RESPONSE_BYTES_MAX = 6_291_556;
export const STREAM_BYTES_MAX = 200 * 1024 * 1024;
/** a streamed answer waits in memory up to here before the function is held back */
export const STREAM_BUFFER_BYTES = 1024 * 1024;

export const INIT_MS_MAX = 10_000;
/** docs: lambda-runtime-environment; provisioned environments may take longer to initialise */
export const PROVISIONED_INIT_MS_MAX = 130_000;
/** a failed provisioned initialisation is tried again after this */
export const INIT_ERROR_WAIT_MS = 60_000;
/** a provisioned environment that is too old by then is replaced now */
export const PROVISIONED_FRESH_MS = 60_000;
/** a runtime that told its failed initialisation is to end by itself within this time */
export const INIT_ERROR_MS_MAX = 500;
export const CONCURRENCY_MAX = 1000;
/** what TooManyRequestsException asks callers to wait */
export const RETRY_AFTER_SECONDS = 1;
export const PROCESSES_MAX = 1024;
export const OPEN_FILES_MAX = 1024;

/** one log event; longer output becomes several */
export const LOG_EVENT_BYTES_MAX = 262_144;
export const LOG_TAIL_BYTES = 4096;
/** what one invocation may log before the rest is dropped, with a line that says so */
export const LOG_BYTES_MAX = 32 * 1024 * 1024;
export const LOG_FLUSH_MS = 200;

/** a booting sandbox that says nothing for so long is given up */
export const BOOT_MS_MAX = 20_000;
/** how often the memory of running invocations is looked at */
export const MEMORY_WATCH_MS = 100;
/** a sandbox that is idle for so long is frozen, unless nothing runs in it */
export const REST_MS = 50;
/** below this an idle sandbox ends at each look: the smaller of bytes and share of the machine's memory */
export const MEMORY_FREE_BYTES_MIN = 256 * 1024 * 1024;
export const MEMORY_FREE_SHARE_MIN = 0.05;
/** so many cold starts within so long have one environment more kept ready */
export const SCALE_AHEAD_STARTS = 2;
export const SCALE_AHEAD_MS = 5 * 60_000;
export const IDLE_MS_MAX = 10 * 60_000;
export const AGE_MS_MAX = 2 * 3_600_000;
/** sandboxes end so long before their credentials do */
export const CREDENTIALS_MARGIN_MS = 5 * 60_000;
/** connections of debuggers at once; an editor opens two or three */
export const DEBUGGERS_MAX = 16;
/** how often the time of an inspected invocation is looked at */
export const INSPECT_LOOK_MS = 20;
/** a short function is waited for this long before another sandbox starts */
export const QUEUE_MS_MAX = 5;
/** a spare is kept for what was asked for in this time */
export const SPARE_WANTED_MS = 15 * 60_000;
export const SPARES_MAX = 8;
