// Regular expressions that users write and strangers feed: an expression that backtracks without end must not stop the
// program. Two nets: V8 hands an expression that backtracks too often to its linear-time engine (which knows no
// look-around, back references or flags i and u); what that engine cannot run is run under a watchdog.
import v8 from 'node:v8';
import vm from 'node:vm';

v8.setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');

const WATCHDOG_MS = 250;

/** Syntax that keeps an expression from the linear engine, or that it compiles to something enormous. */
const NEEDS_WATCHDOG = /\(\?<?[=!]|\\[1-9]|\\k<|\{\d+,?\d*\}[^]*[)*+?}]|\)\{\d/;

export class RegexTimeout extends Error {}

export interface SafeRegex {
  readonly source: string;
  test(text: string): boolean;
  /** replacement in JavaScript's notation ($1, $<name>, $$) */
  replace(text: string, replacement: string): string;
  exec(text: string): RegExpExecArray | null;
  /** every match from the start on, at most `countMax` */
  matchAll(text: string, countMax: number): RegExpExecArray[];
}

class DirectRegex implements SafeRegex {
  readonly source: string;
  readonly #regex: RegExp;
  #all: RegExp | undefined;

  constructor(regex: RegExp) {
    this.source = regex.source;
    this.#regex = regex;
  }
  test(text: string): boolean {
    this.#regex.lastIndex = 0;
    return this.#regex.test(text);
  }
  replace(text: string, replacement: string): string {
    this.#regex.lastIndex = 0;
    return text.replace(this.#regex, replacement);
  }
  exec(text: string): RegExpExecArray | null {
    this.#regex.lastIndex = 0;
    return this.#regex.exec(text);
  }
  matchAll(text: string, countMax: number): RegExpExecArray[] {
    this.#all ??= new RegExp(this.#regex.source, this.#regex.flags.replace('g', '') + 'g');
    return text.matchAll(this.#all).take(countMax).toArray();
  }
}

const sandbox = vm.createContext(Object.create(null) as object) as { job?: () => unknown };
const runJob = new vm.Script('job()');

class WatchedRegex implements SafeRegex {
  readonly source: string;
  readonly #direct: DirectRegex;

  constructor(regex: RegExp) {
    this.source = regex.source;
    this.#direct = new DirectRegex(regex);
  }
  test(text: string): boolean {
    return this.#run(() => this.#direct.test(text));
  }
  replace(text: string, replacement: string): string {
    return this.#run(() => this.#direct.replace(text, replacement));
  }
  exec(text: string): RegExpExecArray | null {
    return this.#run(() => this.#direct.exec(text));
  }
  matchAll(text: string, countMax: number): RegExpExecArray[] {
    return this.#run(() => this.#direct.matchAll(text, countMax));
  }
  #run<T>(job: () => T): T {
    sandbox.job = job;
    try {
      return runJob.runInContext(sandbox, { timeout: WATCHDOG_MS }) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw new RegexTimeout(`the expression ${this.source} took longer than ${WATCHDOG_MS} ms`);
    } finally {
      delete sandbox.job;
    }
  }
}

/** Throws SyntaxError as RegExp does. */
export function compileSafeRegex(source: string, flags = ''): SafeRegex {
  const regex = new RegExp(source, flags);
  return /[iu]/.test(flags) || NEEDS_WATCHDOG.test(source) ? new WatchedRegex(regex) : new DirectRegex(regex);
}
