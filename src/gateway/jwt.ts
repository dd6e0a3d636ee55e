// Tokens of OpenID Connect issuers: keys are discovered, kept for two hours, and asked for again when a token names one that
// is not known. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
import { decodeProtectedHeader, errors, importJWK, jwtVerify, type CryptoKey, type JWK, type JWTPayload } from 'jose';
import type { Clock } from '#core/clock.ts';
import type { HttpClient } from './http-client.ts';

const KEYS_TTL_MS = 2 * 3600_000;
/** A token with an unknown key makes us ask again, but not more often than this. */
const REFRESH_MS = 10_000;
const FETCH_TIMEOUT_MS = 1_500;
const DOCUMENT_BYTES_MAX = 150_000;
const VERIFIED_MAX = 10_000;
/** API Gateway verifies RSA signatures only. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512'];

export class InvalidToken extends Error {
  /** set when nothing but time is wrong */
  readonly expired: boolean;
  constructor(message: string, options: { expired?: boolean; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.expired = options.expired === true;
  }
}

interface Keys {
  byId: ReadonlyMap<string, CryptoKey>;
  fetchedAt: number;
}

export class TokenIssuers {
  readonly #client: HttpClient;
  readonly #clock: Clock;
  readonly #keys = new Map<string, Promise<Keys>>();
  /** claims by token: a signature is verified once */
  readonly #verified = new Map<string, JWTPayload>();

  constructor(client: HttpClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** The claims of a token that this issuer signed and that is valid now. Throws InvalidToken. */
  async verify(token: string, issuer: string, jwksPath?: string): Promise<JWTPayload> {
    const cacheKey = `${issuer} ${token}`;
    const known = this.#verified.get(cacheKey);
    const claims = known ?? (await this.#verifySignature(token, issuer, jwksPath));
    this.#checkTimes(claims);
    if (!known) {
      if (this.#verified.size >= VERIFIED_MAX) this.#verified.delete(this.#verified.keys().next().value!);
      this.#verified.set(cacheKey, claims);
    }
    return claims;
  }

  #checkTimes({ exp, nbf, iat }: JWTPayload): void {
    const now = this.#clock.now() / 1000;
    if (exp === undefined || exp <= now)
      throw new InvalidToken('the token has expired', { expired: exp !== undefined });
    if (nbf !== undefined && nbf > now) throw new InvalidToken('the token is not active yet');
    if (iat !== undefined && iat > now + 60) throw new InvalidToken('the token was issued in the future');
  }

  async #verifySignature(token: string, issuer: string, jwksPath: string | undefined): Promise<JWTPayload> {
    let keyId: string;
    try {
      keyId = decodeProtectedHeader(token).kid ?? '';
    } catch (error) {
      throw new InvalidToken('the token is malformed', { cause: error });
    }
    const key = await this.#findKey(issuer, keyId, jwksPath);
    if (!key) throw new InvalidToken(`the issuer has no key ${keyId}`);
    try {
      const currentDate = new Date(this.#clock.now());
      const { payload } = await jwtVerify(token, key, { issuer, algorithms: ALGORITHMS, currentDate });
      return payload;
    } catch (error) {
      throw new InvalidToken((error as Error).message, { expired: error instanceof errors.JWTExpired, cause: error });
    }
  }

  async #findKey(issuer: string, keyId: string, jwksPath: string | undefined): Promise<CryptoKey | undefined> {
    const now = this.#clock.now();
    const known = await this.#keys.get(issuer)?.catch(() => undefined);
    const found = known?.byId.get(keyId);
    if (known && found && now - known.fetchedAt < KEYS_TTL_MS) return found;
    if (known && !found && now - known.fetchedAt < REFRESH_MS) return undefined;
    const fetching = this.#fetchKeys(issuer, jwksPath);
    this.#keys.set(issuer, fetching);
    fetching.catch(() => this.#keys.delete(issuer));
    try {
      return (await fetching).byId.get(keyId);
    } catch (error) {
      // Keys that were good a moment ago serve on while the issuer is not reachable.
      if (known && found) return found;
      throw new InvalidToken(`the keys of ${issuer} cannot be read`, { cause: error });
    }
  }

  async #fetchKeys(issuer: string, jwksPath: string | undefined): Promise<Keys> {
    const base = issuer.replace(/\/$/, '');
    const uri = jwksPath
      ? base + jwksPath
      : (await this.#fetchJson<{ jwks_uri: string }>(`${base}/.well-known/openid-configuration`)).jwks_uri;
    const { keys } = await this.#fetchJson<{ keys: JWK[] }>(uri);
    const byId = new Map<string, CryptoKey>();
    for (const jwk of keys) {
      if (jwk.kty === 'RSA') byId.set(jwk.kid ?? '', (await importJWK(jwk, jwk.alg ?? 'RS256')) as CryptoKey);
    }
    return { byId, fetchedAt: this.#clock.now() };
  }

  async #fetchJson<T>(url: string): Promise<T> {
    const { status, body } = await this.#client.send({
      method: 'GET',
      url: new URL(url),
      headers: [['Accept', 'application/json']],
      body: '',
      timeoutMs: FETCH_TIMEOUT_MS,
      bytesMax: DOCUMENT_BYTES_MAX,
    });
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    return JSON.parse(body.toString()) as T;
  }
}

/** Claims as API Gateway shows them: all texts, lists as `[a b]`. */
export function claimTexts(claims: JWTPayload): Record<string, string> {
  return Object.fromEntries(Object.entries(claims).map(([name, value]) => [name, claimText(value)]));
}

function claimText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return `[${value.map(claimText).join(' ')}]`;
  return value !== null && typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** `Bearer x` and `x` alike. */
export const bareToken = (header: string): string => header.replace(/^Bearer\s+/i, '').trim();

export const scopesOf = (claims: JWTPayload): string[] => {
  const given = claims['scope'] ?? claims['scp'];
  if (Array.isArray(given)) return given.map(String);
  return typeof given === 'string' ? given.split(' ').filter(Boolean) : [];
};
