// The roles that integrations and authorizers run as.
import type { Principal } from '#core/principal.ts';
import type { Credentials } from '#kernel/identity.ts';
import type { Platform } from '#kernel/platform.ts';

const SERVICE = 'apigateway.amazonaws.com';
/** The session name that AWS's own calls show. */
const SESSION_NAME = 'BackplaneAssumeRoleSession';
/** A trust policy that is changed counts after this long at the latest. */
const SESSION_MS = 60_000;
const CREDENTIALS_SECONDS = 3600;
/** New credentials are asked for this long before the old ones end. */
const RENEW_MS = 5 * 60_000;
const ROLES_MAX = 1000;

export class Roles {
  readonly #platform: Platform;
  readonly #principals: Held<Principal>;
  readonly #credentials: Held<Credentials>;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#principals = new Held((_principal, since) => platform.clock.now() - since < SESSION_MS, platform);
    this.#credentials = new Held(({ expiresAt }) => expiresAt - RENEW_MS > platform.clock.now(), platform);
  }

  /** For calls in process. Throws what AssumeRole throws when API Gateway may not take the role. */
  principal(roleArn: string): Promise<Principal> {
    const { identity } = this.#platform;
    const ask = (): Promise<Principal> =>
      identity.serviceSession({ roleArn, service: SERVICE, sessionName: SESSION_NAME });
    return this.#principals.get(roleArn, ask);
  }

  /** For calls over HTTP. */
  credentials(roleArn: string): Promise<Credentials> {
    const { identity } = this.#platform;
    const ask = (): Promise<Credentials> =>
      identity.assumeServiceRole(roleArn, SERVICE, SESSION_NAME, CREDENTIALS_SECONDS);
    return this.#credentials.get(roleArn, ask);
  }
}

class Held<T> {
  readonly #isGood: (value: T, since: number) => boolean;
  readonly #platform: Platform;
  readonly #values = new Map<string, { value: Promise<T>; since: number }>();

  constructor(isGood: (value: T, since: number) => boolean, platform: Platform) {
    this.#isGood = isGood;
    this.#platform = platform;
  }

  async get(name: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#values.get(name);
    if (known) {
      const value = await known.value;
      if (this.#isGood(value, known.since)) return value;
    }
    const entry = { value: ask(), since: this.#platform.clock.now() };
    if (this.#values.size >= ROLES_MAX) this.#values.delete(this.#values.keys().next().value!);
    this.#values.set(name, entry);
    entry.value.catch(() => this.#values.delete(name));
    return entry.value;
  }
}
