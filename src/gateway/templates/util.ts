// $util. https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
import { parseJson } from './json.ts';
import { HostObject, TemplateError, toText, type Value } from './values.ts';

const SHORT_ESCAPES: Record<string, string> = {
  "'": "\\'",
  '"': '\\"',
  '\\': '\\\\',
  '/': '\\/',
  '\b': '\\b',
  '\n': '\\n',
  '\t': '\\t',
  '\f': '\\f',
  '\r': '\\r',
};

/** As ECMAScript string literals need it; the single quote too, which JSON does not know: AWS's own remark. */
export function escapeJavaScript(text: string): string {
  return text.replace(/['"\\/\u0000-\u001f\u007f-\uffff]/g, (char) => {
    return SHORT_ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  });
}

/** application/x-www-form-urlencoded, as java.net.URLEncoder writes it. */
export function urlEncode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
    .replace(/%20/g, '+')
    .replace(/[!'()~]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** java.net.URLDecoder: `+` is a space, bytes that are no UTF-8 become U+FFFD, a broken escape is an error. */
export function urlDecode(text: string): string {
  const spaced = text.replaceAll('+', ' ');
  if (!spaced.includes('%')) return spaced;
  return spaced.replace(/(?:%[0-9a-fA-F]{2})+|%/g, (run) => {
    if (run === '%') throw new TemplateError('Illegal hex characters in escape (%) pattern');
    return Buffer.from(run.replaceAll('%', ''), 'hex').toString();
  });
}

const functions: Record<string, (text: string) => Value> = {
  escapeJavaScript,
  parseJson(text) {
    try {
      return parseJson(text);
    } catch (error) {
      throw new TemplateError('$util.parseJson: the text is not JSON', { cause: error });
    }
  },
  urlEncode,
  urlDecode,
  base64Encode: (text) => Buffer.from(text).toString('base64'),
  base64Decode: (text) => Buffer.from(text, 'base64').toString(),
};

class Util extends HostObject {
  override call(name: string, [value = null]: Value[]): Value {
    if (!Object.hasOwn(functions, name) || value === null) return null;
    return functions[name]!(toText(value));
  }
}

export const util: HostObject = new Util();
