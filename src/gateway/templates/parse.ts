// Velocity 1.7's grammar, read by hand. What looks like a reference or directive and is none is text. White space:
// a directive's closing parenthesis, #else and #end swallow blanks and one line end after them; #set also swallows blanks
// before it when they begin the text after another element; ## swallows its line end.
// https://velocity.apache.org/engine/1.7/vtl-reference.html
import type { Comparison, MathOperator } from './arithmetic.ts';
import { TemplateSyntaxError, type Expression, type Reference, type Statement, type Step } from './syntax.ts';

/** AWS: 300 KB of template; parsing is bounded by it and by this depth. */
const DEPTH_MAX = 200;

const SET = /[ \t]*#(?:set|\{set\})[ \t]*\(/y;
const TEXT = /[^$#\\]+/y;
const DOLLAR = /(\\*)\$(!?)(\{?)([A-Za-z_][A-Za-z0-9_-]*)/y;
const DIRECTIVE = /#(?:([A-Za-z_@][A-Za-z0-9_@]*)|\{([A-Za-z_@][A-Za-z0-9_@]*)\})/y;
const ESCAPED_DIRECTIVE = /(\\+)(#(?:[A-Za-z_@][A-Za-z0-9_@]*|\{[A-Za-z_][A-Za-z0-9_@]*\}))/y;
const LINE_REST = /[ \t]*(?:\r\n|\n|\r)/y;
const SPACE = /[ \t\r\n]*/y;
const BLANKS_AND_PAREN = /[ \t\r\n]*\(/y;
const IDENTIFIER = /[A-Za-z_][A-Za-z0-9_-]*/y;
const PROPERTY = /\.([A-Za-z][A-Za-z0-9_-]*)/y;
const WORD = /[A-Za-z_@][A-Za-z0-9_@]*/y;
const NUMBER = /-?(?:\d+\.(?!\.)\d*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\d+)/y;
const DOUBLE_QUOTED = /"[^"]*(?:""[^"]*)*"(?!")/y;
const SINGLE_QUOTED = /'[^']*(?:''[^']*)*'(?!')/y;
const BACKSLASHES = /\\+/y;

const BLOCK_DIRECTIVES = new Set(['if', 'foreach', 'macro', 'define']);
const BUILT_IN = new Set([
  ...BLOCK_DIRECTIVES,
  'set',
  'else',
  'elseif',
  'end',
  'stop',
  'break',
  'evaluate',
  'include',
  'parse',
]);

const COMPARISONS: Record<string, Comparison> = { '==': '==', eq: '==', '!=': '!=', ne: '!=' };
const RELATIONS: Record<string, Comparison> = {
  '<=': '<=',
  le: '<=',
  '>=': '>=',
  ge: '>=',
  '<': '<',
  lt: '<',
  '>': '>',
  gt: '>',
};

/** How a block ended. */
type End = 'end' | 'else' | 'elseif' | 'eof';

export function parseTemplate(source: string): Statement[] {
  return new TemplateParser(source).template();
}

class TemplateParser {
  readonly #source: string;
  /** names of the macros that this text defines, for `\#name` */
  readonly #macros: Set<string>;
  #at = 0;
  #depth = 0;

  constructor(source: string) {
    this.#source = source;
    this.#macros = new Set([...source.matchAll(/#(?:macro|\{macro\})\s*\(\s*([A-Za-z_@][\w@]*)/g)].map((m) => m[1]!));
  }

  template(): Statement[] {
    const { body, end } = this.#block();
    if (end !== 'eof') this.#fail(`unexpected #${end}`);
    return body;
  }

  #block(): { body: Statement[]; end: End } {
    if (++this.#depth > DEPTH_MAX) this.#fail('nested too deeply');
    const body: Statement[] = [];
    for (;;) {
      if (this.#at >= this.#source.length) {
        this.#depth--;
        return { body, end: 'eof' };
      }
      const end = this.#element(body);
      if (end) {
        this.#depth--;
        return { body, end };
      }
    }
  }

  /** One element of the text; answers the word when it is one that ends a block. */
  #element(body: Statement[]): End | undefined {
    if (this.#match(SET)) {
      body.push(this.#set());
      return undefined;
    }
    switch (this.#source[this.#at]) {
      case '\\':
        return this.#backslash(body);
      case '$':
        return this.#dollar(body);
      case '#':
        return this.#hash(body);
      default:
        pushText(body, this.#match(TEXT)![0]);
        return undefined;
    }
  }

  /** `\#if` is the text `#if`, `\\#if` a backslash and the directive; before anything else they are backslashes. */
  #backslash(body: Statement[]): undefined {
    if (this.#peek(DOLLAR)) return this.#dollar(body);
    const escaped = this.#match(ESCAPED_DIRECTIVE);
    if (!escaped) {
      pushText(body, this.#match(BACKSLASHES)![0]);
      return undefined;
    }
    const [all, slashes = '', directive = ''] = escaped;
    const name = directive.replace(/[#{}]/g, '');
    const known = BUILT_IN.has(name) || this.#macros.has(name);
    if (!known) {
      pushText(body, all);
    } else if (slashes.length % 2 === 1) {
      pushText(body, '\\'.repeat((slashes.length - 1) / 2) + directive);
    } else {
      pushText(body, '\\'.repeat(slashes.length / 2));
      this.#at -= directive.length;
    }
    return undefined;
  }

  #dollar(body: Statement[]): undefined {
    const reference = this.#peek(DOLLAR) ? this.#reference() : undefined;
    if (reference) {
      body.push({ type: 'reference', reference });
    } else {
      pushText(body, this.#source[this.#at]!);
      this.#at++;
    }
    return undefined;
  }

  #hash(body: Statement[]): End | undefined {
    if (this.#source.startsWith('##', this.#at)) return this.#lineComment();
    if (this.#source.startsWith('#*', this.#at)) return this.#blockComment();
    if (this.#source.startsWith('#[[', this.#at)) return this.#textBlock(body);
    const start = this.#at;
    const directive = this.#match(DIRECTIVE);
    if (!directive) {
      pushText(body, '#');
      this.#at++;
      return undefined;
    }
    return this.#directive(body, directive[1] ?? directive[2]!, start);
  }

  #lineComment(): undefined {
    const end = /\r\n|\n|\r/g;
    end.lastIndex = this.#at;
    this.#at = end.test(this.#source) ? end.lastIndex : this.#source.length;
    return undefined;
  }

  #blockComment(): undefined {
    const end = this.#source.indexOf('*#', this.#at + 2);
    if (end < 0) this.#fail('#* without *#');
    this.#at = end + 2;
    return undefined;
  }

  #textBlock(body: Statement[]): undefined {
    const end = this.#source.indexOf(']]#', this.#at + 3);
    if (end < 0) this.#fail('#[[ without ]]#');
    pushText(body, this.#source.slice(this.#at + 3, end));
    this.#at = end + 3;
    return undefined;
  }

  #directive(body: Statement[], word: string, start: number): End | undefined {
    switch (word) {
      case 'end':
      case 'else':
        this.#match(LINE_REST);
        return word;
      case 'elseif':
        return word;
      case 'if':
        body.push(this.#if());
        return undefined;
      case 'foreach':
        body.push(this.#foreach());
        return undefined;
      case 'macro':
        body.push(this.#macro());
        return undefined;
      case 'define':
        body.push(this.#define());
        return undefined;
      case 'evaluate':
        body.push(this.#evaluate());
        return undefined;
      case 'stop':
      case 'break':
        body.push({ type: word });
        return undefined;
      case 'include':
      case 'parse':
        return this.#fail(`#${word} is not available in mapping templates`);
      default:
        this.#call(body, word, start);
        return undefined;
    }
  }

  #set(): Statement {
    this.#space();
    if (!this.#peek(DOLLAR)) this.#fail('#set needs a reference');
    const target = this.#reference();
    if (!target) return this.#fail('#set needs a reference');
    this.#space();
    this.#expect('=');
    const value = this.#expression();
    this.#closeDirective();
    return { type: 'set', target, value };
  }

  #if(): Statement {
    const branches: { test: Expression; body: Statement[] }[] = [];
    for (;;) {
      this.#openDirective('if');
      const test = this.#expression();
      this.#closeDirective();
      const { body, end } = this.#block();
      branches.push({ test, body });
      if (end === 'elseif') continue;
      if (end === 'end') return { type: 'if', branches };
      if (end === 'eof') this.#fail('#if without #end');
      const otherwise = this.#block();
      if (otherwise.end !== 'end') this.#fail('#else without #end');
      return { type: 'if', branches, otherwise: otherwise.body };
    }
  }

  #foreach(): Statement {
    this.#openDirective('foreach');
    const variable = this.#plainVariable('foreach');
    this.#space();
    if (this.#match(WORD)?.[0] !== 'in') this.#fail('#foreach needs the word in');
    const over = this.#primary();
    this.#closeDirective();
    return { type: 'foreach', variable, over, body: this.#body('foreach') };
  }

  #macro(): Statement {
    this.#openDirective('macro');
    this.#space();
    const name = this.#match(WORD)?.[0] ?? this.#fail('#macro needs a name');
    const parameters: string[] = [];
    for (;;) {
      this.#separator();
      if (this.#source[this.#at] !== '$') break;
      parameters.push(this.#plainVariable('macro'));
    }
    this.#closeDirective();
    return { type: 'macro', name, parameters, body: this.#body('macro') };
  }

  #define(): Statement {
    this.#openDirective('define');
    const variable = this.#plainVariable('define');
    this.#closeDirective();
    return { type: 'define', variable, body: this.#body('define') };
  }

  #evaluate(): Statement {
    this.#openDirective('evaluate');
    const source = this.#primary();
    this.#closeDirective();
    return { type: 'evaluate', source };
  }

  /** A macro's call; also text that only looks like one, which is found out when it runs. */
  #call(body: Statement[], word: string, start: number): void {
    const isBlock = word.startsWith('@');
    const name = isBlock ? word.slice(1) : word;
    const args: Expression[] = [];
    const after = this.#at;
    if (this.#match(BLANKS_AND_PAREN)) {
      for (;;) {
        this.#separator();
        if (this.#source[this.#at] === ')') break;
        const argument = this.#macros.has(name) || isBlock ? this.#argument() : this.#try(() => this.#argument());
        if (!argument) {
          // `#word (` in plain text
          this.#at = after;
          pushText(body, this.#source.slice(start, after));
          return;
        }
        args.push(argument);
      }
      this.#closeDirective();
    } else if (isBlock) {
      pushText(body, this.#source.slice(start, this.#at));
      return;
    }
    const source = this.#source.slice(start, this.#at);
    if (!isBlock) body.push({ type: 'call', name, arguments: args, source });
    else body.push({ type: 'call', name, arguments: args, body: this.#body(word), source });
  }

  #argument(): Expression {
    const word = this.#source[this.#at] !== '$' && this.#match(WORD);
    if (!word) return this.#primary();
    if (word[0] === 'true' || word[0] === 'false') return { type: 'literal', value: word[0] === 'true' };
    return { type: 'word', word: word[0] };
  }

  #body(directive: string): Statement[] {
    const { body, end } = this.#block();
    if (end !== 'end') this.#fail(`#${directive} without #end`);
    return body;
  }

  #plainVariable(directive: string): string {
    this.#space();
    const reference = this.#peek(DOLLAR) ? this.#reference() : undefined;
    if (!reference || reference.path.length) this.#fail(`#${directive} needs a variable`);
    return reference!.name;
  }

  #openDirective(name: string): void {
    if (!this.#match(BLANKS_AND_PAREN)) this.#fail(`#${name} needs a parenthesis`);
  }

  #closeDirective(): void {
    this.#space();
    this.#expect(')');
    this.#match(LINE_REST);
  }

  #separator(): void {
    this.#space();
    if (this.#source[this.#at] === ',') this.#at++;
    this.#space();
  }

  /** At a `$` that begins one. Undefined (and nothing read) when `${name` is not closed as a reference is. */
  #reference(): Reference | undefined {
    const begin = this.#at;
    const [, slashes = '', bang = '', brace = '', name = ''] = this.#match(DOLLAR)!;
    const path: Step[] = [];
    for (;;) {
      const step = this.#step();
      if (!step) break;
      path.push(step);
    }
    if (brace) {
      if (this.#source[this.#at] !== '}') {
        this.#at = begin;
        return undefined;
      }
      this.#at++;
    }
    const source = this.#source.slice(begin + slashes.length, this.#at);
    return { name, path, quiet: bang === '!', source, escapes: slashes.length };
  }

  #step(): Step | undefined {
    if (this.#source[this.#at] === '[') return this.#try(() => this.#index());
    const property = this.#match(PROPERTY);
    if (!property) return undefined;
    const name = property[1]!;
    if (this.#source[this.#at] !== '(') return { type: 'property', name };
    this.#at++;
    const args: Expression[] = [];
    this.#space();
    while (this.#source[this.#at] !== ')') {
      args.push(this.#primary());
      this.#space();
      if (this.#source[this.#at] === ')') break;
      this.#expect(',');
    }
    this.#at++;
    return { type: 'method', name, arguments: args };
  }

  #index(): Step {
    this.#expect('[');
    const index = this.#primary();
    this.#space();
    this.#expect(']');
    return { type: 'index', index };
  }

  // Expressions, loosest first. All operators associate to the left.

  #expression(): Expression {
    if (++this.#depth > DEPTH_MAX) this.#fail('nested too deeply');
    let left = this.#conjunction();
    while (this.#operator(['||'], ['or'])) left = { type: 'or', left, right: this.#conjunction() };
    this.#depth--;
    return left;
  }

  #conjunction(): Expression {
    let left = this.#equality();
    while (this.#operator(['&&'], ['and'])) left = { type: 'and', left, right: this.#equality() };
    return left;
  }

  #equality(): Expression {
    let left = this.#relation();
    for (;;) {
      const found = this.#operator(['==', '!='], ['eq', 'ne']);
      if (!found) return left;
      left = { type: 'compare', operator: COMPARISONS[found]!, left, right: this.#relation() };
    }
  }

  #relation(): Expression {
    let left = this.#sum();
    for (;;) {
      const found = this.#operator(['<=', '>=', '<', '>'], ['le', 'ge', 'lt', 'gt']);
      if (!found) return left;
      left = { type: 'compare', operator: RELATIONS[found]!, left, right: this.#sum() };
    }
  }

  #sum(): Expression {
    let left = this.#product();
    for (;;) {
      const operator = this.#operator(['+', '-']) as MathOperator | undefined;
      if (!operator) return left;
      left = { type: 'math', operator, left, right: this.#product() };
    }
  }

  #product(): Expression {
    let left = this.#unary();
    for (;;) {
      const operator = this.#operator(['*', '/', '%']) as MathOperator | undefined;
      if (!operator) return left;
      left = { type: 'math', operator, left, right: this.#unary() };
    }
  }

  #unary(): Expression {
    this.#space();
    const isNot = this.#source[this.#at] === '!' ? this.#operator(['!']) : this.#operator([], ['not']);
    if (isNot) {
      if (++this.#depth > DEPTH_MAX) this.#fail('nested too deeply');
      const operand = this.#unary();
      this.#depth--;
      return { type: 'not', operand };
    }
    if (this.#source[this.#at] !== '(') return this.#primary();
    this.#at++;
    const inner = this.#expression();
    this.#space();
    this.#expect(')');
    return inner;
  }

  #primary(): Expression {
    if (++this.#depth > DEPTH_MAX) this.#fail('nested too deeply');
    this.#space();
    const value = this.#primaryHere();
    this.#depth--;
    return value;
  }

  #primaryHere(): Expression {
    switch (this.#source[this.#at]) {
      case '$': {
        const reference = this.#peek(DOLLAR) ? this.#reference() : undefined;
        if (!reference) return this.#fail('not a reference');
        return { type: 'reference', reference };
      }
      case '"':
        return this.#interpolation();
      case "'": {
        const text = this.#match(SINGLE_QUOTED)?.[0] ?? this.#fail('a string is not closed');
        return { type: 'literal', value: text.slice(1, -1).replaceAll("''", "'") };
      }
      case '[':
        return this.#listOrRange();
      case '{':
        return this.#map();
      default:
        return this.#numberOrWord();
    }
  }

  #interpolation(): Expression {
    const image = this.#match(DOUBLE_QUOTED)?.[0] ?? this.#fail('a string is not closed');
    const text = image
      .slice(1, -1)
      .replaceAll('""', '"')
      .replace(/\\u([0-9a-fA-F]{4})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (!/[$#]/.test(text)) return { type: 'literal', value: text };
    if (++this.#depth > DEPTH_MAX) this.#fail('nested too deeply');
    const inner = new TemplateParser(text);
    inner.#depth = this.#depth;
    for (const name of this.#macros) inner.#macros.add(name);
    const body = inner.template();
    this.#depth--;
    return { type: 'interpolation', body };
  }

  #listOrRange(): Expression {
    this.#expect('[');
    this.#space();
    const items: Expression[] = [];
    while (this.#source[this.#at] !== ']') {
      items.push(this.#primary());
      this.#space();
      if (items.length === 1 && this.#source.startsWith('..', this.#at)) {
        this.#at += 2;
        const to = this.#primary();
        this.#space();
        this.#expect(']');
        return { type: 'range', from: items[0]!, to };
      }
      if (this.#source[this.#at] !== ']') this.#expect(',');
    }
    this.#at++;
    return { type: 'list', items };
  }

  #map(): Expression {
    this.#expect('{');
    this.#space();
    const entries: [Expression, Expression][] = [];
    while (this.#source[this.#at] !== '}') {
      const key = this.#primary();
      this.#space();
      this.#expect(':');
      entries.push([key, this.#primary()]);
      this.#space();
      if (this.#source[this.#at] !== '}') this.#expect(',');
    }
    this.#at++;
    return { type: 'map', entries };
  }

  #numberOrWord(): Expression {
    const number = this.#match(NUMBER)?.[0];
    if (number !== undefined) {
      if (/[.eE]/.test(number)) return { type: 'literal', value: { double: Number(number) } };
      const value = Number(number);
      return { type: 'literal', value: Number.isSafeInteger(value) ? value : BigInt(number) };
    }
    const word = this.#match(IDENTIFIER)?.[0];
    if (word === 'true' || word === 'false') return { type: 'literal', value: word === 'true' };
    return this.#fail(word === undefined ? 'a value is missing' : `${word} is not a value`);
  }

  #operator(symbols: string[], words: string[] = []): string | undefined {
    this.#space();
    for (const symbol of symbols) {
      if (!this.#source.startsWith(symbol, this.#at)) continue;
      this.#at += symbol.length;
      return symbol;
    }
    const word = words.length ? this.#peek(WORD)?.[0] : undefined;
    if (word === undefined || !words.includes(word)) return undefined;
    this.#at += word.length;
    return word;
  }

  #space(): void {
    this.#match(SPACE);
  }

  #expect(symbol: string): void {
    if (!this.#source.startsWith(symbol, this.#at)) this.#fail(`'${symbol}' expected`);
    this.#at += symbol.length;
  }

  #peek(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source);
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    const match = this.#peek(pattern);
    if (match) this.#at = pattern.lastIndex;
    return match;
  }

  /** Reads nothing when it fails: for text that only looks like syntax. */
  #try<T>(read: () => T): T | undefined {
    const at = this.#at;
    const depth = this.#depth;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof TemplateSyntaxError)) throw error;
      this.#at = at;
      this.#depth = depth;
      return undefined;
    }
  }

  #fail(message: string): never {
    throw new TemplateSyntaxError(message, this.#source, this.#at);
  }
}

function pushText(body: Statement[], text: string): void {
  const last = body.at(-1);
  if (last?.type === 'text') last.text += text;
  else body.push({ type: 'text', text });
}
