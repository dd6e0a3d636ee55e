// An issuer of tokens that the server reaches by a name of its own.
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import type { TestServer } from '../../harness.ts';

export interface Issuer {
  issuer: string;
  /** how often its keys were asked for */
  asked: number;
  sign(claims: JWTPayload, options?: { expires?: string; wrongKey?: boolean }): Promise<string>;
  /** new keys under a new id; the old ones are gone */
  rotate(): Promise<void>;
}

export async function startIssuer(server: Pick<TestServer, 'platform'>, host: string, path = ''): Promise<Issuer> {
  let keyId = 0;
  let keys = await generateKeyPair('RS256');
  const other = await generateKeyPair('RS256');
  const issuer: Issuer = {
    issuer: `https://${host}${path}`,
    asked: 0,
    async rotate() {
      keys = await generateKeyPair('RS256');
      keyId++;
    },
    sign: (claims, { expires = '1h', wrongKey = false } = {}) =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: `key${keyId}` })
        .setIssuedAt()
        .setIssuer(issuer.issuer)
        .setExpirationTime(expires)
        .sign(wrongKey ? other.privateKey : keys.privateKey),
  };
  const json = (value: unknown) => ({
    status: 200,
    headers: [['content-type', 'application/json']] as [string, string][],
    body: JSON.stringify(value),
  });
  server.platform.dataPlanes.unshift({
    id: 'issuer',
    match(name, asked) {
      if (name !== host || !asked.startsWith(`${path}/.well-known/`)) return undefined;
      if (asked.endsWith('/openid-configuration')) {
        return async () => json({ issuer: issuer.issuer, jwks_uri: `${issuer.issuer}/.well-known/jwks.json` });
      }
      return async () => {
        issuer.asked++;
        return json({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: `key${keyId}`, alg: 'RS256', use: 'sig' }] });
      };
    },
  });
  return issuer;
}
