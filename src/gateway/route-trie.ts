// Routes by path and method. A literal segment wins over a parameter, a parameter over a greedy one; where the more specific
// path has no such method, the less specific one is asked. The cost follows the path's length, not the number of routes.
import { decodePercent } from './incoming.ts';

interface Leaf<T> {
  value: T;
  /** of its path parameters, in the order of the path */
  names: readonly string[];
}

interface Node<T> {
  literals: Map<string, Node<T>>;
  parameter?: Node<T>;
  /** `{name+}`: one segment or more to the end */
  greedy?: Map<string, Leaf<T>>;
  methods?: Map<string, Leaf<T>>;
}

export interface RouteMatch<T> {
  value: T;
  /** decoded, in the order of the path */
  pathParameters: [string, string][];
}

const SEGMENTS_MAX = 500;

export class RouteTrie<T> {
  readonly #root: Node<T> = { literals: new Map() };

  /** `method` may be ANY. */
  insert(path: string, method: string, value: T): void {
    const names: string[] = [];
    let node = this.#root;
    for (const segment of path.split('/').filter(Boolean)) {
      const variable = /^\{([^{}+]+)(\+?)\}$/.exec(segment);
      if (!variable) {
        let next = node.literals.get(segment);
        if (!next) node.literals.set(segment, (next = { literals: new Map() }));
        node = next;
        continue;
      }
      names.push(variable[1]!);
      if (variable[2]) {
        (node.greedy ??= new Map()).set(method, { value, names });
        return;
      }
      node = node.parameter ??= { literals: new Map() };
    }
    (node.methods ??= new Map()).set(method, { value, names });
  }

  /** `path` is as sent, percent-encoded. */
  find(path: string, method: string, options: { ignoresTrailingSlash: boolean }): RouteMatch<T> | undefined {
    const segments = path === '/' || path === '' ? [] : path.slice(1).split('/');
    if (options.ignoresTrailingSlash && segments.at(-1) === '') segments.pop();
    if (segments.length > SEGMENTS_MAX) return undefined;
    const values: string[] = [];
    const leaf = walk(this.#root, segments, 0, method, values);
    if (!leaf) return undefined;
    return { value: leaf.value, pathParameters: leaf.names.map((name, i) => [name, values[i]!]) };
  }
}

function walk<T>(
  node: Node<T>,
  segments: readonly string[],
  depth: number,
  method: string,
  values: string[],
): Leaf<T> | undefined {
  if (depth === segments.length) return pick(node.methods, method);
  const segment = decodePercent(segments[depth]!);
  const literal = node.literals.get(segment);
  if (literal) {
    const found = walk(literal, segments, depth + 1, method, values);
    if (found) return found;
  }
  if (node.parameter && segment !== '') {
    values.push(segment);
    const found = walk(node.parameter, segments, depth + 1, method, values);
    if (found) return found;
    values.pop();
  }
  const found = pick(node.greedy, method);
  if (!found) return undefined;
  const rest = segments.slice(depth).join('/');
  if (rest === '') return undefined;
  values.push(decodePercent(rest));
  return found;
}

const pick = <T>(methods: Map<string, Leaf<T>> | undefined, method: string): Leaf<T> | undefined =>
  methods && (methods.get(method) ?? methods.get('ANY'));
