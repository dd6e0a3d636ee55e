// Events as subscribers get them, by the schema that each has asked for (docs: telemetry-schema-reference, runtimes-logs-api).
import type { TelemetryRequest, TelemetryType } from './telemetry-request.ts';

export interface TelemetryEvent {
  time: string;
  /** platform.start, function, … */
  type: string;
  record: unknown;
}

/** What of the platform's events the Logs API knows, with the members that it shows; 2021-03-18 brought runtimeDone. */
const LOGS_API: Record<string, { members: readonly string[]; since?: string }> = {
  'platform.start': { members: ['requestId', 'version'] },
  'platform.end': { members: ['requestId'] },
  'platform.runtimeDone': { members: ['requestId', 'status'], since: '2021-03-18' },
  'platform.report': { members: ['requestId', 'metrics'] },
  'platform.extension': { members: ['name', 'state', 'events'] },
  'platform.logsSubscription': { members: ['name', 'state', 'types'] },
  'platform.logsDropped': { members: ['reason', 'droppedRecords', 'droppedBytes'] },
};
const TELEMETRY_LACKS: ReadonlySet<string> = new Set(['platform.end', 'platform.logsSubscription']);
/** before it, what a function logs as JSON came as text */
const JSON_RECORDS_SINCE = '2022-12-13';

const categoryOf = (type: string): TelemetryType =>
  type.startsWith('platform.') ? 'platform' : (type as TelemetryType);

/** The event as JSON, or undefined when it is not for this subscriber. */
export function renderEvent(
  event: TelemetryEvent,
  { api, types, schemaVersion }: TelemetryRequest,
): string | undefined {
  const { time, type, record } = event;
  if (!types.includes(categoryOf(type))) return undefined;
  if (typeof record === 'string') return JSON.stringify({ time, type, record: recordOf(record, schemaVersion) });
  if (api === 'telemetry') return TELEMETRY_LACKS.has(type) ? undefined : JSON.stringify({ time, type, record });
  const known = LOGS_API[type];
  if (!known || (known.since !== undefined && schemaVersion < known.since)) return undefined;
  const shown = known.members.filter((name) => name in (record as object));
  const members = shown.map((name) => [name, (record as Record<string, unknown>)[name]]);
  return JSON.stringify({ time, type, record: Object.fromEntries(members) });
}

/** A line of a function whose log format is JSON is an object. */
function recordOf(line: string, schemaVersion: string): unknown {
  if (schemaVersion < JSON_RECORDS_SINCE || !line.startsWith('{')) return line;
  try {
    return JSON.parse(line) as unknown;
  } catch {
    return line;
  }
}
