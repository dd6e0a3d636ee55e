// The platform's side of rt/supervise.sh: what is started in a sandbox whose runtime starts late, and what ended there.
import type { Socket } from 'node:net';

export interface SupervisorEvents {
  /** exit status as a shell says it: 128 + n for signal n */
  runtimeEnded(status: number): void;
  extensionEnded(name: string, status: number): void;
}

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

  startExtension(name: string, file: string): void {
    this.#order(`extension ${quote(name)} ${quote(file)}`);
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
