// Credentials of the roles that integrations and authorizers run as.
import type { Principal } from '#core/principal.ts';
import type { Credentials } from '#kernel/identity.ts';
import type { Platform } from '#kernel/platform.ts';

/** The session name that AWS's own calls show. */
const SESSION_NAME = 'BackplaneAssumeRoleSession';
const SESSION_SECONDS = 3600;
/** Fresh ones are asked for this long before the old ones end. */
const RENEW_MS = 5 * 60_000;
const ROLES_MAX = 1000;

export interface RoleSession {
  principal: Principal;
  credentials: Credentials;
}

export class Roles {
  readonly #platform: Platform;
  readonly #sessions = new Map<string, Promise<RoleSession>>();

  constructor(platform: Platform) {
    this.#platform = platform;
  }

  /** Throws what AssumeRole throws when API Gateway may not take the role. */
  async assume(roleArn: string): Promise<RoleSession> {
    const known = this.#sessions.get(roleArn);
    if (known) {
      const session = await known;
      if (session.credentials.expiresAt - RENEW_MS > this.#platform.clock.now()) return session;
    }
    const session = this.#begin(roleArn);
    if (this.#sessions.size >= ROLES_MAX) this.#sessions.delete(this.#sessions.keys().next().value!);
    this.#sessions.set(roleArn, session);
    session.catch(() => this.#sessions.delete(roleArn));
    return session;
  }

  async #begin(roleArn: string): Promise<RoleSession> {
    const { identity } = this.#platform;
    const credentials = await identity.assumeServiceRole(
      roleArn,
      'apigateway.amazonaws.com',
      SESSION_NAME,
      SESSION_SECONDS,
    );
    const key = await identity.findAccessKey(credentials.accessKeyId);
    if (!key) throw new Error(`the session of ${roleArn} is not known`);
    return { principal: key.principal, credentials };
  }
}
