// Template text to plain JSON: YAML with CloudFormation's short tags, or JSON. Lines are looked up when an error needs them.
import {
  LineCounter,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type Document,
  type ScalarTag,
  type SchemaOptions,
  type YAMLMap,
} from 'yaml';
import { formatError, functionError, TemplateError } from './error.ts';

export type JsonObject = { [name: string]: Json };
export type Json = string | number | boolean | null | Json[] | JsonObject;
export type TemplatePath = readonly (string | number)[];

export interface TemplateDocument {
  text: string;
  format: 'JSON' | 'YAML';
  json: JsonObject;
  /** 1-based line of the deepest existing node on this path. */
  lineOf: (path: TemplatePath) => number | undefined;
}

/** https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html */
export const TEMPLATE_BODY_BYTES_MAX = 51_200;
export const TEMPLATE_URL_BYTES_MAX = 1_048_576;
const NESTING_MAX = 1_000;

/** Short tags that stand for a function of the same name; the others are `Fn::` + name. */
const PLAIN_TAGS = new Set(['Ref', 'Condition']);
const FUNCTION_TAGS = new Set([
  'And',
  'Base64',
  'Cidr',
  'Equals',
  'FindInMap',
  'GetAtt',
  'GetAZs',
  'If',
  'ImportValue',
  'Join',
  'Length',
  'Not',
  'Or',
  'Select',
  'Split',
  'Sub',
  'ToJsonString',
  'Transform',
]);

/** CloudFormation reads YAML 1.1 with `yes`/`on` as booleans, but neither dates nor the single letters y and n. */
const yamlBoolean: ScalarTag = {
  tag: 'tag:yaml.org,2002:bool',
  default: true,
  test: /^(?:yes|Yes|YES|true|True|TRUE|on|On|ON|no|No|NO|false|False|FALSE|off|Off|OFF)$/,
  resolve: (text: string) => /^(?:y|t|on)/i.test(text),
};
const LEFT_OUT = /:(?:bool|timestamp|binary|merge|omap|pairs|set)$/;

/** YAML 1.1 takes a lone dot for a number. CloudFormation does not: SAM CLI and PyYAML write `- .` inside Fn::Join. */
const aloneDot: ScalarTag = {
  tag: 'tag:yaml.org,2002:str',
  default: true,
  test: /^[-+]?\._*$/,
  resolve: (text: string) => text,
};
const schemaOptions: SchemaOptions = {
  schema: 'yaml-1.1',
  merge: false,
  customTags: (tags) => [
    yamlBoolean,
    aloneDot,
    ...tags.filter((tag) => typeof tag === 'object' && !LEFT_OUT.test(tag.tag)),
  ],
};

function functionOf(tag: string | undefined): string | undefined {
  if (!tag?.startsWith('!') || tag.startsWith('!!')) return undefined;
  const name = tag.slice(1);
  if (PLAIN_TAGS.has(name)) return name;
  if (FUNCTION_TAGS.has(name)) return `Fn::${name}`;
  return undefined;
}

/** `!GetAtt A.B.C` means resource A, attribute B.C. */
const getAttArguments = (text: string): Json => {
  const dot = text.indexOf('.');
  return dot < 0 ? text : [text.slice(0, dot), text.slice(dot + 1)];
};

function scalarToJson(value: unknown): Json {
  if (typeof value === 'bigint') return value.toString();
  if (value === undefined || value === null) return null;
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

function keyOf(key: unknown): string {
  if (!isScalar(key)) return String(key);
  // 012345678901: as a key is an account id, not an octal number.
  return typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
}

class Reader {
  readonly #lines: LineCounter;
  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  line(node: unknown): number | undefined {
    const start = (node as { range?: [number, number, number] } | null)?.range?.[0];
    return start === undefined ? undefined : this.#lines.linePos(start).line;
  }

  json(node: unknown, depth = 0): Json {
    if (depth > NESTING_MAX) throw formatError('The template is nested too deeply', this.line(node));
    if (isAlias(node)) throw functionError('YAML aliases are not allowed in CloudFormation templates', this.line(node));
    const tag = (node as { tag?: string } | null)?.tag;
    const name = functionOf(tag);
    if (tag?.startsWith('!') && !tag.startsWith('!!') && !name) {
      throw formatError(`YAML not well-formed. (unknown tag ${tag}, line ${this.line(node)})`, this.line(node));
    }
    const value = this.#untagged(node, depth);
    if (!name) return value;
    return { [name]: name === 'Fn::GetAtt' && typeof value === 'string' ? getAttArguments(value) : value };
  }

  #untagged(node: unknown, depth: number): Json {
    if (isMap(node)) {
      const out: JsonObject = {};
      for (const pair of (node as YAMLMap).items) {
        // defineProperty: a key named __proto__ must stay a key.
        Object.defineProperty(out, keyOf(pair.key), {
          value: this.json(pair.value, depth + 1),
          enumerable: true,
          writable: true,
          configurable: true,
        });
      }
      return out;
    }
    if (isSeq(node)) return node.items.map((item) => this.json(item, depth + 1));
    if (isScalar(node)) return scalarToJson(node.value);
    return null;
  }

  /** Follows a JSON path through the nodes, stepping over the short tags' own names. */
  find(root: unknown, path: TemplatePath): number | undefined {
    let node: unknown = root;
    let line = this.line(root);
    for (const step of path) {
      if (functionOf((node as { tag?: string } | null)?.tag) === step) continue;
      let next: unknown;
      if (isMap(node)) {
        const pair = (node as YAMLMap).items.find((item) => keyOf(item.key) === String(step));
        if (!pair) break;
        next = pair.value;
        line = this.line(pair.key) ?? line;
      } else if (isSeq(node)) {
        next = node.items[Number(step)];
        if (next === undefined) break;
        line = this.line(next) ?? line;
      } else break;
      node = next;
    }
    return line;
  }
}

function parseYaml(text: string): { document: Document.Parsed; reader: Reader } {
  const lineCounter = new LineCounter();
  const document = composeYaml(text, lineCounter);
  const error = document.errors[0];
  if (error) {
    const { line, col } = lineCounter.linePos(error.pos[0]);
    throw new TemplateError(`Template format error: YAML not well-formed. (line ${line}, column ${col})`, line, error);
  }
  return { document, reader: new Reader(lineCounter) };
}

function composeYaml(text: string, lineCounter: LineCounter): Document.Parsed {
  try {
    return parseDocument(text, { ...schemaOptions, version: '1.1', lineCounter, logLevel: 'silent' });
  } catch (error) {
    // The parser recurses into collections.
    if (error instanceof RangeError) throw formatError('The template is nested too deeply');
    throw error;
  }
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    const offset = Number(/position (\d+)/.exec((error as Error).message)?.[1] ?? text.length);
    const before = text.slice(0, offset).split('\n');
    const line = before.length;
    const column = (before.at(-1)?.length ?? 0) + 1;
    throw new TemplateError(
      `Template format error: JSON not well-formed. (line ${line}, column ${column})`,
      line,
      error,
    );
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What follows walks templates by recursion. */
function checkNesting(value: Json, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > NESTING_MAX) throw formatError('The template is nested too deeply');
  for (const inner of Object.values(value)) checkNesting(inner, depth + 1);
}

/** Parses a template, or a piece of one that AWS::Include brings. */
export function parseTemplate(text: string): TemplateDocument {
  const format = /^\s*\{/.test(text) ? 'JSON' : 'YAML';
  let yaml: ReturnType<typeof parseYaml> | undefined;
  let json: Json;
  if (format === 'JSON') json = parseJson(text);
  else {
    yaml = parseYaml(text);
    json = yaml.reader.json(yaml.document.contents);
  }
  checkNesting(json);
  if (!isObject(json)) throw formatError('unsupported structure.', 1);
  return {
    text,
    format,
    json,
    lineOf(path) {
      try {
        yaml ??= parseYaml(text);
      } catch {
        return undefined; // JSON with something that YAML 1.1 does not know: no line then
      }
      return yaml.reader.find(yaml.document.contents, path);
    },
  };
}
