// The inbox of everything sent: JSON for programs, a plain page for people. Never runs what a mail carries.
import { timingSafeEqual } from 'node:crypto';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { DataPlane } from '#kernel/service.ts';
import { findMail, listMails, type Mail } from './store.ts';
import { answerVerification, VERIFY_PATH } from './verification.ts';

const ROOT = '/_gatehouse/inbox';
const MAILS_MAX = 1000;
const PAGE_POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-src 'self'; form-action 'none'; base-uri 'none'";

const respond = (
  status: number,
  type: string,
  body: string | Uint8Array | AsyncIterable<Uint8Array>,
): HttpResponse => ({
  status,
  headers: [
    ['content-type', type],
    ['cache-control', 'no-store'],
    ['x-content-type-options', 'nosniff'],
    ['content-security-policy', PAGE_POLICY],
    ['referrer-policy', 'no-referrer'],
  ],
  body,
});
const json = (value: unknown): HttpResponse => respond(200, 'application/json', JSON.stringify(value));
const notFound = (): HttpResponse => respond(404, 'application/json', '{"message":"There is no such mail"}');

const summary = (mail: Mail): object => ({
  id: mail.id,
  from: mail.from,
  to: mail.recipients,
  subject: mail.subject,
  date: new Date(mail.at).toISOString(),
  size: mail.bytes,
  delivery: mail.delivery,
  ...(mail.deliveryError !== undefined && { deliveryError: mail.deliveryError }),
});

const escape = (text: string): string =>
  text.replace(/[&<>"']/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[c] ?? c);

const document = (title: string, body: string): HttpResponse =>
  respond(
    200,
    'text/html; charset=utf-8',
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title>
<style>body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1d2433}
table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd}
pre{white-space:pre-wrap}iframe{width:100%;height:30rem;border:1px solid #ddd}</style>
<body>${body}</body></html>`,
  );

function listPage(mails: readonly Mail[]): HttpResponse {
  const rows = mails.map(
    (mail) =>
      `<tr><td>${escape(new Date(mail.at).toISOString())}</td><td>${escape(mail.from)}</td><td>${escape(mail.recipients.join(', '))}</td>` +
      `<td><a href="${ROOT}/${encodeURIComponent(mail.id)}/view">${escape(mail.subject || '(no subject)')}</a></td><td>${mail.delivery}</td></tr>`,
  );
  const head = '<tr><th>Date</th><th>From</th><th>To</th><th>Subject</th><th></th></tr>';
  return document(
    'Inbox',
    `<h1>Inbox</h1>${rows.length ? `<table>${head}${rows.join('')}</table>` : '<p>No mail yet.</p>'}`,
  );
}

async function mailPage(platform: Platform, mail: Mail): Promise<HttpResponse> {
  const mime = Buffer.concat(await Array.fromAsync(platform.blobs.read(mail.blob)));
  const { default: PostalMime } = await import('postal-mime');
  const { text, html } = await PostalMime.parse(mime);
  const fields = [
    ['From', mail.from],
    ['To', mail.recipients.join(', ')],
    ['Date', new Date(mail.at).toISOString()],
  ].map(([name, value]) => `<tr><th>${name}</th><td>${escape(value ?? '')}</td></tr>`);
  // sandbox="" forbids scripts, forms, links out of the frame and its own origin.
  const framed = html === undefined ? '' : `<h2>HTML</h2><iframe sandbox="" srcdoc="${escape(html)}"></iframe>`;
  const plain = text === undefined ? '' : `<pre>${escape(text)}</pre>`;
  const links = `<p><a href="${ROOT}">Inbox</a> · <a href="${ROOT}/${encodeURIComponent(mail.id)}">Source</a></p>`;
  return document(
    mail.subject,
    `${links}<h1>${escape(mail.subject)}</h1><table>${fields.join('')}</table>${plain}${framed}`,
  );
}

const wantsPage = (request: HttpRequest): boolean => (request.headers['accept'] ?? '').includes('text/html');

async function answer(platform: Platform, request: HttpRequest, path: string): Promise<HttpResponse> {
  if (!(await mayRead(platform, request))) {
    const refused = respond(
      401,
      'application/json',
      '{"message":"The inbox is for the root account: its access key id and secret, by Basic authentication"}',
    );
    refused.headers.push(['www-authenticate', 'Basic realm="gatehouse"']);
    return refused;
  }
  if (path === ROOT || path === `${ROOT}/`) {
    const mails = await listMails(platform.store, MAILS_MAX);
    return wantsPage(request) ? listPage(mails) : json(mails.map(summary));
  }
  const [id = '', view] = path.slice(ROOT.length + 1).split('/');
  const mail = /^[\w-]+$/.test(id) ? await findMail(platform.store, id) : undefined;
  if (!mail || (view !== undefined && view !== 'view')) return notFound();
  if (view === 'view') return mailPage(platform, mail);
  // A browser must not take the source for a page.
  return respond(
    200,
    wantsPage(request) ? 'text/plain; charset=utf-8' : 'message/rfc822',
    platform.blobs.read(mail.blob),
  );
}

/** start: whoever reaches the port; serve: the root account, by Basic authentication. */
async function mayRead(platform: Platform, request: HttpRequest): Promise<boolean> {
  if (platform.config.mode === 'start') return request.sandboxFunctionArn === undefined;
  const basic = /^Basic ([A-Za-z0-9+/=]+)$/.exec(request.headers['authorization'] ?? '')?.[1];
  if (basic === undefined) return false;
  const text = Buffer.from(basic, 'base64').toString();
  const key = await platform.identity.findAccessKey(text.slice(0, text.indexOf(':')));
  const given = Buffer.from(text.slice(text.indexOf(':') + 1));
  const wanted = Buffer.from(key?.secretAccessKey ?? '');
  return (
    key?.active === true &&
    key.principal.type === 'root' &&
    given.length === wanted.length &&
    timingSafeEqual(given, wanted)
  );
}

export function createInbox(platform: Platform): DataPlane {
  return {
    id: 'inbox',
    match(_host, path, request) {
      if (!path.startsWith('/_gatehouse/') || request.method !== 'GET') return undefined;
      if (path === ROOT || path.startsWith(`${ROOT}/`)) return () => answer(platform, request, path);
      if (path === VERIFY_PATH)
        return () => answerVerification(platform, new URL(request.target, 'http://x').searchParams);
      return undefined;
    },
  };
}
