// The expressions of JSONPath filters: `@.price < 10 && (@.tag == 'x' || !(@.old)) && @.name =~ /a.*/i && @.kind in ['a','b']`.
import { compileSafeRegex } from '#core/safe-regex.ts';
import { compareValues } from './methods/order.ts';
import { isEqual, isNumber, JavaDouble, TemplateError, type Value } from './values.ts';

export type Filter = (item: Value, root: Value) => boolean;
type Operand = (item: Value, root: Value) => Value;
type PathCompiler = (path: string) => { read(root: Value): Value };

const OPERATOR = /==|!=|<=|>=|<>|=~|<|>|(?:in|nin|contains|size|empty|subsetof|anyof|noneof)\b/y;
const STRING = /'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/y;
const NUMBER = /-?\d+(\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true\b|false\b|null\b/y;
const REGEX = /\/((?:[^/\\]|\\.)+)\/([a-zA-Z]*)/y;
const DEPTH_MAX = 50;

/** Reads from the `(` at `from` (after `?`) to its `)`. */
export function compileJsonFilter(
  source: string,
  from: number,
  compilePath: PathCompiler,
): { filter: Filter; end: number } {
  const reader = new FilterReader(source, from, compilePath);
  const filter = reader.group();
  return { filter, end: reader.at };
}

class FilterReader {
  at: number;
  readonly #source: string;
  readonly #compilePath: PathCompiler;
  #depth = 0;

  constructor(source: string, at: number, compilePath: PathCompiler) {
    this.#source = source;
    this.at = at;
    this.#compilePath = compilePath;
  }

  group(): Filter {
    if (++this.#depth > DEPTH_MAX) this.#fail();
    this.#expect('(');
    const filter = this.#or();
    this.#expect(')');
    this.#depth--;
    return filter;
  }

  #or(): Filter {
    let left = this.#and();
    while (this.#accept('||')) {
      const a = left;
      const b = this.#and();
      left = (item, root) => a(item, root) || b(item, root);
    }
    return left;
  }

  #and(): Filter {
    let left = this.#term();
    while (this.#accept('&&')) {
      const a = left;
      const b = this.#term();
      left = (item, root) => a(item, root) && b(item, root);
    }
    return left;
  }

  #term(): Filter {
    if (this.#accept('!')) {
      if (++this.#depth > DEPTH_MAX) this.#fail();
      const inner = this.#term();
      this.#depth--;
      return (item, root) => !inner(item, root);
    }
    this.#space();
    if (this.#source[this.at] === '(') return this.group();
    return this.#comparison();
  }

  #comparison(): Filter {
    const isPath = /[@$]/.test(this.#source[this.at] ?? '');
    const left = this.#operand();
    this.#space();
    const operator = this.#match(OPERATOR)?.[0];
    if (!operator) {
      if (!isPath) this.#fail();
      return (item, root) => left(item, root) !== null;
    }
    if (operator === '=~') return this.#regex(left);
    const right = this.#operand();
    return (item, root) => holds(operator, left(item, root), right(item, root));
  }

  #regex(left: Operand): Filter {
    this.#space();
    const match = this.#match(REGEX) ?? this.#fail();
    const flags = match[2]!.replace(/[^ims]/g, '');
    const regex = compileSafeRegex(`^(?:${match[1]})$`, flags);
    return (item, root) => {
      const value = left(item, root);
      return typeof value === 'string' && regex.test(value);
    };
  }

  #operand(): Operand {
    this.#space();
    const char = this.#source[this.at];
    if (char === '@' || char === '$') return this.#path(char);
    if (char === '[') return this.#list();
    const string = this.#match(STRING);
    if (string) return constant((string[1] ?? string[2]!).replace(/\\(.)/g, '$1'));
    const number = this.#match(NUMBER);
    if (number) {
      const value = Number(number[0]);
      return constant(number[1] === undefined && Number.isSafeInteger(value) ? value : new JavaDouble(value));
    }
    const word = this.#match(WORD)?.[0] ?? this.#fail();
    return constant(word === 'null' ? null : word === 'true');
  }

  #list(): Operand {
    this.#expect('[');
    const items: Operand[] = [];
    while (!this.#accept(']')) {
      items.push(this.#operand());
      this.#accept(',');
    }
    return (item, root) => items.map((operand) => operand(item, root));
  }

  /** A path inside a filter ends at white space, an operator or an unmatched parenthesis. */
  #path(start: string): Operand {
    const begin = this.at++;
    let brackets = 0;
    for (; this.at < this.#source.length; this.at++) {
      const char = this.#source[this.at]!;
      if (char === '[' || char === '(') brackets++;
      else if (brackets && (char === ']' || char === ')')) brackets--;
      else if (!brackets && /[\s)=!<>&|,\]]/.test(char)) break;
    }
    const path = this.#compilePath(this.#source.slice(begin, this.at));
    return start === '@' ? (item) => path.read(item) : (_item, root) => path.read(root);
  }

  #space(): void {
    while (this.#source[this.at] === ' ') this.at++;
  }

  #accept(symbol: string): boolean {
    this.#space();
    if (!this.#source.startsWith(symbol, this.at)) return false;
    this.at += symbol.length;
    return true;
  }

  #expect(symbol: string): void {
    if (!this.#accept(symbol)) this.#fail();
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.at;
    const match = pattern.exec(this.#source);
    if (match) this.at = pattern.lastIndex;
    return match;
  }

  #fail(): never {
    throw new TemplateError(`invalid JSONPath filter in ${this.#source} at ${this.at}`);
  }
}

const constant =
  (value: Value): Operand =>
  () =>
    value;

const isAlike = (left: Value, right: Value): boolean => {
  if (isNumber(left) && isNumber(right)) return compareValues(left, right) === 0;
  return isEqual(left, right);
};

const includes = (list: Value, value: Value): boolean =>
  Array.isArray(list) && list.some((item) => isAlike(item, value));

function holds(operator: string, left: Value, right: Value): boolean {
  switch (operator) {
    case '==':
      return isAlike(left, right);
    case '!=':
    case '<>':
      return !isAlike(left, right);
    case 'in':
      return includes(right, left);
    case 'nin':
      return !includes(right, left);
    case 'contains':
      return typeof left === 'string' ? typeof right === 'string' && left.includes(right) : includes(left, right);
    case 'size':
      return (Array.isArray(left) || typeof left === 'string') && left.length === right;
    case 'empty':
      return (Array.isArray(left) || typeof left === 'string') && (left.length === 0) === right;
    case 'subsetof':
      return Array.isArray(left) && left.every((item) => includes(right, item));
    case 'anyof':
      return Array.isArray(left) && left.some((item) => includes(right, item));
    case 'noneof':
      return Array.isArray(left) && !left.some((item) => includes(right, item));
    default:
      return isOrdered(operator, left, right);
  }
}

function isOrdered(operator: string, left: Value, right: Value): boolean {
  const comparable = (isNumber(left) && isNumber(right)) || (typeof left === 'string' && typeof right === 'string');
  if (!comparable) return false;
  const order = compareValues(left, right);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}
