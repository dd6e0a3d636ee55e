// Lambda's own log lines, as text or as JSON (docs: monitoring-cloudwatchlogs-view, monitoring-cloudwatchlogs-logformat).
import type { FunctionSnapshot } from './contract.ts';
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
}

const ms = (value: number): string => value.toFixed(2);
const round = (value: number): number => Number(value.toFixed(3));

/** Levels of platform records (docs: monitoring-cloudwatchlogs-log-level, system log level event mapping). */
const SYSTEM_LEVELS = ['DEBUG', 'INFO', 'WARN'];

export class PlatformLines {
  #snapshot: FunctionSnapshot;
  #json: boolean;
  #level: number;

  constructor(snapshot: FunctionSnapshot) {
    this.#snapshot = snapshot;
    this.#json = snapshot.logging.format === 'JSON';
    this.#level = SYSTEM_LEVELS.indexOf(snapshot.logging.systemLevel ?? 'INFO');
  }

  initStart(initializationType: InitializationType): string | undefined {
    const { runtime, region, name, version, image } = this.#snapshot;
    // an image's runtime is its own: Lambda knows no version of it
    if (image)
      return this.#json
        ? this.#record('INFO', 'platform.initStart', {
            initializationType,
            phase: 'init',
            functionName: name,
            functionVersion: version,
          })
        : undefined;
    const runtimeVersion = `${runtime.replace(/^([a-z]+)\.?([a-z\d.]*?)(?:\.x)?$/, '$1:$2').replace(/:$/, '')}.v1`;
    const arn = `arn:aws:lambda:${region}::runtime:${'0'.repeat(64)}`;
    if (!this.#json) return `INIT_START Runtime Version: ${runtimeVersion}\tRuntime Version ARN: ${arn}`;
    return this.#record('INFO', 'platform.initStart', {
      initializationType,
      phase: 'init',
      runtimeVersion,
      runtimeVersionArn: arn,
      functionName: name,
      functionVersion: version,
    });
  }

  /** Only written when initialisation failed (docs: lambda-runtime-environment). */
  initReport(
    initializationType: InitializationType,
    phase: 'init' | 'invoke',
    durationMs: number,
    status: 'error' | 'timeout',
    errorType?: string,
  ): string | undefined {
    if (this.#json) {
      return this.#record('WARN', 'platform.initReport', {
        initializationType,
        phase,
        status,
        ...(errorType && { errorType }),
        metrics: { durationMs: round(durationMs) },
      });
    }
    const error = errorType ? `\tError Type: ${errorType}` : '';
    return `INIT_REPORT Init Duration: ${ms(durationMs)} ms\tPhase: ${phase}\tStatus: ${status}${error}`;
  }

  start(requestId: string): string | undefined {
    const { version } = this.#snapshot;
    if (this.#json) return this.#record('DEBUG', 'platform.start', { requestId, version });
    return `START RequestId: ${requestId} Version: ${version}`;
  }

  /** END in text; in JSON the runtime's own end of the invocation. */
  end(report: Report): string | undefined {
    if (!this.#json) return `END RequestId: ${report.requestId}`;
    return this.#record(report.status === 'success' ? 'DEBUG' : 'WARN', 'platform.runtimeDone', {
      requestId: report.requestId,
      status: report.status,
      ...(report.errorType && { errorType: report.errorType }),
      metrics: { durationMs: round(report.durationMs) },
    });
  }

  report(report: Report): string | undefined {
    return this.#json ? this.#jsonReport(report) : textReport(report);
  }

  #jsonReport(report: Report): string | undefined {
    return this.#record(report.status === 'success' ? 'INFO' : 'WARN', 'platform.report', {
      requestId: report.requestId,
      metrics: {
        durationMs: round(report.durationMs),
        billedDurationMs: report.billedMs,
        memorySizeMB: report.memoryMb,
        maxMemoryUsedMB: report.memoryMbMax,
        ...(report.initMs !== undefined && { initDurationMs: round(report.initMs) }),
      },
      ...(report.traceHeader && { tracing: { type: 'X-Amzn-Trace-Id', value: report.traceHeader } }),
      status: report.status,
      ...(report.errorType && { errorType: report.errorType }),
    });
  }

  #record(level: 'DEBUG' | 'INFO' | 'WARN', type: string, record: object): string | undefined {
    if (SYSTEM_LEVELS.indexOf(level) < this.#level) return undefined;
    return JSON.stringify({ time: new Date().toISOString(), type, record });
  }
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
