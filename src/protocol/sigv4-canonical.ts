// The canonical request of Signature Version 4.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
import { hash } from 'node:crypto';

/** What a signature covers of a request; HttpRequest is one. */
export interface SignedRequest {
  method: string;
  /** path and query as sent */
  target: string;
  /** lower-case names */
  headers: Readonly<Record<string, string>>;
  /** name, value, name, value …: needed where a signed header occurs more than once */
  rawHeaders?: readonly string[];
}

/** S3 encodes the path once; every other service encodes the path as sent a second time and removes dot segments. */
export type PathEncoding = 'single' | 'double';

export const SIGV4_ALGORITHM = 'AWS4-HMAC-SHA256';
export const UNSIGNED_PAYLOAD = 'UNSIGNED-PAYLOAD';
export const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';

const UNRESERVED = /^[A-Za-z0-9\-_.~]*$/;

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

/** AWS's UriEncode: everything but the unreserved characters of RFC 3986, upper-case hexadecimal. */
export function uriEncode(text: string): string {
  if (UNRESERVED.test(text)) return text;
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Decodes and encodes again, so that every spelling of a value becomes one. Bytes that are no UTF-8 stay escaped. */
function normalizeEscapes(text: string): string {
  if (UNRESERVED.test(text)) return text;
  try {
    return uriEncode(decodeURIComponent(text));
  } catch {
    return text.replace(/%[0-9a-f]{2}|[^A-Za-z0-9\-_.~]/gi, (part) =>
      part.length === 3 ? part.toUpperCase() : uriEncode(part),
    );
  }
}

/** RFC 3986 section 5.2.4, and repeated slashes become one. */
function removeDotSegments(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue;
    if (segment === '..') kept.pop();
    else kept.push(segment);
  }
  const tail = kept.length > 0 && /\/\.{0,2}$/.test(path) ? '/' : '';
  return `/${kept.join('/')}${tail}`;
}

export function canonicalPath(path: string, encoding: PathEncoding): string {
  if (path === '' || path === '/') return '/';
  if (encoding === 'single') return path.split('/').map(normalizeEscapes).join('/');
  return removeDotSegments(path).split('/').map(uriEncode).join('/');
}

/** Parameters sorted by name and value; the signature itself is left out. A plus sign stands for a space, as forms have it. */
export function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs: [string, string][] = [];
  for (const part of query.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = equals < 0 ? part : part.slice(0, equals);
    if (name === 'X-Amz-Signature') continue;
    const value = equals < 0 ? '' : part.slice(equals + 1);
    pairs.push([normalizeEscapes(name.replaceAll('+', '%20')), normalizeEscapes(value.replaceAll('+', '%20'))]);
  }
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

const trimAll = (value: string): string => (value.includes('  ') ? value.trim().replace(/ +/g, ' ') : value.trim());

/** Node joins repeated headers by ", "; the signature joins them by ",". */
function headerValue(request: SignedRequest, name: string): string {
  const joined = request.headers[name] ?? '';
  const raw = request.rawHeaders;
  if (!raw || !joined.includes(', ')) return trimAll(joined);
  const values: string[] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    if ((raw[i] as string).toLowerCase() === name) values.push(trimAll(raw[i + 1] as string));
  }
  return values.length > 1 ? values.join(',') : trimAll(joined);
}

export function splitTarget(target: string): { path: string; query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  payload: string,
  encoding: PathEncoding,
): string {
  const { path, query } = splitTarget(request.target);
  let headers = '';
  for (const name of signedHeaders) headers += `${name}:${headerValue(request, name)}\n`;
  return `${request.method}\n${canonicalPath(path, encoding)}\n${canonicalQuery(query)}\n${headers}\n${signedHeaders.join(';')}\n${payload}`;
}

export function stringToSign(amzDate: string, scope: string, canonical: string): string {
  return `${SIGV4_ALGORITHM}\n${amzDate}\n${scope}\n${sha256Hex(canonical)}`;
}
