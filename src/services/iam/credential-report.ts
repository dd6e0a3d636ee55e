// A table of all users and the state of their credentials, made anew at most every four hours.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { reportNotPresent } from './errors.ts';
import { lastUseOf } from './last-use.ts';
import { arnOf } from './names.ts';
import type { AccessKeyRecord, User } from './records.ts';
import {
  findAccessKey,
  findCredentialReport,
  findPasswordPolicy,
  list,
  listRootAccessKeys,
  putCredentialReport,
} from './store.ts';

const KEPT_MS = 4 * 3_600_000;
const DAY_MS = 86_400_000;
const KEYS_SHOWN = 2;
const NONE = 'N/A';
const UNSUPPORTED = 'not_supported';

const KEY_COLUMNS = ['active', 'last_rotated', 'last_used_date', 'last_used_region', 'last_used_service'];
const COLUMNS = [
  'user',
  'arn',
  'user_creation_time',
  'password_enabled',
  'password_last_used',
  'password_last_changed',
  'password_next_rotation',
  'mfa_active',
  ...[1, 2].flatMap((n) => KEY_COLUMNS.map((column) => `access_key_${n}_${column}`)),
  ...[1, 2].flatMap((n) => [`cert_${n}_active`, `cert_${n}_last_rotated`]),
];
/** Nobody has certificates here. */
const NO_CERTIFICATES = ['false', NONE, 'false', NONE];

const time = (ms: number): string => new Date(ms).toISOString().replace(/\.\d{3}Z$/, '+00:00');

/** Only keys that may be used count as active; those that are not there have no dates. */
async function keyColumns({ store }: Context, keys: readonly AccessKeyRecord[]): Promise<string[]> {
  const columns: string[] = [];
  for (let n = 0; n < KEYS_SHOWN; n++) {
    const key = keys[n];
    const use = key && (await lastUseOf(store, key.id));
    columns.push(String(key?.active ?? false), key ? time(key.createdAt) : NONE);
    columns.push(...(use ? [time(use.at), use.region, use.service] : [NONE, NONE, NONE]));
  }
  return columns;
}

async function rootRow(context: Context): Promise<string[]> {
  const { accountId, store } = context;
  return [
    '<root_account>',
    `arn:aws:iam::${accountId}:root`,
    time(0),
    UNSUPPORTED,
    'no_information',
    UNSUPPORTED,
    UNSUPPORTED,
    'false',
    ...(await keyColumns(context, await listRootAccessKeys(store, accountId))),
    ...NO_CERTIFICATES,
  ];
}

async function userRow(context: Context, user: User, maxPasswordDays: number | undefined): Promise<string[]> {
  const { accountId, store } = context;
  const keys = await Promise.all(user.accessKeyIds.map((id) => findAccessKey(store, id)));
  const { login } = user;
  const nextRotation = login && maxPasswordDays !== undefined ? time(login.changedAt + maxPasswordDays * DAY_MS) : NONE;
  return [
    user.name,
    arnOf(accountId, 'user', user),
    time(user.createdAt),
    // there is no console where a password could be used
    ...(login ? ['true', 'no_information', time(login.changedAt), nextRotation] : ['false', NONE, NONE, NONE]),
    'false',
    ...(await keyColumns(
      context,
      keys.filter((key) => key !== undefined),
    )),
    ...NO_CERTIFICATES,
  ];
}

async function reportOf(context: Context): Promise<string> {
  const { accountId, store } = context;
  const maxPasswordDays = (await findPasswordPolicy(store, accountId))?.MaxPasswordAge;
  const rows = [COLUMNS, await rootRow(context)];
  for (const user of await list(store, accountId, 'user')) rows.push(await userRow(context, user, maxPasswordDays));
  return rows.map((row) => row.join(',')).join('\n');
}

export const generateCredentialReport: Operation<'iam', 'GenerateCredentialReport'> = async (_input, context) => {
  const { accountId, clock, store } = context;
  const known = await findCredentialReport(store, accountId);
  const now = clock.now();
  if (known && now - known.at < KEPT_MS) return { State: 'COMPLETE' };
  const text = await reportOf(context);
  await store.transact(async (tx) => putCredentialReport(tx, accountId, { at: now, text }));
  return { State: 'STARTED', Description: 'No report exists. Starting a new report generation task' };
};

export const getCredentialReport: Operation<'iam', 'GetCredentialReport'> = async (_input, { accountId, store }) => {
  const report = await findCredentialReport(store, accountId);
  if (!report) throw reportNotPresent();
  return { Content: Buffer.from(report.text), ReportFormat: 'text/csv', GeneratedTime: new Date(report.at) };
};
