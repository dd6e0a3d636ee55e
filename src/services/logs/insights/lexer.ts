// The words of a CloudWatch Logs Insights query.
import { ServiceError } from '#core/errors.ts';

export interface Token {
  kind: 'word' | 'field' | 'text' | 'number' | 'duration' | 'expression' | 'symbol';
  text: string;
  /** where it begins in the query */
  at: number;
}

export function malformed(message: string, at = 0, length = 1): ServiceError {
  return new ServiceError('MalformedQueryException', message, 400, {
    fields: { queryCompileError: { location: { startCharOffset: at, endCharOffset: at + length }, message } },
  });
}

const TOKEN =
  /\s+|#[^\n]*|(?<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<field>`[^`]*`)|(?<duration>\d+(?:ms|mo|[smhdwqy])\b)|(?<number>\d+(?:\.\d+)?)|(?<word>[@A-Za-z_][\w.@]*)|(?<symbol>!=|>=|<=|=~|[=<>|,()[\]+\-*/%^])/y;
const EXPRESSION = /\/(?:[^/\\\n]|\\.)+\//y;

/** A regular expression stands where a division cannot: after `like`, `=~` and at the place of `parse`'s pattern. */
const canDivide = (token: Token | undefined): boolean =>
  token !== undefined && (token.kind === 'number' || token.kind === 'field' || token.text === ')' || isOperand(token));
const isOperand = ({ kind, text }: Token): boolean => kind === 'word' && text.toLowerCase() !== 'like';

export function tokenize(query: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let inParse = false;
  while (at < query.length) {
    const last = tokens.at(-1);
    if (query[at] === '/' && (inParse || !canDivide(last))) {
      EXPRESSION.lastIndex = at;
      const expression = EXPRESSION.exec(query)?.[0];
      if (expression === undefined) throw malformed(`unexpected symbol found / at position ${at}`, at);
      tokens.push({ kind: 'expression', text: expression.slice(1, -1), at });
      at += expression.length;
      continue;
    }
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(query);
    if (!match) throw malformed(`unexpected symbol found ${query[at]} at position ${at}`, at);
    const found = Object.entries(match.groups ?? {}).find(([, text]) => text !== undefined);
    if (found) {
      const [kind, text] = found as [Token['kind'], string];
      tokens.push({ kind, text: kind === 'text' || kind === 'field' ? unquote(text) : text, at });
      if (text === '|') inParse = false;
      else if (kind === 'word' && text.toLowerCase() === 'parse' && (!last || last.text === '|')) inParse = true;
    }
    at += match[0].length;
  }
  return tokens;
}

const unquote = (text: string): string =>
  text.startsWith('`') ? text.slice(1, -1) : text.slice(1, -1).replace(/\\(["'\\])/g, '$1');
