// The platform's side of rt/supervise.sh: what is started in a sandbox whose runtime starts late, and what ended there.
import type { Socket } from 'node:net';

export interface SupervisorEvents {
  /** exit status as a shell says it: 128 + n for signal n */
  runtimeEnded(status: number): void;
  extensionEnded(name: string, status: number): void;
}

/** what only the runtime is told (docs: runtimes-extensions-api, environment variables) */
const RUNTIME_ONLY = [
  'AWS_EXECUTION_ENV',
  'AWS_LAMBDA_LOG_GROUP_NAME',
  'AWS_LAMBDA_LOG_STREAM_NAME',
  'AWS_XRAY_CONTEXT_MISSING',
  'AWS_XRAY_DAEMON_ADDRESS',
  'LAMBDA_RUNTIME_DIR',
  'LAMBDA_TASK_ROOT',
  '_AWS_XRAY_DAEMON_ADDRESS',
  '_AWS_XRAY_DAEMON_PORT',
  '_HANDLER',
];
/** a report is a short line; who sends more is not supervise.sh */
const REPORT_BYTES_MAX = 4096;
const REPORT = /^(?:runtime (\d{1,3})|extension (\d{1,3}) (.+))$/;

export class Supervisor {
  #orders: Socket;
  #events: SupervisorEvents;
  #held = '';

  constructor(orders: Socket, events: SupervisorEvents) {
    this.#orders = orders;
    this.#events = events;
    orders.setEncoding('utf8');
    orders.on('error', () => {});
    orders.on('data', (text: string) => this.#take(text));
  }

  /** Sets the environment of what is started from now on. */
  setEnvironment(environment: Record<string, string>): void {
    for (const [name, value] of Object.entries(environment)) this.#order(`export ${name}=${quote(value)}`);
  }

  /** Leaves an environment in a file, for an extension that enters an image: what runs before must not see it. */
  leaveEnvironment(file: string, environment: Record<string, string>): void {
    const told = Object.entries(environment).filter(([name]) => !RUNTIME_ONLY.includes(name));
    this.#order(`leave ${quote(file)} ${told.map(([name, value]) => quote(`${name}=${value}`)).join(' ')}`);
  }

  startExtension(name: string, command: readonly string[]): void {
    this.#order(`extension ${[name, RUNTIME_ONLY.join(' '), ...command].map(quote).join(' ')}`);
  }

  startRuntime(command: readonly string[]): void {
    this.#order(`runtime ${command.map(quote).join(' ')}`);
  }

  /** Ends the runtime, asking it or not. */
  stopRuntime(signal: 'TERM' | 'KILL'): void {
    this.#order(`stop ${signal === 'TERM' ? 'TERM' : 'USR1'}`);
  }

  close(): void {
    this.#orders.destroy();
  }

  #order(line: string): void {
    this.#orders.write(`${line}\n`);
  }

  #take(text: string): void {
    const lines = (this.#held + text).split('\n');
    this.#held = (lines.pop() ?? '').slice(0, REPORT_BYTES_MAX);
    for (const line of lines) {
      const [, runtime, extension, name] = REPORT.exec(line) ?? [];
      if (runtime !== undefined) this.#events.runtimeEnded(Number(runtime));
      else if (extension !== undefined && name !== undefined) this.#events.extensionEnded(name, Number(extension));
    }
  }
}

/** One word of shell on one line. */
export const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`).replaceAll('\n', `'"$nl"'`)}'`;
