// XML 1.0 as AWS's requests use it: elements, attributes, text, CDATA. No DTD, no entities but the five and characters
// by number, so that nothing expands; depth and number of elements are limited.
import { wrongSyntax } from './malformed.ts';

export interface XmlElement {
  /** without prefix */
  name: string;
  attributes: Record<string, string>;
  children: XmlElement[];
  /** the element's own text, its children's excluded */
  text: string;
}

const DEPTH_MAX = 64;
const ELEMENTS_MAX = 200_000;
const NAME = /[A-Za-z_:\u0080-\uffff][\w:.\-\u0080-\uffff]*/y;
const SPACE = /[ \t\r\n]*/y;
const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
]);

const isXmlCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff);

function decodeReference(_: string, body: string): string {
  const named = ENTITIES.get(body);
  if (named !== undefined) return named;
  const digits = /^#(?:x([0-9a-fA-F]{1,6})|([0-9]{1,7}))$/.exec(body);
  const code = digits ? Number.parseInt(digits[1] ?? digits[2] ?? '', digits[1] ? 16 : 10) : -1;
  if (code <= 0 || code > 0x10ffff) return wrongSyntax(`The entity "${body}" was referenced, but not declared.`);
  return String.fromCodePoint(code);
}

const BAD_AMPERSAND = /&(?!#?\w{1,31};)/;
function decodeText(text: string): string {
  if (!text.includes('&')) return text;
  if (BAD_AMPERSAND.test(text)) wrongSyntax("The entity name must immediately follow the '&' in the entity reference.");
  return text.replace(/&(#?\w{1,31});/g, decodeReference);
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);

class XmlParser {
  readonly #text: string;
  #at = 0;
  #elements = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): XmlElement {
    if (this.#text.charCodeAt(0) === 0xfeff) this.#at = 1;
    this.#skipMisc();
    if (this.#text[this.#at] !== '<') wrongSyntax('Content is not allowed in prolog.');
    const root = this.#element();
    this.#skipMisc();
    if (this.#at < this.#text.length) wrongSyntax('Content is not allowed in trailing section.');
    return root;
  }

  /** Space, comments and processing instructions around the root. */
  #skipMisc(): void {
    for (;;) {
      this.#match(SPACE);
      if (this.#text.startsWith('<?', this.#at)) this.#skipTo('?>');
      else if (this.#text.startsWith('<!--', this.#at)) this.#skipTo('-->');
      else if (this.#text.startsWith('<!', this.#at)) wrongSyntax('DOCTYPE is disallowed.');
      else return;
    }
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += found.length;
    return found;
  }

  #skipTo(end: string): string {
    const from = this.#at;
    const found = this.#text.indexOf(end, from);
    if (found < 0) wrongSyntax('XML document structures must start and end within the same entity.');
    this.#at = found + end.length;
    return this.#text.slice(from, found);
  }

  /** An element and all it contains; iterative, so that depth costs no stack. */
  #element(): XmlElement {
    const open: { element: XmlElement; tag: string }[] = [];
    for (;;) {
      const opened = this.#openTag();
      const parent = open.at(-1);
      if (parent) parent.element.children.push(opened.element);
      if (!opened.closed) {
        if (open.length >= DEPTH_MAX) wrongSyntax(`Nested deeper than ${DEPTH_MAX}.`);
        open.push(opened);
      } else if (!parent) return opened.element;
      // text and end tags up to the next start tag
      for (;;) {
        const top = open.at(-1)!;
        this.#content(top.element);
        if (!this.#text.startsWith('</', this.#at)) break;
        this.#at += 2;
        if (this.#match(NAME) !== top.tag)
          wrongSyntax(`The element type "${top.tag}" must be terminated by the matching end-tag.`);
        this.#match(SPACE);
        if (this.#text[this.#at++] !== '>')
          wrongSyntax(`The end-tag for element type "${top.tag}" must end with a '>' delimiter.`);
        open.pop();
        if (open.length === 0) return top.element;
      }
    }
  }

  #openTag(): { element: XmlElement; tag: string; closed: boolean } {
    this.#at++;
    const tag = this.#match(NAME);
    if (!tag) wrongSyntax('The markup in the document must be well-formed.');
    if (++this.#elements > ELEMENTS_MAX) wrongSyntax(`More than ${ELEMENTS_MAX} elements.`);
    const element: XmlElement = { name: localName(tag), attributes: {}, children: [], text: '' };
    for (;;) {
      const space = this.#match(SPACE);
      const next = this.#text[this.#at];
      if (next === '>') {
        this.#at++;
        return { element, tag, closed: false };
      }
      if (next === '/' && this.#text[this.#at + 1] === '>') {
        this.#at += 2;
        return { element, tag, closed: true };
      }
      if (!space)
        wrongSyntax(`Element type "${tag}" must be followed by either attribute specifications, ">" or "/>".`);
      this.#attribute(element);
    }
  }

  #attribute(element: XmlElement): void {
    const name = this.#match(NAME);
    this.#match(SPACE);
    if (!name || this.#text[this.#at] !== '=')
      wrongSyntax(`Attribute name "${name}" must be followed by the ' = ' character.`);
    this.#at++;
    this.#match(SPACE);
    const quote = this.#text[this.#at];
    if (quote !== '"' && quote !== "'") wrongSyntax(`Open quote is expected for attribute "${name}".`);
    this.#at++;
    const value = this.#skipTo(quote);
    if (value.includes('<')) wrongSyntax(`The value of attribute "${name}" must not contain the '<' character.`);
    if (Object.hasOwn(element.attributes, name)) wrongSyntax(`Attribute "${name}" was already specified.`);
    Object.defineProperty(element.attributes, name, { value: decodeText(value), enumerable: true });
  }

  /** Text, CDATA and comments up to the next tag. */
  #content(element: XmlElement): void {
    for (;;) {
      const next = this.#text.indexOf('<', this.#at);
      if (next < 0) wrongSyntax('XML document structures must start and end within the same entity.');
      if (next > this.#at) element.text += decodeText(this.#text.slice(this.#at, next));
      this.#at = next;
      if (this.#text.startsWith('<!--', next)) this.#skipTo('-->');
      else if (this.#text.startsWith('<![CDATA[', next)) {
        this.#at += 9;
        element.text += this.#skipTo(']]>');
      } else if (this.#text.startsWith('<?', next)) this.#skipTo('?>');
      else if (this.#text.startsWith('<!', next)) wrongSyntax('The markup in the document must be well-formed.');
      else return;
    }
  }
}

const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/;

export function parseXml(body: Uint8Array): XmlElement {
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const control = CONTROL.exec(text);
  if (control && !isXmlCharacter(control[0].charCodeAt(0))) wrongSyntax('An invalid XML character was found.');
  return new XmlParser(text.replaceAll('\r\n', '\n')).document();
}
