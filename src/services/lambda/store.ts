import type { Context } from '#kernel/context.ts';
import type { Key, Reader, Transaction, Writer } from '#store/contract.ts';
import type { DurableSettings } from './durable-config.ts';

export interface Place {
  accountId: string;
  region: string;
}

/** The zip of one or more versions or layers, by content: written once, counted. */
export interface CodeRecord {
  blob: string;
  size: number;
  references: number;
}

export interface LayerReference {
  arn: string;
  codeSha256: string;
  codeSize: number;
}

export interface ImageReference {
  /** as it was asked for */
  uri: string;
  /** with the digest that it had then */
  resolvedUri: string;
}
/** In the place of what the image says. */
export interface ImageConfig {
  EntryPoint?: string[];
  Command?: string[];
  WorkingDirectory?: string;
}

/** One version, or $LATEST. Names are those of FunctionConfiguration. */
export interface VersionRecord {
  version: string;
  description: string;
  /** neither of an image */
  runtime?: string;
  handler?: string;
  /** PackageType Image; codeSha256 is then the hexadecimal digest of its manifest */
  image?: ImageReference;
  imageConfig?: ImageConfig;
  role: string;
  codeSha256: string;
  codeSize: number;
  timeout: number;
  memorySize: number;
  environment?: Record<string, string>;
  tracingMode: 'Active' | 'PassThrough';
  layers: LayerReference[];
  ephemeralStorage: number;
  architecture: 'x86_64' | 'arm64';
  deadLetterTargetArn?: string;
  durable?: DurableSettings;
  logging: { format: 'Text' | 'JSON'; group: string; applicationLevel?: string; systemLevel?: string };
  lastModified: number;
  /** as answers show it: changes with the policy too */
  revisionId: string;
  /** changes with what environments run alone; absent: the revision */
  build?: string;
  /** of $LATEST, where PublishVersion gave the version another one */
  ofDescription?: string;
  /** a VpcConfig without subnets was given: answers then have an empty one */
  emptyVpc?: true;
}
export const buildOf = ({ build, revisionId }: VersionRecord): string => build ?? revisionId;

export interface PolicyStatement {
  Sid: string;
  Effect: 'Allow';
  Principal: '*' | { Service: string } | { AWS: string };
  Action: string;
  Resource: string;
  Condition?: Record<string, Record<string, string>>;
}
export interface ResourcePolicy {
  statements: PolicyStatement[];
}

export interface FunctionRecord {
  name: string;
  createdAt: number;
  latest: VersionRecord;
  /** the number that the next published version gets; numbers are never used again */
  nextVersion: number;
  tags: Record<string, string>;
  reservedConcurrency?: number;
  /** by qualifier; '' = the function itself */
  policies: Record<string, ResourcePolicy>;
  /** absent: Terminate */
  recursiveLoop?: 'Allow' | 'Terminate';
  codeSigningConfigArn?: string;
}

export interface AliasRecord {
  name: string;
  functionVersion: string;
  description: string;
  /** one other version and its share, 0 to 1 */
  routing?: { version: string; weight: number };
  revisionId: string;
}

/** A configuration of asynchronous invocation, a function URL: of a function or one of its aliases or versions. */
export interface EventInvokeRecord {
  qualifier: string;
  lastModified: number;
  maximumRetryAttempts?: number;
  maximumEventAgeInSeconds?: number;
  onSuccess?: string;
  onFailure?: string;
}
export interface UrlRecord {
  id: string;
  name: string;
  /** '' or an alias */
  qualifier: string;
  authType: 'NONE' | 'AWS_IAM';
  invokeMode: 'BUFFERED' | 'RESPONSE_STREAM';
  cors?: {
    AllowCredentials?: boolean;
    AllowHeaders?: string[];
    AllowMethods?: string[];
    AllowOrigins?: string[];
    ExposeHeaders?: string[];
    MaxAge?: number;
  };
  createdAt: number;
  lastModified: number;
}

/** A code signing configuration. */
export interface SigningRecord {
  /** csc-… */
  id: string;
  description: string;
  /** ARNs of signing profile versions */
  publishers: string[];
  untrusted: 'Warn' | 'Enforce';
  lastModified: number;
  tags: Record<string, string>;
}

/** Provisioned concurrency of a version or an alias. */
export interface ProvisionedRecord {
  name: string;
  qualifier: string;
  requested: number;
  lastModified: number;
}

/** an account has at most 1,000 places to provision, and a place is an account in a region */
const PROVISIONED_MAX = 10_000;

export const placeOf = (context: Context): Place => ({ accountId: context.accountId, region: context.region });
export const root = (at: Place): Key => [at.accountId, at.region, 'lambda'];
const keyOf = (at: Place, kind: string, ...rest: (string | number)[]): Key => [...root(at), kind, ...rest];
export const functionKey = (at: Place, name: string): Key => keyOf(at, 'function', name);
/** Changes whenever anything that an invocation depends on changes: watched by the snapshot cache. */
export const everything = (at: Place): Key => root(at);

async function read<T>(reader: Reader, key: Key): Promise<T | undefined> {
  return (await reader.get<T>(key))?.value;
}
async function page<T>(reader: Reader, prefix: Key, after: Key | undefined, limit: number): Promise<T[]> {
  return (await reader.list<T>({ prefix }, { limit, ...(after && { after }) })).map((entry) => entry.value);
}

export const findFunction = (reader: Reader, at: Place, name: string): Promise<FunctionRecord | undefined> =>
  read(reader, functionKey(at, name));
export const putFunction = (tx: Writer, at: Place, record: FunctionRecord): void =>
  tx.set(functionKey(at, record.name), record);
export const deleteFunctionEntry = (tx: Writer, at: Place, name: string): void => tx.delete(functionKey(at, name));
export const listFunctions = (
  reader: Reader,
  at: Place,
  after: string | undefined,
  limit: number,
): Promise<FunctionRecord[]> =>
  page(reader, keyOf(at, 'function'), after === undefined ? undefined : functionKey(at, after), limit);

export const findVersion = (
  reader: Reader,
  at: Place,
  name: string,
  version: string,
): Promise<VersionRecord | undefined> =>
  /^\d{1,15}$/.test(version) ? read(reader, keyOf(at, 'version', name, Number(version))) : Promise.resolve(undefined);
export const putVersion = (tx: Writer, at: Place, name: string, record: VersionRecord): void =>
  tx.set(keyOf(at, 'version', name, Number(record.version)), record);
export const deleteVersionEntry = (tx: Writer, at: Place, name: string, version: string): void =>
  tx.delete(keyOf(at, 'version', name, Number(version)));
export const listVersions = (
  reader: Reader,
  at: Place,
  name: string,
  after: number | undefined,
  limit: number,
): Promise<VersionRecord[]> =>
  page(reader, keyOf(at, 'version', name), after === undefined ? undefined : keyOf(at, 'version', name, after), limit);

/** Sizes of all published versions of functions and layers. */
export async function listStoredCode(reader: Reader, at: Place): Promise<{ codeSize: number }[]> {
  const all: { codeSize: number }[] = [];
  for (const kind of ['version', 'layer-version']) {
    for (let after: Key | undefined; ;) {
      const entries = await reader.list<{ codeSize: number }>(
        { prefix: keyOf(at, kind) },
        { limit: 1000, ...(after && { after }) },
      );
      all.push(...entries.map(({ value }) => ({ codeSize: value.codeSize })));
      after = entries.at(-1)?.key;
      if (entries.length < 1000) break;
    }
  }
  return all;
}

export const findAlias = (reader: Reader, at: Place, name: string, alias: string): Promise<AliasRecord | undefined> =>
  read(reader, keyOf(at, 'alias', name, alias));
export const putAlias = (tx: Writer, at: Place, name: string, record: AliasRecord): void =>
  tx.set(keyOf(at, 'alias', name, record.name), record);
export const deleteAliasEntry = (tx: Writer, at: Place, name: string, alias: string): void =>
  tx.delete(keyOf(at, 'alias', name, alias));
export const listAliases = (
  reader: Reader,
  at: Place,
  name: string,
  after: string | undefined,
  limit: number,
): Promise<AliasRecord[]> =>
  page(reader, keyOf(at, 'alias', name), after === undefined ? undefined : keyOf(at, 'alias', name, after), limit);

export const findEventInvoke = (
  reader: Reader,
  at: Place,
  name: string,
  qualifier: string,
): Promise<EventInvokeRecord | undefined> => read(reader, keyOf(at, 'event-invoke', name, qualifier));
export const putEventInvoke = (tx: Writer, at: Place, name: string, record: EventInvokeRecord): void =>
  tx.set(keyOf(at, 'event-invoke', name, record.qualifier), record);
export const deleteEventInvokeEntry = (tx: Writer, at: Place, name: string, qualifier: string): void =>
  tx.delete(keyOf(at, 'event-invoke', name, qualifier));
export const listEventInvokes = (reader: Reader, at: Place, name: string): Promise<EventInvokeRecord[]> =>
  page(reader, keyOf(at, 'event-invoke', name), undefined, 1000);

export const findUrl = (reader: Reader, at: Place, name: string, qualifier: string): Promise<UrlRecord | undefined> =>
  read(reader, keyOf(at, 'url', name, qualifier));
export const listUrls = (reader: Reader, at: Place, name: string): Promise<UrlRecord[]> =>
  page(reader, keyOf(at, 'url', name), undefined, 1000);
/** URL ids are host names: unique over all accounts. */
export const findUrlById = (reader: Reader, id: string): Promise<{ at: Place; url: UrlRecord } | undefined> =>
  read(reader, ['global', 'lambda', 'url', id]);
export const urlsById = (): Key => ['global', 'lambda', 'url'];
export function putUrl(tx: Writer, at: Place, url: UrlRecord): void {
  tx.set(keyOf(at, 'url', url.name, url.qualifier), url);
  tx.set(['global', 'lambda', 'url', url.id], { at: { accountId: at.accountId, region: at.region }, url });
}
export function deleteUrlEntry(tx: Writer, at: Place, url: UrlRecord): void {
  tx.delete(keyOf(at, 'url', url.name, url.qualifier));
  tx.delete(['global', 'lambda', 'url', url.id]);
}

export const findSigning = (reader: Reader, at: Place, id: string): Promise<SigningRecord | undefined> =>
  read(reader, keyOf(at, 'code-signing', id));
export const putSigning = (tx: Writer, at: Place, record: SigningRecord): void =>
  tx.set(keyOf(at, 'code-signing', record.id), record);
export const deleteSigningEntry = (tx: Writer, at: Place, id: string): void => tx.delete(keyOf(at, 'code-signing', id));
export const listSigning = (
  reader: Reader,
  at: Place,
  after: string | undefined,
  limit: number,
): Promise<SigningRecord[]> =>
  page(reader, keyOf(at, 'code-signing'), after === undefined ? undefined : keyOf(at, 'code-signing', after), limit);

export const findProvisioned = (
  reader: Reader,
  at: Place,
  name: string,
  qualifier: string,
): Promise<ProvisionedRecord | undefined> => read(reader, keyOf(at, 'provisioned', name, qualifier));
export const deleteProvisionedEntry = (tx: Writer, at: Place, name: string, qualifier: string): void =>
  tx.delete(keyOf(at, 'provisioned', name, qualifier));
/** Of one function, or of all. */
export const listProvisioned = (reader: Reader, at: Place, name?: string): Promise<ProvisionedRecord[]> =>
  page(reader, keyOf(at, 'provisioned', ...(name === undefined ? [] : [name])), undefined, PROVISIONED_MAX);
/** Where concurrency was ever provisioned or reserved: what a start of this program has to look at. */
export const concurrencyPlaces = (): Key => ['global', 'lambda', 'concurrency'];
export const listConcurrencyPlaces = (reader: Reader): Promise<Place[]> =>
  page(reader, concurrencyPlaces(), undefined, PROVISIONED_MAX);
export async function noteConcurrencyPlace(tx: Transaction, { accountId, region }: Place): Promise<void> {
  const key = [...concurrencyPlaces(), accountId, region];
  if (!(await tx.get(key))) tx.set(key, { accountId, region } satisfies Place);
}
export const putProvisioned = (tx: Writer, at: Place, record: ProvisionedRecord): void =>
  tx.set(keyOf(at, 'provisioned', record.name, record.qualifier), record);

/** What hangs on an alias or version and goes with it. */
export async function deleteQualified(
  tx: Transaction,
  at: Place,
  record: FunctionRecord,
  qualifier: string,
): Promise<void> {
  deleteEventInvokeEntry(tx, at, record.name, qualifier);
  deleteProvisionedEntry(tx, at, record.name, qualifier);
  const url = await findUrl(tx, at, record.name, qualifier);
  if (url) deleteUrlEntry(tx, at, url);
  if (!record.policies[qualifier]) return;
  const { [qualifier]: _gone, ...policies } = record.policies;
  putFunction(tx, at, { ...record, policies });
}

/** Everything that hangs on a function and goes with it. */
export async function deleteAttachments(tx: Transaction, at: Place, name: string): Promise<VersionRecord[]> {
  const versions = await listVersions(tx, at, name, undefined, 1000);
  for (const version of versions) deleteVersionEntry(tx, at, name, version.version);
  for (const alias of await listAliases(tx, at, name, undefined, 1000)) deleteAliasEntry(tx, at, name, alias.name);
  for (const config of await listEventInvokes(tx, at, name)) deleteEventInvokeEntry(tx, at, name, config.qualifier);
  for (const { qualifier } of await listProvisioned(tx, at, name)) deleteProvisionedEntry(tx, at, name, qualifier);
  for (const url of await listUrls(tx, at, name)) deleteUrlEntry(tx, at, url);
  return versions;
}

const codeKey = (sha256: string): Key => ['global', 'lambda', 'code', sha256];
export const findCode = (reader: Reader, sha256: string): Promise<CodeRecord | undefined> =>
  read(reader, codeKey(sha256));

/** Counts one more user of this code; `fresh` is the blob just written, should nobody have had the same content before. */
export async function retainCode(
  tx: Transaction,
  context: Context,
  sha256: string,
  fresh?: { blob: string; size: number },
): Promise<void> {
  const code = await findCode(tx, sha256);
  if (code) tx.set(codeKey(sha256), { ...code, references: code.references + 1 });
  else if (fresh) {
    context.blobs.claim(tx, fresh.blob);
    tx.set(codeKey(sha256), { ...fresh, references: 1 } satisfies CodeRecord);
  }
  // Nobody will name the copy: it goes when this program starts again, or now, whichever is first.
  if (code && fresh) context.platform.work.enqueue(tx, 'lambda:remove-blob', { blob: fresh.blob });
}

/** One user less; the last one takes the bytes along. */
export async function releaseCode(tx: Transaction, context: Context, sha256: string): Promise<void> {
  const code = await findCode(tx, sha256);
  if (!code) return;
  if (code.references > 1) tx.set(codeKey(sha256), { ...code, references: code.references - 1 });
  else {
    tx.delete(codeKey(sha256));
    context.platform.work.enqueue(tx, 'lambda:remove-blob', { blob: code.blob });
  }
}
