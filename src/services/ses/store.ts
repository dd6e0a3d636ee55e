import type { AccountDetails } from '@aws-sdk/client-sesv2';
import type { Context } from '#kernel/context.ts';
import type { Key, Reader, Writer } from '#store/contract.ts';

export interface Place {
  accountId: string;
  region: string;
}
export interface Identity {
  name: string;
  kind: 'EMAIL_ADDRESS' | 'DOMAIN';
  createdAt: number;
  verified: boolean;
  /** answers the link in the verification mail (addresses), or is the TXT record (domains) */
  token: string;
  dkimTokens: string[];
  dkimEnabled: boolean;
  feedbackForwarding: boolean;
  /** used by messages that name none */
  configurationSet?: string;
  /** sending authorization policies by name, JSON texts */
  policies?: Record<string, string>;
  tags: Record<string, string>;
}
export interface Suppression {
  /** the address, lower case */
  name: string;
  reason: 'BOUNCE' | 'COMPLAINT';
  updatedAt: number;
}
export interface Template {
  name: string;
  createdAt: number;
  subject?: string | undefined;
  text?: string | undefined;
  html?: string | undefined;
}
export interface ConfigurationSet {
  name: string;
  createdAt: number;
  sendingEnabled: boolean;
  /** instead of the account's */
  suppressedReasons?: readonly ('BOUNCE' | 'COMPLAINT')[];
  tags: Record<string, string>;
}
export interface Account {
  sendingEnabled: boolean;
  /** false = the sandbox: only to verified addresses, 200 mails in 24 hours */
  productionAccess: boolean;
  /** which entries of the suppression list count */
  suppressedReasons: readonly ('BOUNCE' | 'COMPLAINT')[];
  /** of the request for production access, as it was made */
  details?: AccountDetails;
}
/** One accepted message. Its MIME text is a blob. */
export interface Mail {
  id: string;
  at: number;
  accountId: string;
  region: string;
  from: string;
  /** envelope recipients */
  recipients: string[];
  /** recipients on the suppression list: the message is not delivered to them */
  suppressed?: string[];
  to: string[];
  subject: string;
  blob: string;
  bytes: number;
  delivery: 'inbox' | 'queued' | 'sent' | 'failed';
  deliveryError?: string;
}

export const placeOf = (context: Context): Place => ({ accountId: context.accountId, region: context.region });
const keyOf = (at: Place, kind: string, ...rest: string[]): Key => [at.accountId, at.region, 'ses', kind, ...rest];

/** A named collection of one kind. */
function collection<T extends { name: string }>(
  kind: string,
): {
  find(reader: Reader, at: Place, name: string): Promise<T | undefined>;
  put(tx: Writer, at: Place, value: T): void;
  remove(tx: Writer, at: Place, name: string): void;
  list(reader: Reader, at: Place, after: string | undefined, limit: number): Promise<T[]>;
} {
  return {
    find: async (reader, at, name) => (await reader.get<T>(keyOf(at, kind, name)))?.value,
    put: (tx, at, value) => tx.set(keyOf(at, kind, value.name), value),
    remove: (tx, at, name) => tx.delete(keyOf(at, kind, name)),
    async list(reader, at, after, limit) {
      const options = { limit, ...(after !== undefined && { after: keyOf(at, kind, after) }) };
      return (await reader.list<T>({ prefix: keyOf(at, kind) }, options)).map((entry) => entry.value);
    },
  };
}

export const identities = collection<Identity>('identity');
export const templates = collection<Template>('template');
export const configurationSets = collection<ConfigurationSet>('configuration-set');
export const suppressions = collection<Suppression>('suppression');

/** Accounts of after November 2019 heed both reasons. */
const NEW_ACCOUNT: Account = {
  sendingEnabled: true,
  productionAccess: true,
  suppressedReasons: ['BOUNCE', 'COMPLAINT'],
};
export const findAccount = async (reader: Reader, at: Place): Promise<Account> => ({
  ...NEW_ACCOUNT,
  ...(await reader.get<Account>(keyOf(at, 'account')))?.value,
});
export const putAccount = (tx: Writer, at: Place, account: Account): void => tx.set(keyOf(at, 'account'), account);

// The inbox is one for the whole server, newest first when read in reverse.
const MAILS: Key = ['global', 'ses', 'mail'];
const mailIndex = (id: string): Key => ['global', 'ses', 'mail-by-id', id];
const mailKey = (mail: Mail): Key => [...MAILS, mail.at, mail.id];

export function putMail(tx: Writer, mail: Mail): void {
  tx.set(mailKey(mail), mail);
  tx.set(mailIndex(mail.id), mail.at);
}
export const updateMail = (tx: Writer, mail: Mail): void => tx.set(mailKey(mail), mail);

export async function findMail(reader: Reader, id: string): Promise<Mail | undefined> {
  const at = (await reader.get<number>(mailIndex(id)))?.value;
  return at === undefined ? undefined : (await reader.get<Mail>([...MAILS, at, id]))?.value;
}
export const listMails = async (reader: Reader, limit: number): Promise<Mail[]> =>
  (await reader.list<Mail>({ prefix: MAILS }, { limit, reverse: true })).map((entry) => entry.value);

// Recipients per quarter of an hour: what quotas and statistics are made of, a hundred rows a day however much is sent.
const QUARTER_MS = 900_000;
/** GetSendStatistics tells of two weeks. */
const SENT_KEPT_MS = 15 * 86_400_000;

const quarterOf = (at: number): number => Math.floor(at / QUARTER_MS) * QUARTER_MS;
export const sentKey = (mail: Place & { at: number }): Key => [...keyOf(mail, 'sent-in'), quarterOf(mail.at)];

/** Counts a message; `before` is what stands at its `sentKey`. */
export function countSent(tx: Writer, mail: Mail, before: number | undefined): void {
  const expires = quarterOf(mail.at) + SENT_KEPT_MS;
  tx.set(sentKey(mail), (before ?? 0) + mail.recipients.length, { expires });
}

/** By quarter, oldest first; a quarter that began before `sinceMs` does not count. */
export async function sentSince(
  reader: Reader,
  at: Place,
  sinceMs: number,
): Promise<{ at: number; recipients: number }[]> {
  const prefix = keyOf(at, 'sent-in');
  // two weeks are 1,344 quarters
  const sent: { at: number; recipients: number }[] = [];
  let from: Key = [...prefix, sinceMs];
  for (;;) {
    const entries = await reader.list<number>({ prefix, from }, { limit: 1000 });
    for (const { key, value } of entries) sent.push({ at: key.at(-1) as number, recipients: value });
    if (entries.length < 1000) return sent;
    from = [...prefix, (entries.at(-1)!.key.at(-1) as number) + 1];
  }
}
