// The port through which the front and every call ask who a key belongs to and what he may do. Read often, changed
// rarely: kept in memory until the store says that something of the account has changed.
import type { Principal } from '#core/principal.ts';
import { rootPrincipal } from '#core/principal.ts';
import type { AccessKey, Credentials, Identity, PrincipalPolicies, TemporaryPrincipal } from '#kernel/identity.ts';
import type { Platform } from '#kernel/platform.ts';
import { LastUses } from './last-use.ts';
import { arnOf } from './names.ts';
import { defaultDocument, findPolicy } from './policy-lookup.ts';
import type { Entity, Role, User } from './records.ts';
import { issueCredentials, parseRoleArn, serviceSession, type ServiceSessionRequest } from './sessions.ts';
import { accessKeysPrefix, accountPrefix, find, findAccessKey, findSession } from './store.ts';

const CACHED_KEYS_MAX = 10_000;
const CACHED_PRINCIPALS_MAX = 10_000;

/** What is the same for all sessions of a role, or for a user. */
interface EntityPolicies extends PrincipalPolicies {
  /** AROA…, AIDA…: a session of a role that was deleted and made again is not one of the new role */
  id?: string;
}
const NO_POLICIES: EntityPolicies = { identity: [] };
/** Of a session that the root user gave out. */
const ROOT_POLICIES: PrincipalPolicies = {
  identity: ['{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}'],
};

export class StoredIdentity implements Identity {
  readonly #platform: Platform;
  readonly #uses: LastUses;
  readonly #keys = new Map<string, Promise<AccessKey | undefined>>();
  readonly #policies = new Map<string, Map<string, Promise<EntityPolicies>>>();
  readonly #unwatch: (() => void)[] = [];

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#uses = new LastUses(platform);
    this.#unwatch.push(platform.store.watch(accessKeysPrefix, () => this.#keys.clear()));
  }

  async stop(): Promise<void> {
    for (const unwatch of this.#unwatch) unwatch();
    await this.#uses.stop();
  }

  /** AKIA… are users' and root's, ASIA… temporary; anything else was not issued here. */
  findAccessKey(accessKeyId: string): Promise<AccessKey | undefined> {
    if (!/^A[KS]IA[A-Z0-9]{12,}$/.test(accessKeyId)) return Promise.resolve(undefined);
    const cached = this.#keys.get(accessKeyId);
    if (cached) return cached;
    const isTemporary = accessKeyId.startsWith('ASIA');
    const found = isTemporary ? this.#readSession(accessKeyId) : this.#readKey(accessKeyId);
    if (this.#keys.size >= CACHED_KEYS_MAX) this.#keys.clear();
    this.#keys.set(accessKeyId, found);
    // unknown temporary keys may be issued in the next moment; failures are not to be remembered
    const forget = (): void => {
      if (this.#keys.get(accessKeyId) === found) this.#keys.delete(accessKeyId);
    };
    found.then((key) => (key === undefined && isTemporary ? forget() : undefined), forget);
    return found;
  }

  async #readKey(id: string): Promise<AccessKey | undefined> {
    const { store } = this.#platform;
    const key = await findAccessKey(store, id);
    if (!key) return undefined;
    const { accountId, userName } = key;
    this.#watch(accountId);
    const user = userName === undefined ? undefined : await find(store, accountId, 'user', userName);
    if (userName !== undefined && !user) return undefined;
    const principal: Principal = user
      ? {
          type: 'user',
          accountId,
          arn: arnOf(accountId, 'user', user),
          userId: user.id,
          userName: user.name,
          accessKeyId: id,
        }
      : ({ ...rootPrincipal(accountId), accessKeyId: id } as Principal);
    return { accessKeyId: id, secretAccessKey: key.secret, active: key.active, principal };
  }

  async #readSession(id: string): Promise<AccessKey | undefined> {
    const session = await findSession(this.#platform.store, id);
    if (!session) return undefined;
    const { secret, token, expiresAt, principal } = session;
    return {
      accessKeyId: id,
      secretAccessKey: secret,
      sessionToken: token,
      expiresAt,
      active: true,
      principal,
    };
  }

  async policiesOf(principal: Principal): Promise<PrincipalPolicies> {
    if (principal.type === 'user') return this.#policiesOfUser(principal);
    if (principal.type !== 'assumed-role') return NO_POLICIES;
    const { accountId, name } = parseRoleArn(principal.roleArn) ?? { accountId: principal.accountId, name: '' };
    const role = await this.#entityPolicies(accountId, 'role', name);
    const isOther = principal.accessKeyId !== undefined && !principal.userId.startsWith(`${role.id}:`);
    if (isOther) return NO_POLICIES;
    const { sessionPolicies, sessionPolicyArns, sessionTags } = principal;
    if (!sessionPolicies && !sessionPolicyArns && !sessionTags) return role;
    const passed = await this.#managedDocuments(accountId, sessionPolicyArns ?? []);
    return {
      ...role,
      ...((sessionPolicies || sessionPolicyArns) && { session: [...(sessionPolicies ?? []), ...passed] }),
      ...(sessionTags && { tags: { ...role.tags, ...sessionTags } }),
    };
  }

  async #policiesOfUser(principal: Extract<Principal, { type: 'user' }>): Promise<PrincipalPolicies> {
    const { accountId, federatedBy, sessionPolicies = [], sessionPolicyArns = [], sessionTags } = principal;
    const own =
      federatedBy === 'root' ? ROOT_POLICIES : await this.#entityPolicies(accountId, 'user', principal.userName);
    if (federatedBy === undefined) return own;
    const passed = await this.#managedDocuments(accountId, sessionPolicyArns);
    return { ...own, session: [...sessionPolicies, ...passed], tags: { ...own.tags, ...sessionTags } };
  }

  #entityPolicies(accountId: string, kind: 'user' | 'role', name: string): Promise<EntityPolicies> {
    this.#watch(accountId);
    const ofAccount = this.#policies.get(accountId) as Map<string, Promise<EntityPolicies>>;
    const key = `${kind}/${name.toLowerCase()}`;
    const cached = ofAccount.get(key);
    if (cached) return cached;
    const read = this.#readEntityPolicies(accountId, kind, name);
    if (ofAccount.size >= CACHED_PRINCIPALS_MAX) ofAccount.clear();
    ofAccount.set(key, read);
    read.catch(() => {
      if (ofAccount.get(key) === read) ofAccount.delete(key);
    });
    return read;
  }

  async #readEntityPolicies(accountId: string, kind: 'user' | 'role', name: string): Promise<EntityPolicies> {
    const { store } = this.#platform;
    const entity: User | Role | undefined = await find(store, accountId, kind, name);
    if (!entity) return NO_POLICIES;
    const identity = await this.#documentsOf(accountId, entity);
    for (const group of 'groups' in entity ? entity.groups : []) {
      const found = await find(store, accountId, 'group', group);
      if (found) identity.push(...(await this.#documentsOf(accountId, found)));
    }
    const [boundary] = await this.#managedDocuments(accountId, entity.boundary ? [entity.boundary] : []);
    return {
      id: entity.id,
      identity,
      ...(boundary !== undefined && { boundary }),
      tags: Object.fromEntries(entity.tags.map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
    };
  }

  async #documentsOf(accountId: string, entity: Entity): Promise<string[]> {
    return [...Object.values(entity.inline), ...(await this.#managedDocuments(accountId, entity.attached))];
  }

  async #managedDocuments(accountId: string, arns: readonly string[]): Promise<string[]> {
    const policies = await Promise.all(arns.map((arn) => findPolicy(this.#platform.store, accountId, arn)));
    return policies.filter((policy) => policy !== undefined).map(defaultDocument);
  }

  /** From the first question about an account on; before it nothing of it is kept. */
  #watch(accountId: string): void {
    if (this.#policies.has(accountId)) return;
    const ofAccount = new Map<string, Promise<EntityPolicies>>();
    this.#policies.set(accountId, ofAccount);
    this.#unwatch.push(
      this.#platform.store.watch(accountPrefix(accountId), () => {
        ofAccount.clear();
        this.#keys.clear(); // a user's new name or path shows in the principal of his keys
      }),
    );
  }

  issueCredentials(principal: TemporaryPrincipal, durationSeconds: number): Promise<Credentials> {
    return issueCredentials(this.#platform, principal, durationSeconds);
  }

  noteUse(accessKeyId: string, service: string, region: string): void {
    this.#uses.note(accessKeyId, service, region);
    if (!accessKeyId.startsWith('ASIA')) return;
    void this.#keys.get(accessKeyId)?.then((key) => {
      if (key?.principal.type === 'assumed-role') this.#uses.note(key.principal.roleArn, service, region);
    });
  }

  serviceSession(request: ServiceSessionRequest): Promise<Principal> {
    return serviceSession(this.#platform, request);
  }

  async assumeServiceRole(
    roleArn: string,
    service: string,
    sessionName: string,
    durationSeconds: number,
    sourceArn?: string,
  ): Promise<Credentials> {
    const request = { roleArn, service, sessionName, ...(sourceArn !== undefined && { sourceArn }) };
    return issueCredentials(this.#platform, await serviceSession(this.#platform, request), durationSeconds);
  }
}
