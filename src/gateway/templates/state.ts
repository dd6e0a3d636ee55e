// What one rendering of a template may use, and has used.
import { HostObject, TemplateError, VALUE_CHARS_MAX, type Value } from './values.ts';
import type { Statement } from './syntax.ts';

export const TEMPLATE_LIMITS = {
  /** AWS: 300 KB */
  templateBytes: 300 * 1024,
  /** AWS: iterations of a #foreach in a mapping template; Velocity stops the loop there without an error */
  loopIterations: 1000,
  /** the payload limit of API Gateway: 10 MB */
  outputChars: VALUE_CHARS_MAX,
  /** Velocity: velocimacro.max.depth */
  macroDepth: 20,
  /** elementary steps and characters worked on: about a second of one core */
  work: 40_000_000,
  rangeItems: 100_000,
} as const;

export type Evaluate = (state: RenderState) => Value;
export type Render = (state: RenderState) => void;

export interface MacroDefinition {
  parameters: string[];
  body: Statement[];
  run?: Render;
}

/** #define: rendered where it is printed. */
export class Block extends HostObject {
  readonly #state: RenderState;
  readonly #body: Render;

  constructor(state: RenderState, body: Render) {
    super();
    this.#state = state;
    this.#body = body;
  }
  override toText(): string {
    return this.#state.nested(() => this.#state.capture(this.#body));
  }
}

export class ForeachScope extends HostObject {
  index = -1;
  hasNext = false;
  stopped = false;
  readonly #parent: ForeachScope | undefined;

  constructor(parent: ForeachScope | undefined) {
    super();
    this.#parent = parent;
  }
  override get(name: string): Value {
    switch (name) {
      case 'index':
        return this.index;
      case 'count':
        return this.index + 1;
      case 'hasNext':
        return this.hasNext;
      case 'first':
        return this.index === 0;
      case 'last':
        return !this.hasNext;
      case 'parent':
        return this.#parent ?? null;
      case 'topmost':
        return this.#parent ? this.#parent.get('topmost') : this;
      default:
        return null;
    }
  }
  override call(name: string): Value {
    if (name === 'stop') {
      this.stopped = true;
      throw new Leave('break');
    }
    if (name === 'hasNext' || name === 'isFirst' || name === 'isLast') {
      return this.get(name === 'hasNext' ? 'hasNext' : name.slice(2).toLowerCase());
    }
    const property = /^get([A-Z])(\w*)$/.exec(name);
    return property ? this.get(property[1]!.toLowerCase() + property[2]) : null;
  }
  override toText(): string {
    return 'foreach';
  }
}

/** #break and #stop on their way out. */
export class Leave extends Error {
  readonly kind: 'break' | 'stop';
  constructor(kind: 'break' | 'stop') {
    super(kind);
    this.kind = kind;
  }
}

export class RenderState {
  readonly variables: Map<string, Value>;
  readonly macros: Map<string, MacroDefinition>;
  out = '';
  #work = 0;
  #depth = 0;
  #captured = 0;

  constructor(variables: Map<string, Value>, macros: Map<string, MacroDefinition>) {
    this.variables = variables;
    this.macros = macros;
  }

  /** Counts elementary steps; every loop and every method over text goes through here. */
  spend(amount: number): void {
    this.#work += amount;
    if (this.#work > TEMPLATE_LIMITS.work) throw new TemplateError('the template does too much work');
  }

  write(text: string): void {
    this.spend(1 + text.length / 64);
    this.out += text;
    if (this.out.length + this.#captured > TEMPLATE_LIMITS.outputChars) {
      throw new TemplateError('the output exceeds 10 MB');
    }
  }

  /** What `render` writes, as a string of its own. */
  capture(render: Render): string {
    const before = this.out;
    this.#captured += before.length;
    this.out = '';
    try {
      render(this);
      this.spend(this.out.length / 8);
      return this.out;
    } finally {
      this.out = before;
      this.#captured -= before.length;
    }
  }

  nested<T>(run: () => T): T {
    if (this.#depth >= TEMPLATE_LIMITS.macroDepth) throw new TemplateError('macros are nested too deeply');
    this.#depth++;
    try {
      return run();
    } finally {
      this.#depth--;
    }
  }
}
