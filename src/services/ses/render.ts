// The part of Handlebars that SES has: values, if/unless/else, each, with, partial context paths; no code, no lookup outside the data.

type Node =
  | { kind: 'text'; text: string }
  | { kind: 'value'; path: string; raw: boolean }
  | { kind: 'block'; name: string; path: string; body: Node[]; otherwise: Node[] };

const TAG = /\{\{\{\s*([^{}]+?)\s*\}\}\}|\{\{([#/^!&]?)\s*([^{}]*?)\s*\}\}/g;
const BLOCKS = new Set(['if', 'unless', 'each', 'with']);
/** More than this is a template gone wrong, or meant to. */
const OUTPUT_LENGTH_MAX = 10 * 1024 * 1024;

function parse(source: string): Node[] {
  const root: Node[] = [];
  const open: { node: Extract<Node, { kind: 'block' }>; into: Node[] }[] = [];
  let into = root;
  let at = 0;
  for (const match of source.matchAll(TAG)) {
    if (match.index > at) into.push({ kind: 'text', text: source.slice(at, match.index) });
    at = match.index + match[0].length;
    const [, triple, sign, inner = ''] = match;
    if (triple !== undefined) into.push({ kind: 'value', path: triple, raw: true });
    else if (sign === '!') continue;
    else if (sign === '#') {
      const [name = '', path = ''] = inner.split(/\s+/, 2);
      if (!BLOCKS.has(name)) throw new Error(`Unknown helper '${name}' in template`);
      const node = { kind: 'block' as const, name, path, body: [], otherwise: [] };
      into.push(node);
      open.push({ node, into });
      into = node.body;
    } else if (sign === '/') {
      const last = open.pop();
      if (!last || last.node.name !== inner) throw new Error(`Template closes '${inner}', which is not open`);
      into = last.into;
    } else if (inner === 'else' || sign === '^') {
      const last = open.at(-1);
      if (!last) throw new Error("Template has 'else' outside a block");
      into = last.node.otherwise;
    } else into.push({ kind: 'value', path: inner, raw: sign === '&' });
  }
  if (open.length > 0) throw new Error(`Template leaves '${open.at(-1)?.node.name}' open`);
  if (at < source.length) into.push({ kind: 'text', text: source.slice(at) });
  return root;
}

/** Why the text is no template; undefined when it is one. */
export function templateFault(source: string): string | undefined {
  try {
    parse(source);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

interface Scope {
  value: unknown;
  parent?: Scope;
  index?: number;
  key?: string;
}

function lookUp(scope: Scope, path: string): unknown {
  if (path === 'this' || path === '.') return scope.value;
  if (path === '@index') return scope.index;
  if (path === '@key') return scope.key;
  let from: Scope | undefined = scope;
  let rest = path.replace(/^this[./]/, '');
  while (rest.startsWith('../')) {
    from = from?.parent;
    rest = rest.slice(3);
  }
  let value: unknown = from?.value;
  for (const step of rest.split(/[./]/)) {
    if (value === null || typeof value !== 'object' || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0);
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"'`=]/g, (c) => `&#x${c.charCodeAt(0).toString(16).toUpperCase()};`);

/** Throws with SES's words when a value is missing. */
export function renderTemplate(source: string, data: unknown, html: boolean): string {
  let length = 0;
  const out: string[] = [];
  const write = (text: string): void => {
    length += text.length;
    if (length > OUTPUT_LENGTH_MAX) throw new Error('Rendered template is too large');
    out.push(text);
  };
  const run = (nodes: readonly Node[], scope: Scope): void => {
    for (const node of nodes) {
      if (node.kind === 'text') write(node.text);
      else if (node.kind === 'value') {
        const value = lookUp(scope, node.path);
        if (value === undefined) throw new Error(`Attribute '${node.path}' is not present in the rendering data.`);
        const text = value === null ? '' : typeof value === 'object' ? JSON.stringify(value) : String(value);
        write(html && !node.raw ? escapeHtml(text) : text);
      } else runBlock(node, scope);
    }
  };
  const runBlock = (node: Extract<Node, { kind: 'block' }>, scope: Scope): void => {
    const value = lookUp(scope, node.path);
    if (node.name === 'each' && value !== null && typeof value === 'object' && !isEmpty(value)) {
      Object.entries(value).forEach(([key, each], index) => run(node.body, { value: each, parent: scope, index, key }));
    } else if (node.name === 'each') run(node.otherwise, scope);
    else if (node.name === 'with' && !isEmpty(value)) run(node.body, { value, parent: scope });
    else run(isEmpty(value) === (node.name === 'unless') ? node.body : node.otherwise, scope);
  };
  run(parse(source), { value: data });
  return out.join('');
}
