// `start --inspect NAME[:port]`: a port of the host's loopback that leads a debugger into the named function's sandbox.
import { createServer, type Server, type Socket } from 'node:net';
import type { FunctionSnapshot } from './contract.ts';
import { DEBUGGERS_MAX, INSPECT_LOOK_MS } from './limits.ts';

export interface InspectOptions {
  /** of the function, or the logical id that its name was made of */
  name: string;
  port: number;
  /** $LATEST of the named function, once there is one */
  find: () => Promise<FunctionSnapshot | undefined>;
}

export interface InspectorParts {
  /** starts a sandbox ahead, so that breakpoints can be set before the first call */
  start: (snapshot: FunctionSnapshot) => Promise<unknown>;
  warn: (text: string) => void;
}

/** Also by the logical id, of which CloudFormation makes `stack-Hello-A1B2C3D4E5F6`. */
export const isNamed = (functionName: string, name: string): boolean =>
  functionName === name || new RegExp(`-${name}-[A-Z0-9]+$`).test(functionName);

export class Inspector {
  #options: InspectOptions;
  #parts: InspectorParts;
  #server: Server;
  /** debuggers that came before there was a sandbox */
  #waiting: Socket[] = [];
  /** of the sandbox that was started last */
  #current: Inspection | undefined;
  #revisionId: string | undefined;
  #starting = false;

  constructor(options: InspectOptions, parts: InspectorParts) {
    this.#options = options;
    this.#parts = parts;
    this.#server = createServer({ noDelay: true }, (socket) => this.#accept(socket));
    this.#server.maxConnections = DEBUGGERS_MAX;
    this.#server.on('error', (error) => parts.warn(`--inspect: port ${options.port}: ${error.message}`));
    this.#server.listen(options.port, '127.0.0.1');
    this.#server.unref();
  }

  /** Whether the next sandbox of this function is to be inspected: one at a time is. */
  wants({ name, runtime, revisionId }: FunctionSnapshot): boolean {
    if (!isNamed(name, this.#options.name)) return false;
    if (!runtime.startsWith('nodejs')) {
      this.#parts.warn(`--inspect debugs Node functions; ${name} runs ${runtime === '' ? 'an image' : runtime}.`);
      return false;
    }
    return !(this.#current?.living && this.#revisionId === revisionId);
  }

  /** The sandbox has started: debuggers reach it from now on. */
  follow(inspection: Inspection, revisionId: string): void {
    this.#current = inspection;
    this.#revisionId = revisionId;
    for (const socket of this.#waiting.splice(0)) inspection.join(socket);
  }

  stop(): void {
    this.#server.close();
    for (const socket of this.#waiting) socket.destroy();
  }

  #accept(socket: Socket): void {
    socket.on('error', () => {});
    if (this.#current?.living) return this.#current.join(socket);
    this.#waiting.push(socket);
    socket.once('close', () => (this.#waiting = this.#waiting.filter((each) => each !== socket)));
    void this.#startAhead();
  }

  async #startAhead(): Promise<void> {
    if (this.#starting) return;
    this.#starting = true;
    try {
      const snapshot = await this.#options.find();
      if (snapshot) await this.#parts.start(snapshot);
    } catch (error) {
      this.#parts.warn(`--inspect ${this.#options.name}: ${(error as Error).message}`);
    } finally {
      this.#starting = false;
    }
  }
}

/** Connections of debuggers to one sandbox, and how long they have held its program. */
export class Inspection {
  living = true;
  /** connections that the sandbox offers */
  #offered: Socket[] = [];
  #joining: Socket[] = [];
  #heldMs = 0;
  #pausedSinceMs: number | undefined;

  /** A connection that the sandbox made for a debugger to come. */
  offer(socket: Socket): void {
    const debuggerSocket = this.#joining.shift();
    if (debuggerSocket) return this.#connect(debuggerSocket, socket);
    this.#offered.push(socket);
    socket.once('close', () => (this.#offered = this.#offered.filter((each) => each !== socket)));
  }

  join(socket: Socket): void {
    const offered = this.#offered.shift();
    if (offered) this.#connect(socket, offered);
    else this.#joining.push(socket);
  }

  end(): void {
    this.living = false;
    for (const socket of [...this.#joining, ...this.#offered]) socket.destroy();
  }

  /** So long, up to now, the program did not run because a debugger held it. */
  heldMs(): number {
    return this.#heldMs + (this.#pausedSinceMs === undefined ? 0 : performance.now() - this.#pausedSinceMs);
  }

  #connect(socket: Socket, tunnel: Socket): void {
    const words = new PauseWords((isPaused) => this.#pause(isPaused));
    tunnel.on('data', (bytes: Buffer) => words.take(bytes));
    socket.pipe(tunnel);
    tunnel.pipe(socket);
    tunnel.once('close', () => socket.destroy());
    socket.once('close', () => {
      tunnel.destroy();
      // a debugger that leaves lets the program go on
      this.#pause(false);
    });
  }

  #pause(isPaused: boolean): void {
    if (isPaused) this.#pausedSinceMs ??= performance.now();
    else {
      this.#heldMs = this.heldMs();
      this.#pausedSinceMs = undefined;
    }
  }
}

/** Node writes its notifications like this, uncompressed and unmasked; inside a string the quotes would be escaped. */
const WORDS = /\{"method":"Debugger\.(paused|resumed)"/g;
const WORD_BYTES_MAX = '{"method":"Debugger.resumed"'.length;

/** Reads in passing what the inspector tells a debugger. */
class PauseWords {
  #tell: (isPaused: boolean) => void;
  #rest = '';

  constructor(tell: (isPaused: boolean) => void) {
    this.#tell = tell;
  }

  take(bytes: Buffer): void {
    const text = this.#rest + bytes.toString('latin1');
    let end = 0;
    for (const match of text.matchAll(WORDS)) {
      this.#tell(match[1] === 'paused');
      end = match.index + match[0].length;
    }
    this.#rest = text.slice(Math.max(end, text.length - WORD_BYTES_MAX));
  }
}

/** A timer that waits while a debugger holds the program. */
export function patientTimer(inspection: Inspection | undefined, run: () => void, ms: number): NodeJS.Timeout {
  if (!inspection) return setTimeout(run, ms);
  const runningMs = (): number => performance.now() - inspection.heldMs();
  const until = runningMs() + ms;
  const timer = setInterval(() => {
    if (runningMs() < until) return;
    clearInterval(timer);
    run();
  }, INSPECT_LOOK_MS);
  return timer;
}
