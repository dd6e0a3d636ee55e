// JSON as Java's parsers keep it: members in the order of the text (JavaScript objects would sort numeric names),
// 1.0 apart from 1, integers beyond 2^53 exact.
import { JavaDouble, JsonArray, type Value, type ValueMap } from './values.ts';

const DEPTH_MAX = 1000;
const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const PLAIN_STRING = /[^"\\\u0000-\u001f]*"/y;

/** Throws SyntaxError. */
export function parseJson(text: string): Value {
  const parser = new JsonParser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

class JsonParser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Value {
    if (depth > DEPTH_MAX) throw new SyntaxError('JSON is nested too deeply');
    switch (this.#peek()) {
      case 123:
        return this.#object(depth);
      case 91:
        return this.#array(depth);
      case 34:
        this.#at++;
        return this.#string();
      case 116:
        return this.#word('true', true);
      case 102:
        return this.#word('false', false);
      case 110:
        return this.#word('null', null);
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#peek();
    if (this.#at < this.#text.length) this.#fail();
  }

  /** The next character that is not white space. */
  #peek(): number {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return code;
      this.#at++;
    }
  }

  #object(depth: number): ValueMap {
    const map: ValueMap = new Map();
    this.#at++;
    if (this.#peek() === 125) {
      this.#at++;
      return map;
    }
    for (;;) {
      if (this.#peek() !== 34) this.#fail();
      this.#at++;
      const name = this.#string();
      if (this.#peek() !== 58) this.#fail();
      this.#at++;
      map.set(name, this.value(depth + 1));
      if (this.#closes(125)) return map;
    }
  }

  #array(depth: number): JsonArray {
    const array = new JsonArray();
    this.#at++;
    if (this.#peek() === 93) {
      this.#at++;
      return array;
    }
    for (;;) {
      array.push(this.value(depth + 1));
      if (this.#closes(93)) return array;
    }
  }

  /** After an element: a comma goes on, `close` ends. */
  #closes(close: number): boolean {
    const code = this.#peek();
    if (code !== close && code !== 44) this.#fail();
    this.#at++;
    return code === close;
  }

  #string(): string {
    const start = this.#at;
    PLAIN_STRING.lastIndex = start;
    if (PLAIN_STRING.test(this.#text)) {
      this.#at = PLAIN_STRING.lastIndex;
      return this.#text.slice(start, this.#at - 1);
    }
    this.#at = this.#closingQuote(start) + 1;
    return JSON.parse(this.#text.slice(start - 1, this.#at)) as string;
  }

  #closingQuote(from: number): number {
    for (let at = from; ; at++) {
      at = this.#text.indexOf('"', at);
      if (at < 0) this.#fail();
      let escapes = 0;
      while (this.#text.charCodeAt(at - 1 - escapes) === 92) escapes++;
      if (escapes % 2 === 0) return at;
    }
  }

  #word<T extends Value>(word: string, value: T): T {
    if (!this.#text.startsWith(word, this.#at)) this.#fail();
    this.#at += word.length;
    return value;
  }

  #number(): Value {
    NUMBER.lastIndex = this.#at;
    const match = NUMBER.exec(this.#text);
    if (!match) this.#fail();
    this.#at = NUMBER.lastIndex;
    const value = Number(match[0]);
    if (match[1] !== undefined || match[2] !== undefined) return new JavaDouble(value);
    return Number.isSafeInteger(value) ? value : BigInt(match[0]);
  }

  #fail(): never {
    const at = this.#at;
    const seen = this.#text[at];
    throw new SyntaxError(seen === undefined ? 'Unexpected end-of-input' : `Unexpected character ('${seen}') at ${at}`);
  }
}
