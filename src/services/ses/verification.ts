// Serve mode: an address is verified by the link in a mail sent to it.
import { timingSafeEqual } from 'node:crypto';
import type { HttpResponse } from '#core/http.ts';
import type { Context } from '#kernel/context.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Writer } from '#store/contract.ts';
import { composeMime } from './mime.ts';
import { identities, placeOf, putMail, type Identity, type Mail } from './store.ts';

export const VERIFY_PATH = '/_gatehouse/ses/verify';

/** The mail is written now; the answered function puts it into the transaction that makes the identity. */
export async function putVerificationMail(context: Context, identity: Identity): Promise<(tx: Writer) => void> {
  const { accountId, region } = placeOf(context);
  const host = context.http?.host ?? `${context.platform.config.host}:${context.platform.config.port}`;
  const query = new URLSearchParams({ accountId, region, identity: identity.name, token: identity.token });
  const link = `${context.http?.secure ? 'https' : 'http'}://${host}${VERIFY_PATH}?${query}`;
  const id = `01${context.clock.now().toString(16).padStart(14, '0')}-${context.ids.uuid()}-000000`;
  const outgoing = {
    source: `no-reply@${context.platform.config.domain}`,
    to: [identity.name],
    cc: [],
    bcc: [],
    replyTo: [],
    subject: { data: `Email address verification request in region ${region}` },
    text: { data: `Open this address to confirm that mail may be sent in the name of ${identity.name}:\n\n${link}\n` },
  };
  const mime = await composeMime(outgoing, id, context);
  const blob = await context.blobs.put(mime);
  const relay = context.platform.config.smtpRelay !== undefined;
  const mail: Mail = {
    id,
    at: context.clock.now(),
    accountId,
    region,
    from: outgoing.source,
    recipients: [identity.name],
    to: [identity.name],
    subject: outgoing.subject.data,
    blob: blob.id,
    bytes: mime.length,
    delivery: relay ? 'queued' : 'inbox',
  };
  return (tx) => {
    context.blobs.claim(tx, blob.id);
    putMail(tx, mail);
    if (relay) context.platform.work.enqueue(tx, 'ses:deliver', { id }, { id });
  };
}

const page = (status: number, text: string): HttpResponse => ({
  status,
  headers: [
    ['content-type', 'text/plain; charset=utf-8'],
    ['cache-control', 'no-store'],
  ],
  body: `${text}\n`,
});

export async function answerVerification(platform: Platform, query: URLSearchParams): Promise<HttpResponse> {
  const at = { accountId: query.get('accountId') ?? '', region: query.get('region') ?? '' };
  const given = Buffer.from(query.get('token') ?? '');
  return platform.store.transact(async (tx) => {
    const identity = await identities.find(tx, at, query.get('identity') ?? '');
    const wanted = Buffer.from(identity?.token ?? '');
    if (!identity || given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
      return page(403, 'This link is not valid.');
    }
    identities.put(tx, at, { ...identity, verified: true });
    return page(200, `${identity.name} is verified.`);
  });
}
