// What is wrong with a payload that is no JSON, in the words of the parser that Lambda has (Jackson, reading bytes).

const VALUES = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
/** What was expected there, by how V8 begins to say it. */
const EXPECTED: readonly [RegExp, string][] = [
  [/^Expected (property name|double-quoted property name)/, 'was expecting double-quote to start field name'],
  [/^Expected ':'/, 'was expecting a colon to separate field name and value'],
  [/^Expected ',' or '}'/, 'was expecting comma to separate Object entries'],
  [/^Expected ',' or '\]'/, 'was expecting comma to separate Array entries'],
];
/** of the text that is repeated */
const SHOWN_BYTES_MAX = 500;

/** Undefined when it is JSON. */
export function jsonFault(payload: Buffer): string | undefined {
  const text = payload.toString();
  const message = complaint(text);
  if (message === undefined) return undefined;
  const at =
    positionIn(message) ?? (message.startsWith('Unexpected token') ? firstForeign(text, message) : text.length);
  if (at >= text.length) return `${endOfInput(text)}${place(payload, text, text.length)}`;
  const start = tokenStart(text, at);
  const token = /^[A-Za-z_$][\w$]*/.exec(text.slice(start))?.[0];
  const expected = EXPECTED.find(([pattern]) => pattern.test(message))?.[1];
  if (expected === undefined && token !== undefined) {
    return `Unrecognized token '${token}': was expecting ${VALUES}${place(payload, text, start + token.length)}`;
  }
  const character = `Unexpected character ('${text.charAt(at)}' (code ${text.charCodeAt(at)}))`;
  return `${character}: ${expected ?? `expected a valid value ${VALUES}`}${place(payload, text, at + 1)}`;
}

/** What V8 says of it. */
function complaint(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function positionIn(message: string): number | undefined {
  const position = / at position (\d+)/.exec(message)?.[1];
  return position === undefined ? undefined : Number(position);
}

/** V8 names an unexpected token without its place, and of longer texts shows ten characters before it. */
function firstForeign(text: string, message: string): number {
  const around = /\.\.\."(.*)"(?:\.\.\.)? is not valid JSON$/s.exec(message)?.[1];
  if (around !== undefined) return text.indexOf(around) + CONTEXT;
  // the shortest beginning that no continuation makes JSON ends there
  for (let end = 0; end < Math.min(text.length, SHORT_MAX); end++) {
    if (complaint(text.slice(0, end + 1))?.startsWith('Unexpected token')) return end;
  }
  return text.length;
}
const CONTEXT = 10;
/** of which V8 shows the beginning */
const SHORT_MAX = 64;

/** V8 points at the first letter that is wrong, Jackson names the word. */
function tokenStart(text: string, at: number): number {
  let start = at;
  while (start > 0 && /[\w$]/.test(text.charAt(start - 1))) start--;
  return start;
}

function endOfInput(text: string): string {
  const open = openAtEnd(text);
  if (open === '"') return 'Unexpected end-of-input in VALUE_STRING';
  return open === undefined
    ? 'Unexpected end-of-input'
    : `Unexpected end-of-input: expected close marker for ${open === '{' ? 'Object' : 'Array'}`;
}

/** The innermost object, array or string that is not closed. */
function openAtEnd(text: string): string | undefined {
  const open: string[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (open.at(-1) === '"') {
      if (character === '\\') at++;
      else if (character === '"') open.pop();
    } else if (character === '"' || character === '{' || character === '[') open.push(character);
    else if (character === '}' || character === ']') open.pop();
  }
  return open.at(-1);
}

function place(payload: Buffer, text: string, end: number): string {
  const lines = text.slice(0, end).split('\n');
  const more = payload.length - SHOWN_BYTES_MAX;
  const shown = payload.toString('utf8', 0, SHOWN_BYTES_MAX);
  const source = `(byte[])"${shown}"${more > 0 ? `[truncated ${more} bytes]` : ''}`;
  return `\n at [Source: ${source}; line: ${lines.length}, column: ${(lines.at(-1) ?? '').length + 1}]`;
}
