// One extension of a sandbox, in the states that Lambda's own messages name.
import { transitionRefused } from '../runtime-api-answers.ts';
import { ApiRefusal } from './refusal.ts';

export type ExtensionState =
  | 'Started'
  | 'Registered'
  | 'Ready'
  | 'Running'
  | 'InitError'
  | 'ExitError'
  | 'LaunchError'
  | 'Exited';

export type ExtensionEvent = 'INVOKE' | 'SHUTDOWN';

export interface LifecycleEvent {
  eventType: ExtensionEvent;
}

/** Where an extension waits for its next event. */
export type Waiting = (event: LifecycleEvent) => void;

const TRANSITIONS: Record<ExtensionState, readonly ExtensionState[]> = {
  Started: ['Registered'],
  // one that lost patience asks again
  Registered: ['Ready', 'InitError', 'ExitError'],
  Ready: ['Ready', 'Running', 'ExitError'],
  Running: ['Ready', 'ExitError'],
  InitError: ['InitError'],
  ExitError: ['ExitError'],
  LaunchError: [],
  Exited: [],
};

export class Extension {
  readonly name: string;
  readonly id: string;
  /** an executable of /opt/extensions; else it lives in the runtime */
  readonly external: boolean;
  events: ExtensionEvent[] = [];
  state: ExtensionState = 'Started';
  /** it has told an error of this type */
  errorType: string | undefined;
  /** exit status, once it has ended */
  status: number | undefined;
  #waiting: Waiting | undefined;
  #held: LifecycleEvent | undefined;

  constructor(name: string, id: string, external: boolean) {
    this.name = name;
    this.id = id;
    this.external = external;
  }

  register(events: ExtensionEvent[]): void {
    this.move('Registered', this.name);
    this.events = events;
  }

  /** It asks for its next event. */
  wait(waiting: Waiting): void {
    this.move('Ready', this.id);
    this.#waiting = waiting;
    const held = this.#held;
    this.#held = undefined;
    if (held) this.deliver(held);
  }

  /** The connection on which it waited is gone. */
  stopWaiting(waiting: Waiting): void {
    if (this.#waiting === waiting) this.#waiting = undefined;
  }

  /** Gives it an event that it registered for, now or when it asks. */
  deliver(event: LifecycleEvent): void {
    if (!this.events.includes(event.eventType)) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting) waiting(event);
    else this.#held = event;
    if (this.state === 'Ready') this.state = 'Running';
  }

  fail(state: 'InitError' | 'ExitError', errorType: string): void {
    this.move(state, this.id);
    this.errorType = errorType;
  }

  /** `whom` is how Lambda's refusal calls it: by name until it has registered. */
  move(to: ExtensionState, whom: string): void {
    if (!TRANSITIONS[this.state].includes(to)) {
      throw new ApiRefusal('Extension.InvalidExtensionState', transitionRefused(this.state, to, `extension ${whom}`));
    }
    this.state = to;
  }
}
