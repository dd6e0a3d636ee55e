// The extensions of one sandbox: who is there, what is waited for, which one failed.
import type { Fault } from '../outcome.ts';
import { EXTENSIONS_MAX } from './limits.ts';
import { Extension, type ExtensionEvent, type LifecycleEvent } from './extension.ts';
import { ApiRefusal } from './refusal.ts';

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;
const EVENTS: ReadonlySet<string> = new Set<ExtensionEvent>(['INVOKE', 'SHUTDOWN']);

interface Wish {
  fulfilled: () => boolean;
  resolve: () => void;
}

export class ExtensionSet {
  #extensions = new Map<string, Extension>();
  #newId: () => string;
  #fault: (fault: Fault) => void;
  #closed = false;
  #faulty = false;
  #wishes: Wish[] = [];

  /** `fault` is told once, of the first extension that fails. */
  constructor(newId: () => string, fault: (fault: Fault) => void) {
    this.#newId = newId;
    this.#fault = fault;
  }

  get all(): Extension[] {
    return [...this.#extensions.values()];
  }

  addExternal(name: string): void {
    this.#extensions.set(name, new Extension(name, this.#newId(), true));
  }

  register(name: string, events: unknown): Extension {
    if (name === '') throw new ApiRefusal('Extension.InvalidExtensionName', 'Empty extension name');
    const known = this.#extensions.get(name);
    const external = known?.external ?? false;
    const wanted = requireEvents(events, external);
    if (this.#closed) throw new ApiRefusal('Extension.RegistrationClosed', 'Extension registration closed already');
    if (!known && this.#extensions.size >= EXTENSIONS_MAX) {
      throw new ApiRefusal('Extension.TooManyExtensions', `Extension limit (${EXTENSIONS_MAX}) reached`);
    }
    const extension = known ?? new Extension(name, this.#newId(), false);
    extension.register(wanted);
    this.#extensions.set(name, extension);
    this.changed();
    return extension;
  }

  /** By the header that every later request must carry. */
  require(id: string | undefined): Extension {
    if (!id) {
      throw new ApiRefusal('Extension.MissingExtensionIdentifier', 'Missing Lambda-Extension-Identifier header');
    }
    if (!UUID.test(id)) {
      throw new ApiRefusal('Extension.InvalidExtensionIdentifier', 'Invalid Lambda-Extension-Identifier');
    }
    const extension = this.all.find((each) => each.id === id.toLowerCase());
    if (!extension) throw new ApiRefusal('Extension.UnknownExtensionIdentifier', `Unknown extension ${id}`);
    return extension;
  }

  /** The initialisation is over: nobody new may come. */
  closeRegistration(): void {
    this.#closed = true;
  }

  deliver(event: LifecycleEvent, to: (extension: Extension) => boolean = () => true): void {
    for (const extension of this.#extensions.values()) if (to(extension)) extension.deliver(event);
  }

  /** An external extension has ended with this status. */
  ended(name: string, status: number): void {
    const extension = this.#extensions.get(name);
    if (!extension || extension.status !== undefined) return;
    extension.status = status;
    const fault = faultOf(extension, status);
    if (extension.state !== 'InitError' && extension.state !== 'ExitError') {
      extension.state = extension.state === 'Started' && fault.errorType === LAUNCH_ERROR ? 'LaunchError' : 'Exited';
      extension.errorType = fault.errorType;
    }
    this.fail(fault);
    this.changed();
  }

  fail(fault: Fault): void {
    if (this.#faulty) return;
    this.#faulty = true;
    this.#fault(fault);
  }

  /** From here on an end is no failure. */
  expectEnds(): void {
    this.#faulty = true;
  }

  /** Resolves as soon as this holds; looked at after each change. */
  until(fulfilled: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#wishes.push({ fulfilled, resolve });
      this.changed();
    });
  }

  changed(): void {
    this.#wishes = this.#wishes.filter(({ fulfilled, resolve }) => {
      const done = fulfilled();
      if (done) resolve();
      return !done;
    });
  }
}

const LAUNCH_ERROR = 'Extension.LaunchError';

/** Exit statuses of a shell that could not start a program. */
const LAUNCH_FAILURES: Record<number, string> = {
  126: 'permission denied',
  127: 'no such file or directory',
};

function faultOf({ state, name }: Extension, status: number): Fault {
  const reason = LAUNCH_FAILURES[status];
  if (state === 'Started' && reason !== undefined) {
    return { errorType: LAUNCH_ERROR, words: `fork/exec /opt/extensions/${name}: ${reason}` };
  }
  const words = exitWordsOf(status);
  if (state === 'InitError') return { errorType: 'Extension.InitError', words };
  if (state === 'ExitError') return { errorType: 'Extension.ExitError', words };
  return { errorType: 'Extension.Crash', words };
}

/** Lambda says `exit code 0`, but `exit status 1` (seen in logs of 2022 and 2024). */
function exitWordsOf(status: number): string {
  if (status === 0) return 'exit code 0';
  return status > 128 ? `signal: ${SIGNALS[status - 128] ?? `signal ${status - 128}`}` : `exit status ${status}`;
}

const SIGNALS: Record<number, string> = { 6: 'aborted', 9: 'killed', 11: 'segmentation fault', 15: 'terminated' };

function requireEvents(events: unknown, external: boolean): ExtensionEvent[] {
  if (!Array.isArray(events) || events.some((event) => typeof event !== 'string')) {
    throw new ApiRefusal('InvalidRequestFormat', 'events must be a list of strings');
  }
  for (const event of events as string[]) {
    if (!EVENTS.has(event)) throw new ApiRefusal('Extension.InvalidEventType', `${event}: invalid event type`);
    if (event === 'SHUTDOWN' && !external) {
      throw new ApiRefusal('Extension.InvalidEventType', `${event}: event is not supported for internal extensions`);
    }
  }
  return [...new Set(events as ExtensionEvent[])];
}
