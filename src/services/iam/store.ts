// The only file that knows IAM's keys. Names of users, roles, groups and policies have no case within an account.
import { gunzipSync, gzipSync } from 'node:zlib';
import type { PasswordPolicy } from '@aws-sdk/client-iam';
import type { Key, Reader, Store, Writer } from '#store/contract.ts';
import type {
  AccessKeyRecord,
  LastUse,
  Attachment,
  Group,
  InstanceProfile,
  ManagedPolicy,
  OidcProvider,
  Role,
  SessionRecord,
  User,
} from './records.ts';

interface Records {
  user: User;
  role: Role;
  group: Group;
  'instance-profile': InstanceProfile;
  policy: ManagedPolicy;
  'oidc-provider': OidcProvider;
}
export type RecordKind = keyof Records;
export type RecordOf<K extends RecordKind> = Records[K];

/** How many rows one read of a listing takes. */
const PAGE_ROWS = 1000;

const account = (accountId: string): Key => [accountId, 'aws-global', 'iam'];
const recordKey = (accountId: string, kind: RecordKind, name: string): Key => [
  ...account(accountId),
  kind,
  name.toLowerCase(),
];
const attachments = (accountId: string, policyArn: string): Key => [...account(accountId), 'attachment', policyArn];
const members = (accountId: string, group: string): Key => [...account(accountId), 'member', group.toLowerCase()];
const aliasKey = (accountId: string): Key => [...account(accountId), 'alias'];
const passwordPolicyKey = (accountId: string): Key => [...account(accountId), 'password-policy'];
const reportKey = (accountId: string): Key => [...account(accountId), 'credential-report'];
const aliasOwnerKey = (alias: string): Key => ['global', 'iam', 'alias', alias];
const accessKeyKey = (id: string): Key => ['global', 'iam', 'access-key', id];
const useKey = (id: string): Key => ['global', 'iam', 'use', id];
const sessionKey = (id: string): Key => ['global', 'iam', 'session', id];

/** What changes here may change how requests of the account are decided. */
export const accountPrefix = account;
export const accessKeysPrefix: Key = ['global', 'iam', 'access-key'];

export async function find<K extends RecordKind>(
  reader: Reader,
  accountId: string,
  kind: K,
  name: string,
): Promise<RecordOf<K> | undefined> {
  return (await reader.get<RecordOf<K>>(recordKey(accountId, kind, name)))?.value;
}

export function put<K extends RecordKind>(
  tx: Writer,
  accountId: string,
  kind: K,
  name: string,
  record: RecordOf<K>,
): void {
  tx.set(recordKey(accountId, kind, name), record);
}

export function remove(tx: Writer, accountId: string, kind: RecordKind, name: string): void {
  tx.delete(recordKey(accountId, kind, name));
}

/** Everything under a prefix, in key order. */
async function listAll<V>(reader: Reader, prefix: Key): Promise<V[]> {
  const values: V[] = [];
  let after: Key | undefined;
  for (;;) {
    const rows = await reader.list<V>({ prefix }, { limit: PAGE_ROWS, ...(after && { after }) });
    for (const row of rows) values.push(row.value);
    if (rows.length < PAGE_ROWS) return values;
    after = rows.at(-1)?.key;
  }
}

/** By name, whatever their path. */
export function list<K extends RecordKind>(reader: Reader, accountId: string, kind: K): Promise<RecordOf<K>[]> {
  return listAll(reader, [...account(accountId), kind]);
}

// ---- attachments of managed policies
const attachmentKey = (accountId: string, policyArn: string, { kind, name, as }: Attachment): Key => [
  ...attachments(accountId, policyArn),
  as,
  kind,
  name.toLowerCase(),
];

export function putAttachment(tx: Writer, accountId: string, policyArn: string, attachment: Attachment): void {
  tx.set(attachmentKey(accountId, policyArn, attachment), attachment);
}

export function removeAttachment(tx: Writer, accountId: string, policyArn: string, attachment: Attachment): void {
  tx.delete(attachmentKey(accountId, policyArn, attachment));
}

export function listAttachments(reader: Reader, accountId: string, policyArn: string): Promise<Attachment[]> {
  return listAll(reader, attachments(accountId, policyArn));
}

/** All attachments of an account, by policy ARN. */
export async function countAttachments(
  reader: Reader,
  accountId: string,
): Promise<Map<string, { policies: number; boundaries: number }>> {
  const counts = new Map<string, { policies: number; boundaries: number }>();
  const prefix: Key = [...account(accountId), 'attachment'];
  let after: Key | undefined;
  for (;;) {
    const rows = await reader.list<Attachment>({ prefix }, { limit: PAGE_ROWS, ...(after && { after }) });
    for (const { key, value } of rows) {
      const arn = String(key[prefix.length]);
      const count = counts.get(arn) ?? { policies: 0, boundaries: 0 };
      counts.set(arn, count);
      if (value.as === 'policy') count.policies++;
      else count.boundaries++;
    }
    if (rows.length < PAGE_ROWS) return counts;
    after = rows.at(-1)?.key;
  }
}

// ---- members of groups
export function putMember(tx: Writer, accountId: string, group: string, user: string): void {
  tx.set([...members(accountId, group), user.toLowerCase()], user);
}

export function removeMember(tx: Writer, accountId: string, group: string, user: string): void {
  tx.delete([...members(accountId, group), user.toLowerCase()]);
}

export function listMembers(reader: Reader, accountId: string, group: string): Promise<string[]> {
  return listAll(reader, members(accountId, group));
}

// ---- account alias
export async function findAlias(reader: Reader, accountId: string): Promise<string | undefined> {
  return (await reader.get<string>(aliasKey(accountId)))?.value;
}

export async function findAliasOwner(reader: Reader, alias: string): Promise<string | undefined> {
  return (await reader.get<string>(aliasOwnerKey(alias)))?.value;
}

export function putAlias(tx: Writer, accountId: string, alias: string): void {
  tx.set(aliasKey(accountId), alias);
  tx.set(aliasOwnerKey(alias), accountId);
}

export function removeAlias(tx: Writer, accountId: string, alias: string): void {
  tx.delete(aliasKey(accountId));
  tx.delete(aliasOwnerKey(alias));
}

// ---- the account's password policy
export async function findPasswordPolicy(reader: Reader, accountId: string): Promise<PasswordPolicy | undefined> {
  return (await reader.get<PasswordPolicy>(passwordPolicyKey(accountId)))?.value;
}
export const putPasswordPolicy = (tx: Writer, accountId: string, policy: PasswordPolicy): void =>
  tx.set(passwordPolicyKey(accountId), policy);
export const removePasswordPolicy = (tx: Writer, accountId: string): void => tx.delete(passwordPolicyKey(accountId));

// ---- the credential report: packed, 5,000 users are more than an entry holds
export async function findCredentialReport(
  reader: Reader,
  accountId: string,
): Promise<{ at: number; text: string } | undefined> {
  const found = (await reader.get<{ at: number; packed: string }>(reportKey(accountId)))?.value;
  return found && { at: found.at, text: gunzipSync(Buffer.from(found.packed, 'base64')).toString() };
}
export const putCredentialReport = (tx: Writer, accountId: string, { at, text }: { at: number; text: string }): void =>
  tx.set(reportKey(accountId), { at, packed: gzipSync(text).toString('base64') });

// ---- access keys: their ids are unique everywhere
export async function findAccessKey(reader: Reader, id: string): Promise<AccessKeyRecord | undefined> {
  return (await reader.get<AccessKeyRecord>(accessKeyKey(id)))?.value;
}

export function putAccessKey(tx: Writer, key: AccessKeyRecord): void {
  tx.set(accessKeyKey(key.id), key);
}

export function removeAccessKey(tx: Writer, id: string): void {
  tx.delete(accessKeyKey(id));
  removeUse(tx, id);
}

/** Last uses are kept by access key id, and by role ARN. */
export function removeUse(tx: Writer, id: string): void {
  tx.delete(useKey(id));
}

export async function listRootAccessKeys(reader: Reader, accountId: string): Promise<AccessKeyRecord[]> {
  const keys = await listAll<AccessKeyRecord>(reader, accessKeysPrefix);
  return keys.filter((key) => key.accountId === accountId && key.userName === undefined);
}

export async function findUse(reader: Reader, id: string): Promise<LastUse | undefined> {
  return (await reader.get<LastUse>(useKey(id)))?.value;
}

export async function putUses(store: Store, uses: ReadonlyMap<string, LastUse>): Promise<void> {
  await store.mutate(
    [],
    (_, tx) => {
      for (const [id, use] of uses) tx.set(useKey(id), use);
    },
    { durability: 'lazy' },
  );
}

// ---- temporary credentials: gone when they expire
export async function findSession(reader: Reader, id: string): Promise<SessionRecord | undefined> {
  return (await reader.get<SessionRecord>(sessionKey(id)))?.value;
}

/** `keepMs` longer than they are good, so that a late request learns that they have expired. */
export function putSession(tx: Writer, session: SessionRecord, keepMs: number): void {
  tx.set(sessionKey(session.id), session, { expires: session.expiresAt + keepMs });
}
