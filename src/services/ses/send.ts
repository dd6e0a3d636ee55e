import type { Context } from '#kernel/context.ts';
import { checkAddress, identitiesFor } from './addresses.ts';
import {
  configurationSetDoesNotExist,
  dailyQuotaExceeded,
  invalidParameterValue,
  messageRejected,
  sendingPaused,
  unverified,
} from './errors.ts';
import { composeMime, readHeaders, withHeaders } from './mime.ts';
import { configurationSets, findAccount, identities, placeOf, putMail, sentSince, type Mail } from './store.ts';

// Quotas (SES developer guide, "Service quotas", 2026-11)
export const RECIPIENTS_MAX = 50;
/** 40 MB by version 2 and SMTP; version 1 takes 10 MB */
export const MESSAGE_BYTES_MAX = { v1: 10 * 1024 * 1024, v2: 40 * 1024 * 1024 };
export const SANDBOX_DAY_MAX = 200;
export const DAY_MAX = 50_000;
const DAY_MS = 86_400_000;

export interface Content {
  data: string;
  charset?: string | undefined;
}
export interface Outgoing {
  source: string;
  to: readonly string[];
  cc: readonly string[];
  bcc: readonly string[];
  replyTo: readonly string[];
  returnPath?: string | undefined;
  subject: Content;
  text?: Content | undefined;
  html?: Content | undefined;
  headers?: readonly { name: string; value: string }[];
  configurationSet?: string | undefined;
}

/** 60 characters: time, a UUID, six zeros, as SES's message ids are. */
const messageId = (context: Context): string =>
  `01${context.clock.now().toString(16).padStart(14, '0')}-${context.ids.uuid()}-000000`;

export async function sendComposed(context: Context, mail: Outgoing, version: 'v1' | 'v2'): Promise<string> {
  const recipients = [...mail.to, ...mail.cc, ...mail.bcc];
  if (recipients.length === 0) throw invalidParameterValue("Empty required header 'To'.");
  if (mail.text === undefined && mail.html === undefined) throw invalidParameterValue('Empty message body');
  const id = messageId(context);
  const mime = await composeMime(mail, id, context);
  return accept(context, {
    id,
    mime,
    from: mail.source,
    recipients,
    subject: mail.subject.data,
    to: mail.to,
    version,
    configurationSet: mail.configurationSet,
    returnPath: mail.returnPath,
  });
}

export interface RawMail {
  mime: Buffer;
  /** overrides From for the envelope and the check of identity */
  source?: string | undefined;
  /** overrides To, Cc and Bcc */
  destinations?: readonly string[] | undefined;
  configurationSet?: string | undefined;
}

export async function sendRaw(context: Context, raw: RawMail, version: 'v1' | 'v2'): Promise<string> {
  const headers = await readHeaders(raw.mime);
  const from = raw.source || headers.from;
  if (!from) throw invalidParameterValue("Missing required header 'From'.");
  const recipients = raw.destinations?.length ? raw.destinations : [...headers.to, ...headers.cc, ...headers.bcc];
  if (recipients.length === 0) throw invalidParameterValue("Missing required header 'To'.");
  const id = messageId(context);
  const configurationSet = raw.configurationSet ?? headers.configurationSet;
  return accept(context, {
    id,
    mime: withHeaders(raw.mime, id, context),
    from,
    headerFrom: headers.from,
    recipients,
    subject: headers.subject,
    to: headers.to,
    version,
    configurationSet,
  });
}

interface Accepted {
  id: string;
  mime: Buffer;
  from: string;
  headerFrom?: string | undefined;
  recipients: readonly string[];
  to: readonly string[];
  subject: string;
  version: 'v1' | 'v2';
  configurationSet?: string | undefined;
  returnPath?: string | undefined;
}

/** SES's order: addresses, size, account, configuration set, identities, quota; then the message is on disk and queued at once. */
async function accept(context: Context, mail: Accepted): Promise<string> {
  const at = placeOf(context);
  const from = checkAddress(mail.from);
  const recipients = mail.recipients.map(checkAddress);
  if (recipients.length > RECIPIENTS_MAX) throw invalidParameterValue(`Recipient count exceeds ${RECIPIENTS_MAX}.`);
  const bytesMax = MESSAGE_BYTES_MAX[mail.version];
  if (mail.mime.length > bytesMax) {
    throw invalidParameterValue(`Message length is more than ${bytesMax} bytes long: '${mail.mime.length}'.`);
  }
  const account = await findAccount(context.store, at);
  if (!account.sendingEnabled) throw sendingPaused(context.accountId);
  if (mail.configurationSet !== undefined) {
    const set = await configurationSets.find(context.store, at, mail.configurationSet);
    if (!set) throw configurationSetDoesNotExist(mail.configurationSet);
    if (!set.sendingEnabled) throw messageRejected(`Email sending is disabled for configuration set ${set.name}.`);
  }
  const mustBeVerified = [
    from,
    ...(mail.headerFrom ? [checkAddress(mail.headerFrom)] : []),
    ...(mail.returnPath ? [checkAddress(mail.returnPath)] : []),
  ];
  if (!account.productionAccess)
    mustBeVerified.push(...recipients.filter((address) => !address.endsWith('@simulator.amazonses.com')));
  const failed = await withoutIdentity(context, mustBeVerified);
  if (failed.length > 0) throw unverified(context.region, failed);
  const now = context.clock.now();
  const sent = (await sentSince(context.store, at, now - DAY_MS)).reduce((sum, each) => sum + each.recipients, 0);
  const dayMax = account.productionAccess ? DAY_MAX : SANDBOX_DAY_MAX;
  if (sent + recipients.length > dayMax) throw dailyQuotaExceeded();

  const blob = await context.blobs.put(mail.mime);
  const relay = context.platform.config.smtpRelay !== undefined;
  const stored: Mail = {
    id: mail.id,
    at: now,
    ...at,
    from,
    recipients,
    to: mail.to.map(checkAddress),
    subject: mail.subject,
    blob: blob.id,
    bytes: mail.mime.length,
    delivery: relay ? 'queued' : 'inbox',
  };
  await context.store.transact((tx) => {
    context.blobs.claim(tx, blob.id);
    putMail(tx, stored);
    if (relay) context.platform.work.enqueue(tx, 'ses:deliver', { id: mail.id }, { id: mail.id });
  });
  return mail.id;
}

async function withoutIdentity(context: Context, addresses: readonly string[]): Promise<string[]> {
  const failed = new Set<string>();
  for (const address of addresses) {
    let verified = false;
    for (const name of identitiesFor(address)) {
      verified ||= (await identities.find(context.store, placeOf(context), name))?.verified === true;
    }
    if (!verified) failed.add(address);
  }
  return [...failed];
}
