// $input: the payload and the parameters of the request (in a response template: the payload of the backend's answer).
import { compileJsonPath } from './json-path.ts';
import { parseJson } from './json.ts';
import { HostObject, TemplateError, toJson, toText, type Value, type ValueMap } from './values.ts';

/** Request parameters by place, each name once, as $input.params() shows them. */
export interface InputParameters {
  path: Iterable<readonly [string, string]>;
  querystring: Iterable<readonly [string, string]>;
  header: Iterable<readonly [string, string]>;
}

/** The payload is not JSON and the template asks for a part of it: AWS answers 400 with these words. */
export class InvalidPayload extends TemplateError {}

export class Input extends HostObject {
  readonly #body: string;
  readonly #parameters: () => InputParameters;
  #root: Value | undefined;
  #params: { path: ValueMap; querystring: ValueMap; header: ValueMap } | undefined;

  constructor(body: string, parameters: () => InputParameters) {
    super();
    this.#body = body;
    this.#parameters = parameters;
  }

  override get(name: string): Value {
    if (name === 'body') return this.#body;
    return name === 'params' ? this.#allParams() : null;
  }

  override call(name: string, args: Value[]): Value {
    switch (name) {
      case 'body':
        return this.#body;
      case 'json':
        return this.#json(toText(args[0] ?? '$'));
      case 'path':
        return compileJsonPath(toText(args[0] ?? '$')).read(this.#parsed());
      case 'params':
        return args.length ? this.#param(args[0]!) : this.#allParams();
      default:
        return null;
    }
  }

  /** A part of the payload as JSON text. What is not there is the empty JSON string: observed, and relied upon. */
  #json(path: string): string {
    const value = compileJsonPath(path).find(this.#parsed());
    return value === undefined ? '""' : toJson(value);
  }

  /**
   * An empty payload counts as an empty object, so that templates for requests without a body can ask it; a payload that
   * does not begin like JSON is one string (forms are read that way: `$input.path('$').split('&')`).
   */
  #parsed(): Value {
    if (this.#root === undefined) this.#root = parsePayload(this.#body);
    return this.#root;
  }

  #param(name: Value): Value {
    const { path, querystring, header } = this.#maps();
    for (const map of [path, querystring, header]) {
      const value = map.get(name);
      if (value !== undefined) return value;
    }
    const lower = toText(name).toLowerCase();
    for (const [key, value] of header) if (toText(key).toLowerCase() === lower) return value;
    return '';
  }

  #allParams(): Value {
    const { path, querystring, header } = this.#maps();
    return new Map<Value, Value>([
      ['path', path],
      ['querystring', querystring],
      ['header', header],
    ]);
  }

  #maps(): { path: ValueMap; querystring: ValueMap; header: ValueMap } {
    if (!this.#params) {
      const { path, querystring, header } = this.#parameters();
      this.#params = { path: new Map(path), querystring: new Map(querystring), header: new Map(header) };
    }
    return this.#params;
  }
}

function parsePayload(body: string): Value {
  const start = /^\s*(.?)/s.exec(body)![1];
  if (start === '') return new Map();
  try {
    return parseJson(body);
  } catch (error) {
    if (start !== '{' && start !== '[') return body;
    throw new InvalidPayload(`Could not parse request body into json: ${(error as Error).message}`, { cause: error });
  }
}
