// The page that S3 shows where a website has none of its own.
import { http } from '#core/builtin-http.ts';
import type { ServiceError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import { hostIdOf, idHeaders } from './wire.ts';

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);

const list = (error: ServiceError, ids: readonly [string, string][] = []): string =>
  [['Code', error.code], ['Message', error.message], ...Object.entries(error.fields), ...ids]
    .map(([name, value]) => `<li>${escapeHtml(String(name))}: ${escapeHtml(String(value))}</li>\n`)
    .join('');

/** `nested`: why the error document could not be shown instead. */
export function errorPage(error: ServiceError, requestId: string, nested?: ServiceError): HttpResponse {
  const title = `${error.status} ${http.STATUS_CODES[error.status] ?? ''}`;
  const ids: [string, string][] = [
    ['RequestId', requestId],
    ['HostId', hostIdOf(requestId)],
  ];
  const more = nested
    ? `<h3>An Error Occurred While Attempting to Retrieve a Custom Error Document</h3>\n<ul>\n${list(nested)}</ul>\n`
    : '';
  const body =
    `<html>\n<head><title>${title}</title></head>\n<body>\n<h1>${title}</h1>\n<ul>\n${list(error, ids)}</ul>\n${more}<hr/>\n` +
    '</body>\n</html>\n';
  return {
    status: error.status,
    headers: [
      ['x-amz-error-code', error.code],
      ['x-amz-error-message', error.message],
      ...idHeaders(requestId),
      ...error.headers.map(([name, value]): [string, string] => [name.toLowerCase(), value]),
      ['content-type', 'text/html; charset=utf-8'],
    ],
    body,
  };
}
