// Regular expressions that users write and strangers feed: an expression that backtracks without end must not stop the
// program. Two nets: V8 hands an expression that backtracks too often to its linear-time engine; what that engine cannot run
// (look-ahead, back references, flags i and u, counts above 16) is run under a watchdog, and under a budget of its own.
import v8 from 'node:v8';
import vm from 'node:vm';

v8.setFlagsFromString('--enable-experimental-regexp-engine-on-excessive-backtracks');
// Knows the flag `l`: V8 itself says by it whether its linear engine can run an expression.
v8.setFlagsFromString('--enable-experimental-regexp-engine');

/** What one expression may take of the program's time beyond the usual: at once, and of each second. */
const BUDGET_MS = 250;
const BUDGET_MS_PER_SECOND = 50;
/** An ordinary match under the watchdog takes 0.1 ms. */
const USUAL_MS = 2;

/** Nothing to choose from: neither repetition without a fixed count nor alternatives. Such an expression never backtracks far. */
const HAS_CHOICE = /[*+?|]|\{\d+,/;

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
  #budgetMs = BUDGET_MS;
  #countedAt = performance.now();

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
    const begin = performance.now();
    this.#budgetMs = Math.min(BUDGET_MS, this.#budgetMs + ((begin - this.#countedAt) / 1000) * BUDGET_MS_PER_SECOND);
    this.#countedAt = begin;
    const timeout = Math.floor(this.#budgetMs);
    if (timeout < USUAL_MS) throw this.#timedOut();
    sandbox.job = job;
    try {
      return runJob.runInContext(sandbox, { timeout }) as T;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_SCRIPT_EXECUTION_TIMEOUT') throw error;
      throw this.#timedOut();
    } finally {
      delete sandbox.job;
      this.#budgetMs -= Math.max(0, performance.now() - begin - USUAL_MS);
    }
  }
  #timedOut(): RegexTimeout {
    return new RegexTimeout(`the expression ${this.source} takes too long`);
  }
}

/** Throws SyntaxError as RegExp does. */
export function compileSafeRegex(source: string, flags = ''): SafeRegex {
  const regex = new RegExp(source, flags);
  return !HAS_CHOICE.test(source) || isLinear(source, flags) ? new DirectRegex(regex) : new WatchedRegex(regex);
}

function isLinear(source: string, flags: string): boolean {
  try {
    return new RegExp(source, `${flags}l`) instanceof RegExp;
  } catch {
    return false; // "Cannot be executed in linear time"
  }
}
