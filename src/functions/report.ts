// What Lambda itself says of a function's life: lines of its log, as text or as JSON (docs: monitoring-cloudwatchlogs-view,
// monitoring-cloudwatchlogs-logformat), and the same as events for extensions (docs: telemetry-schema-reference). The
// members of records and their order are those of logs of 2022 and 2026-10-08.
import type { FunctionSnapshot, Invocation } from './contract.ts';
import type { Extension } from './extensions/extension.ts';
import type { TelemetryRequest } from './extensions/telemetry-request.ts';
import type { LogStream } from './log-stream.ts';
import type { InitializationType } from './revision.ts';

export type Status = 'success' | 'error' | 'failure' | 'timeout';

export interface Report {
  requestId: string;
  durationMs: number;
  billedMs: number;
  memoryMb: number;
  memoryMbMax: number;
  initMs?: number | undefined;
  status: Status;
  errorType?: string | undefined;
  traceHeader?: string | undefined;
  /** how long extensions worked on after the runtime was through */
  extensionOverhead?: Span | undefined;
}

export interface RuntimeDone {
  requestId: string;
  status: Status;
  errorType?: string | undefined;
  traceHeader?: string | undefined;
  startedMs: number;
  /** when the answer was there, and when the runtime asked for more; milliseconds of Date.now() */
  answeredMs: number;
  doneMs: number;
  producedBytes?: number | undefined;
}

export interface Span {
  name: 'responseLatency' | 'responseDuration' | 'runtimeOverhead' | 'extensionOverhead';
  start: string;
  durationMs: number;
}

export interface InitReport {
  initializationType: InitializationType;
  phase: 'init' | 'invoke';
  durationMs: number;
  status: Exclude<Status, 'failure'>;
  errorType?: string | undefined;
}

type Level = 'DEBUG' | 'INFO' | 'WARN';

const ms = (value: number): string => value.toFixed(2);
const round = (value: number): number => Number(value.toFixed(3));
const BYTES_PER_MB = 1024 * 1024;

/** Levels of platform records (docs: monitoring-cloudwatchlogs-log-level, system log level event mapping). */
const SYSTEM_LEVELS: readonly Level[] = ['DEBUG', 'INFO', 'WARN'];

export const spanOf = (name: Span['name'], startMs: number, endMs: number): Span => ({
  name,
  start: new Date(startMs).toISOString(),
  durationMs: round(endMs - startMs),
});

export class PlatformLog {
  #snapshot: FunctionSnapshot;
  #log: LogStream;
  #json: boolean;

  constructor(snapshot: FunctionSnapshot, log: LogStream) {
    this.#snapshot = snapshot;
    this.#log = log;
    this.#json = snapshot.logging.format === 'JSON';
  }

  initStart(initializationType: InitializationType): void {
    const { runtime, region, name, version, image, memoryMb } = this.#snapshot;
    const runtimeVersion = `${runtime.replace(/^([a-z]+)\.?([a-z\d.]*?)(?:\.x)?$/, '$1:$2').replace(/:$/, '')}.v1`;
    const runtimeVersionArn = `arn:aws:lambda:${region}::runtime:${'0'.repeat(64)}`;
    const record = (): object => ({
      initializationType,
      phase: 'init',
      // an image's runtime is its own: Lambda knows no version of it
      ...(!image && { runtimeVersion, runtimeVersionArn }),
      functionName: name,
      functionVersion: version,
      instanceId: this.#log.name.replace('[', `${name}[`),
      instanceMaxMemory: memoryMb * BYTES_PER_MB,
    });
    const text = `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${runtimeVersionArn}`;
    this.#say('INFO', 'platform.initStart', record, image ? undefined : text);
  }

  initRuntimeDone({ initializationType, phase, status, errorType }: Omit<InitReport, 'durationMs'>): void {
    const record = { initializationType, phase, status, ...(errorType && { errorType }) };
    this.#say(status === 'success' ? 'DEBUG' : 'WARN', 'platform.initRuntimeDone', () => record);
  }

  /** As text only when the initialisation failed (docs: lambda-runtime-environment). */
  initReport({ initializationType, phase, durationMs, status, errorType }: InitReport): void {
    const error = errorType ? `\tError Type: ${errorType}` : '';
    const text = `INIT_REPORT Init Duration: ${ms(durationMs)} ms\tPhase: ${phase}\tStatus: ${status}${error}`;
    const record = (): object => ({
      initializationType,
      phase,
      status,
      ...(errorType && { errorType }),
      metrics: { durationMs: round(durationMs) },
    });
    if (status !== 'success') return this.#say('WARN', 'platform.initReport', record, text);
    this.#say(initializationType === 'on-demand' ? 'DEBUG' : 'INFO', 'platform.initReport', record);
  }

  extension({ name, state, events, errorType }: Extension): void {
    const error = errorType === undefined ? '' : `\tError Type: ${errorType}`;
    const text = `EXTENSION\tName: ${name}\tState: ${state}\tEvents: [${events.join(', ')}]${error}`;
    const record = { name, state, events, ...(errorType !== undefined && { errorType }) };
    this.#say(errorType === undefined ? 'INFO' : 'WARN', 'platform.extension', () => record, text);
  }

  subscription({ name }: Extension, { api, types }: TelemetryRequest): void {
    const shown = types.map((type) => `${type.charAt(0).toUpperCase()}${type.slice(1)}`).join(', ');
    const text = `${api === 'logs' ? 'LOGS' : 'TELEMETRY'}\tName: ${name}\tState: Subscribed\tTypes: [${shown}]`;
    const record = { name, state: 'Subscribed', types };
    const type = api === 'logs' ? 'platform.logsSubscription' : 'platform.telemetrySubscription';
    this.#say('INFO', type, () => record, text);
  }

  start({ requestId, invokedFunctionArn, traceHeader }: Invocation): void {
    const { version } = this.#snapshot;
    const record = (): object => ({ requestId, functionArn: invokedFunctionArn, version, ...tracing(traceHeader) });
    this.#say('INFO', 'platform.start', record, `START RequestId: ${requestId} Version: ${version}`);
  }

  runtimeDone(done: RuntimeDone): void {
    this.#say(done.status === 'success' ? 'DEBUG' : 'WARN', 'platform.runtimeDone', () => runtimeDoneRecord(done));
  }

  /** END in text, and for the Logs API. */
  end(requestId: string): void {
    if (!this.#json) this.#log.platform(`END RequestId: ${requestId}`);
    this.#log.telemetry?.emit('platform.end', { requestId });
  }

  report(report: Report): void {
    const level = report.status === 'success' ? 'INFO' : 'WARN';
    this.#say(level, 'platform.report', () => reportRecord(report), this.#json ? undefined : textReport(report));
  }

  #say(level: Level, type: string, record: () => object, text?: string): void {
    if (!this.#json) {
      if (text !== undefined) this.#log.platform(text);
    } else if (SYSTEM_LEVELS.indexOf(level) >= this.#level()) {
      this.#log.platform(JSON.stringify({ time: new Date().toISOString(), type, record: record() }));
    }
    this.#log.emit(type, record);
  }

  #level(): number {
    return SYSTEM_LEVELS.indexOf((this.#snapshot.logging.systemLevel as Level | undefined) ?? 'INFO');
  }
}

const tracing = (value: string | undefined): { tracing?: object } =>
  value === undefined ? {} : { tracing: { type: 'X-Amzn-Trace-Id', value } };

function runtimeDoneRecord(done: RuntimeDone): object {
  const { requestId, status, errorType, startedMs, answeredMs, doneMs, producedBytes } = done;
  return {
    requestId,
    status,
    ...(errorType !== undefined && { errorType }),
    ...tracing(done.traceHeader),
    ...(producedBytes !== undefined && {
      spans: [
        spanOf('responseLatency', startedMs, answeredMs),
        spanOf('responseDuration', answeredMs, answeredMs),
        spanOf('runtimeOverhead', answeredMs, doneMs),
      ],
    }),
    metrics: { durationMs: round(doneMs - startedMs), ...(producedBytes !== undefined && { producedBytes }) },
  };
}

function reportRecord(report: Report): object {
  return {
    requestId: report.requestId,
    metrics: {
      durationMs: round(report.durationMs),
      billedDurationMs: report.billedMs,
      memorySizeMB: report.memoryMb,
      maxMemoryUsedMB: report.memoryMbMax,
      ...(report.initMs !== undefined && { initDurationMs: round(report.initMs) }),
    },
    ...tracing(report.traceHeader),
    ...(report.extensionOverhead && { spans: [report.extensionOverhead] }),
    status: report.status,
    ...(report.errorType !== undefined && { errorType: report.errorType }),
  };
}

function textReport(report: Report): string {
  const fields = [
    `REPORT RequestId: ${report.requestId}`,
    `Duration: ${ms(report.durationMs)} ms`,
    `Billed Duration: ${report.billedMs} ms`,
    `Memory Size: ${report.memoryMb} MB`,
    `Max Memory Used: ${report.memoryMbMax} MB`,
  ];
  if (report.initMs !== undefined) fields.push(`Init Duration: ${ms(report.initMs)} ms`);
  if (report.status === 'timeout') fields.push('Status: timeout');
  // a handler's own error is a success of the environment; only its end is a failure here
  if (report.status === 'failure') fields.push('Status: error', `Error Type: ${report.errorType ?? 'Runtime.Unknown'}`);
  return `${fields.join('\t')}\t\n${traceLine(report.traceHeader)}`;
}

function traceLine(header: string | undefined): string {
  if (header === undefined || !/Sampled=1/.test(header)) return '';
  const root = /Root=([^;]+)/.exec(header)?.[1] ?? '';
  const segment = /Parent=([^;]+)/.exec(header)?.[1] ?? '';
  return `XRAY TraceId: ${root}\tSegmentId: ${segment}\tSampled: true\t\n`;
}
