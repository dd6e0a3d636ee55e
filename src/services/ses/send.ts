import type { Context } from '#kernel/context.ts';
import { checkAddress, identitiesFor } from './addresses.ts';
import {
  configurationSetDoesNotExist,
  configurationSetSendingPaused,
  dailyQuotaExceeded,
  invalidParameterValue,
  sendingPaused,
  unverified,
} from './errors.ts';
import { composeMime, duplicateHeader, readHeaders, withHeaders } from './mime.ts';
import { takeFromRate } from './rate.ts';
import {
  configurationSets,
  countSent,
  findAccount,
  identities,
  placeOf,
  putMail,
  sentKey,
  sentSince,
  type Account,
  type ConfigurationSet,
  type Mail,
} from './store.ts';
import { suppressedAmong } from './suppression.ts';

// Quotas (SES developer guide, "Service quotas", 2026-11)
export const RECIPIENTS_MAX = 50;
/** 40 MB by version 2 and SMTP; version 1 takes 10 MB */
export const MESSAGE_BYTES_MAX = { v1: 10 * 1024 * 1024, v2: 40 * 1024 * 1024 };
export const SANDBOX_DAY_MAX = 200;
export const DAY_MAX = 50_000;
/** recipients per second */
export const RATE_MAX = 14;
export const SANDBOX_RATE_MAX = 1;
const DAY_MS = 86_400_000;

export interface Content {
  data: string;
  charset?: string | undefined;
}
export interface Attachment {
  content: Uint8Array;
  fileName: string;
  contentType?: string | undefined;
  disposition: 'attachment' | 'inline';
  contentId?: string | undefined;
  description?: string | undefined;
  encoding?: 'base64' | 'quoted-printable' | '7bit' | undefined;
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
  attachments?: readonly Attachment[];
  /** why the message is accepted and not delivered: its template could not be filled in */
  failure?: string | undefined;
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
    failure: mail.failure,
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
  const duplicate = duplicateHeader(raw.mime);
  if (duplicate !== undefined) throw invalidParameterValue(`Duplicate header '${duplicate}'.`);
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
  failure?: string | undefined;
}

/** SES's order: addresses, size, account, configuration set, identities, quotas; then the message is on disk and queued at once. */
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
  const set = await configurationSetOf(context, mail.configurationSet, from);
  const mustBeVerified = [
    from,
    ...(mail.headerFrom ? [checkAddress(mail.headerFrom)] : []),
    ...(mail.returnPath ? [checkAddress(mail.returnPath)] : []),
  ];
  if (!account.productionAccess) mustBeVerified.push(...recipients.filter((address) => !isSimulator(address)));
  const failed = await withoutIdentity(context, mustBeVerified);
  if (failed.length > 0) throw unverified(context.region, failed);
  await takeFromQuotas(context, account, recipients.length);
  const suppressed = await suppressedAmong(context.store, at, account, set, recipients);
  const failure = mail.failure ?? (suppressed.length === recipients.length ? SUPPRESSED : undefined);
  return store(context, mail, { from, recipients, suppressed, failure });
}

/** The checks that do not depend on a message. */
export async function checkSending(
  context: Context,
  from: string,
  configurationSet: string | undefined,
): Promise<void> {
  if (!(await findAccount(context.store, placeOf(context))).sendingEnabled) throw sendingPaused(context.accountId);
  await configurationSetOf(context, configurationSet, from);
  const failed = await withoutIdentity(context, [from]);
  if (failed.length > 0) throw unverified(context.region, failed);
}

const SUPPRESSED = 'Every recipient is on the suppression list of the account.';
const isSimulator = (address: string): boolean => /@simulator\.amazonses\.com$/i.test(address);

/** The one that the message names, otherwise the one of the identity that it is from. */
async function configurationSetOf(
  context: Context,
  named: string | undefined,
  from: string,
): Promise<ConfigurationSet | undefined> {
  let name = named;
  for (const identity of name === undefined ? identitiesFor(from) : []) {
    const found = await identities.find(context.store, placeOf(context), identity);
    if (!found) continue;
    name = found.configurationSet;
    break;
  }
  if (name === undefined) return undefined;
  const set = await configurationSets.find(context.store, placeOf(context), name);
  if (!set) throw configurationSetDoesNotExist(name);
  if (!set.sendingEnabled) throw configurationSetSendingPaused(name);
  return set;
}

async function takeFromQuotas(context: Context, account: Account, recipients: number): Promise<void> {
  const since = context.clock.now() - DAY_MS;
  const sent = (await sentSince(context.store, placeOf(context), since)).reduce(
    (sum, each) => sum + each.recipients,
    0,
  );
  if (sent + recipients > (account.productionAccess ? DAY_MAX : SANDBOX_DAY_MAX)) throw dailyQuotaExceeded();
  takeFromRate(context, recipients, account.productionAccess ? RATE_MAX : SANDBOX_RATE_MAX);
}

interface Envelope {
  from: string;
  recipients: string[];
  suppressed: string[];
  failure: string | undefined;
}

async function store(
  context: Context,
  mail: Accepted,
  { from, recipients, suppressed, failure }: Envelope,
): Promise<string> {
  const blob = await context.blobs.put(mail.mime);
  const relayed = context.platform.config.smtpRelay !== undefined && failure === undefined;
  const stored: Mail = {
    id: mail.id,
    at: context.clock.now(),
    ...placeOf(context),
    from,
    recipients,
    ...(suppressed.length > 0 && { suppressed }),
    to: mail.to.map(checkAddress),
    subject: mail.subject,
    blob: blob.id,
    bytes: mail.mime.length,
    delivery: failure !== undefined ? 'failed' : relayed ? 'queued' : 'inbox',
    ...(failure !== undefined && { deliveryError: failure }),
  };
  await context.store.mutate<void>([sentKey(stored)], ([sent], tx) => {
    context.blobs.claim(tx, blob.id);
    putMail(tx, stored);
    countSent(tx, stored, sent as number | undefined);
    if (relayed) context.platform.work.enqueue(tx, 'ses:deliver', { id: mail.id }, { id: mail.id });
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
