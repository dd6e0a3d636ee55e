// Named pipes for what sandboxes write. Node itself makes sockets, which nobody can open by name: functions do open
// /dev/stdout, /dev/stderr and /proc/self/fd/2. Runs in the launcher.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';

/** made by one run of mkfifo(1), which takes 2 ms */
const MADE_AT_ONCE = 32;
/** a function's user is not ours, and opens them anew */
const MODE = '666';
const MKFIFO = 'mkfifo';

export interface OutputPipe {
  reader: number;
  writer: number;
}

export class PipeStock {
  #directory: string;
  #paths: string[] = [];
  #made = 0;

  constructor(directory: string) {
    this.#directory = directory;
    // what a launcher left that was killed
    rmSync(directory, { recursive: true, force: true });
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    this.#fill();
  }

  /** A pipe without a name: only whoever holds an end has it. */
  take(): OutputPipe {
    if (this.#paths.length === 0) this.#fill();
    const path = this.#paths.pop() ?? '';
    // to open one end alone would wait for the other
    const both = openSync(path, constants.O_RDWR);
    const writer = openSync(path, constants.O_WRONLY);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    closeSync(both);
    unlinkSync(path);
    return { reader, writer };
  }

  #fill(): void {
    this.#paths = Array.from({ length: MADE_AT_ONCE }, () => join(this.#directory, String(++this.#made)));
    execFileSync(MKFIFO, ['-m', MODE, ...this.#paths]);
  }
}
