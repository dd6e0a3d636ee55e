// Subscriptions as the Telemetry API (docs: telemetry-api-reference) and the older Logs API (docs: runtimes-logs-api) take them.
import { BUFFERING, type Bounds } from './limits.ts';
import { ApiRefusal } from './refusal.ts';

export type TelemetryApiName = 'telemetry' | 'logs';
export type TelemetryType = 'platform' | 'function' | 'extension';

export type Destination =
  | { protocol: 'HTTP'; method: 'POST' | 'PUT'; port: number; path: string }
  | { protocol: 'TCP'; port: number };

export interface Buffering {
  maxItems: number;
  maxBytes: number;
  timeoutMs: number;
}

export interface TelemetryRequest {
  api: TelemetryApiName;
  schemaVersion: string;
  types: TelemetryType[];
  buffering: Buffering;
  destination: Destination;
}

const SCHEMA_VERSIONS: Record<TelemetryApiName, readonly string[]> = {
  telemetry: ['2022-07-01', '2022-12-13', '2025-01-29'],
  logs: ['2020-08-15', '2021-03-18'],
};
const TYPES: readonly string[] = ['platform', 'function', 'extension'];
/** How an extension calls its own host (docs: telemetry-api, destination protocols). */
const HOSTS: readonly string[] = ['sandbox.localdomain', 'sandbox', 'localhost', '127.0.0.1'];
const PORT_MAX = 65_535;

/** Throws ValidationError with all that is wrong, as Lambda does: joined by semicolons. */
export function parseTelemetryRequest(api: TelemetryApiName, body: Buffer): TelemetryRequest {
  const asked = parseObject(body);
  const faults: string[] = [];
  const destination = parseDestination(asked['destination'], faults);
  const types = parseTypes(asked['types'], faults);
  const schemaVersion = parseSchemaVersion(api, asked['schemaVersion'], faults);
  const buffering = parseBuffering(api, asked['buffering'], faults);
  if (faults.length > 0 || !destination) throw new ApiRefusal('ValidationError', faults.join('; '), 400);
  return { api, schemaVersion, types, buffering, destination };
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString());
    if (isObject(value)) return value;
  } catch {
    // said below
  }
  throw new ApiRefusal('ValidationError', 'request body is not a JSON object', 400);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseSchemaVersion(api: TelemetryApiName, value: unknown, faults: string[]): string {
  const [oldest = ''] = SCHEMA_VERSIONS[api];
  // the Logs API's first version had no such member
  if (value === undefined && api === 'logs') return oldest;
  if (typeof value === 'string' && SCHEMA_VERSIONS[api].includes(value)) return value;
  faults.push(value === undefined ? 'schemaVersion is required' : `schemaVersion ${String(value)} is not supported`);
  return oldest;
}

function parseTypes(value: unknown, faults: string[]): TelemetryType[] {
  if (!Array.isArray(value) || value.length === 0) {
    faults.push('types should not be empty');
    return [];
  }
  for (const type of value)
    if (!TYPES.includes(type as string)) faults.push(`types contains invalid value ${String(type)}`);
  return [...new Set(value as TelemetryType[])];
}

function parseBuffering(api: TelemetryApiName, value: unknown, faults: string[]): Buffering {
  const bounds = BUFFERING[api];
  if (value !== undefined && !isObject(value)) faults.push('buffering should be an object');
  const asked = isObject(value) ? value : {};
  const one = (name: keyof Buffering): number => boundedInteger(name, asked[name], bounds[name], faults);
  return { maxItems: one('maxItems'), maxBytes: one('maxBytes'), timeoutMs: one('timeoutMs') };
}

function boundedInteger(name: string, value: unknown, { min, max, usual }: Bounds, faults: string[]): number {
  if (value === undefined) return usual;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  faults.push(`buffering.${name} should be an integer between ${min} and ${max}`);
  return usual;
}

function parseDestination(value: unknown, faults: string[]): Destination | undefined {
  if (!isObject(value)) {
    faults.push('destination is required');
    return undefined;
  }
  if (value['protocol'] === 'TCP') return parseTcp(value['port'], faults);
  if (value['protocol'] === 'HTTP') return parseHttp(value, faults);
  faults.push('destination protocol should be HTTP or TCP');
  return undefined;
}

function parseTcp(port: unknown, faults: string[]): Destination | undefined {
  if (typeof port === 'number' && Number.isInteger(port) && port > 0 && port <= PORT_MAX)
    return { protocol: 'TCP', port };
  faults.push('destination port is not provided');
  return undefined;
}

function parseHttp(value: Record<string, unknown>, faults: string[]): Destination | undefined {
  const uri = typeof value['URI'] === 'string' && URL.canParse(value['URI']) ? new URL(value['URI']) : undefined;
  const { method = 'POST' } = value;
  if (!uri || uri.protocol !== 'http:') faults.push('URI is not valid');
  else if (uri.port === '') faults.push('URI port is not provided');
  else if (!HOSTS.includes(uri.hostname)) faults.push('URI host should be sandbox.localdomain');
  if (method !== 'POST' && method !== 'PUT') faults.push('destination method should be POST or PUT');
  if (!uri || faults.length > 0) return undefined;
  return {
    protocol: 'HTTP',
    method: method as 'POST' | 'PUT',
    port: Number(uri.port),
    path: `${uri.pathname}${uri.search}`,
  };
}
