import { isList, isMap } from './json.ts';
import type { Json, JsonMap } from './json.ts';

/**
 * What `MyFunction.Alias`, `MyApi.Stage` and the like stand for. Templates may refer to the resources that a SAM
 * resource becomes by the name of their role; their logical ids carry a hash and are unknown to the author.
 */
export class ResourceReferences {
  readonly #targets = new Map<string, string>();

  add(logicalId: string, property: string, target: string): void {
    this.#targets.set(`${logicalId}.${property}`, target);
  }

  get size(): number {
    return this.#targets.size;
  }

  get(logicalId: string, property: string): string | undefined {
    return this.#targets.get(`${logicalId}.${property}`);
  }
}

/** Rewrites every Ref, GetAtt and Sub in `value` that names a role of a SAM resource or a renamed resource. */
export function rewriteReferences(
  value: Json,
  references: ResourceReferences,
  renamed: ReadonlyMap<string, string>,
): Json {
  if (references.size === 0 && renamed.size === 0) return value;
  return new Rewriter(references, renamed).rewrite(value);
}

class Rewriter {
  readonly #references: ResourceReferences;
  readonly #renamed: ReadonlyMap<string, string>;

  constructor(references: ResourceReferences, renamed: ReadonlyMap<string, string>) {
    this.#references = references;
    this.#renamed = renamed;
  }

  rewrite(value: Json): Json {
    if (isList(value)) return value.map((item) => this.rewrite(item));
    if (!isMap(value)) return value;
    const result: JsonMap = {};
    for (const [key, item] of Object.entries(value)) result[key] = this.rewrite(item);
    const keys = Object.keys(result);
    const name = keys.length === 1 ? keys[0] : undefined;
    const argument = name === undefined ? undefined : result[name];
    if (argument === undefined) return result;
    if (name === 'Ref' && typeof argument === 'string') return { Ref: this.#path(argument) };
    if (name === 'Fn::GetAtt' && isList(argument)) return { 'Fn::GetAtt': this.#attribute(argument) };
    if (name === 'Fn::Sub') return { 'Fn::Sub': this.#substitution(argument) };
    return result;
  }

  /** `Api.Stage`, or the plain id of a renamed resource. */
  #path(path: string): string {
    const [logicalId, property, ...rest] = path.split('.');
    if (logicalId === undefined) return path;
    if (property === undefined) return this.#renamed.get(logicalId) ?? path;
    const target = this.#references.get(logicalId, property);
    if (target !== undefined) return [target, ...rest].join('.');
    const renamed = this.#renamed.get(logicalId);
    return renamed === undefined ? path : [renamed, property, ...rest].join('.');
  }

  /** ["Fn.Alias", "Name"] and ["Fn", "Alias.Name"] are the same path. */
  #attribute(argument: Json[]): Json[] {
    if (!argument.every((part) => typeof part === 'string')) {
      const head = argument[0];
      return typeof head === 'string' ? [this.#renamed.get(head) ?? head, ...argument.slice(1)] : argument;
    }
    const path = argument.join('.');
    const rewritten = this.#path(path);
    if (rewritten === path) return argument;
    const dot = rewritten.indexOf('.');
    return dot < 0 ? [rewritten] : [rewritten.slice(0, dot), rewritten.slice(dot + 1)];
  }

  #substitution(argument: Json): Json {
    if (typeof argument === 'string') return this.#text(argument, {});
    if (!isList(argument) || typeof argument[0] !== 'string') return argument;
    const local = isMap(argument[1]) ? argument[1] : {};
    return [this.#text(argument[0], local), ...argument.slice(1)];
  }

  #text(text: string, local: JsonMap): string {
    return text.replace(/\$\{([A-Za-z0-9.]+)\}/g, (part, path: string) =>
      path in local ? part : `\${${this.#path(path)}}`,
    );
  }
}
