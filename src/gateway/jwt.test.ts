import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ManualClock } from '#core/clock.ts';
import type { HttpClient } from './http-client.ts';
import { claimTexts, InvalidToken, scopesOf, TokenIssuers } from './jwt.ts';

const ISSUER = 'https://issuer.example';

async function setUp() {
  const clock = new ManualClock();
  const pairs = new Map([['a', await generateKeyPair('RS256')]]);
  const asked: string[] = [];
  let isDown = false;
  const client = {
    async send({ url }: { url: URL }) {
      asked.push(url.pathname);
      if (isDown) throw new Error('down');
      const keys = await Promise.all(
        [...pairs].map(async ([kid, { publicKey }]) => ({ ...(await exportJWK(publicKey)), kid, alg: 'RS256' })),
      );
      const document = url.pathname.endsWith('openid-configuration') ? { jwks_uri: `${ISSUER}/keys` } : { keys };
      return { status: 200, headers: [], body: Buffer.from(JSON.stringify(document)) };
    },
  } as unknown as HttpClient;
  const issuers = new TokenIssuers(client, clock);
  let n = 0;
  const sign = (kid: string, seconds = 3600, iss = ISSUER) =>
    new SignJWT({ jti: String(n++) })
      .setProtectedHeader({ alg: 'RS256', kid })
      .setIssuer(iss)
      .setIssuedAt(clock.now() / 1000)
      .setExpirationTime(Math.floor(clock.now() / 1000) + seconds)
      .sign(pairs.get(kid)!.privateKey);
  return { clock, pairs, asked, issuers, sign, goDown: (down: boolean) => (isDown = down) };
}

test('keys are discovered once, and again for a key that is not known', async () => {
  const { clock, pairs, asked, issuers, sign } = await setUp();
  await issuers.verify(await sign('a'), ISSUER);
  await issuers.verify(await sign('a'), ISSUER);
  assert.deepEqual(asked, ['/.well-known/openid-configuration', '/keys']);
  pairs.set('b', await generateKeyPair('RS256'));
  await assert.rejects(issuers.verify(await sign('b'), ISSUER), InvalidToken);
  assert.equal(asked.length, 2, 'not asked again at once');
  clock.advance(10_000);
  await issuers.verify(await sign('b'), ISSUER);
  assert.equal(asked.length, 4);
});

test('keys that are old are asked for again, and serve on while the issuer is down', async () => {
  const { clock, asked, issuers, sign, goDown } = await setUp();
  await issuers.verify(await sign('a'), ISSUER);
  clock.advance(2 * 3600_000);
  goDown(true);
  await issuers.verify(await sign('a'), ISSUER);
  assert.equal(asked.length, 3);
});

test('a verified token ends when its time is over', async () => {
  const { clock, issuers, sign } = await setUp();
  const token = await sign('a', 60);
  await issuers.verify(token, ISSUER);
  clock.advance(59_000);
  await issuers.verify(token, ISSUER);
  clock.advance(1_000);
  await assert.rejects(issuers.verify(token, ISSUER), (error: InvalidToken) => error.expired);
});

test('tokens of another issuer, without signature and of another algorithm are refused', async () => {
  const { issuers, sign } = await setUp();
  await assert.rejects(issuers.verify(await sign('a', 60, 'https://other.example'), ISSUER), InvalidToken);
  const [head, body] = (await sign('a')).split('.');
  const none = Buffer.from('{"alg":"none","kid":"a"}').toString('base64url');
  await assert.rejects(issuers.verify(`${none}.${body}.`, ISSUER), InvalidToken);
  await assert.rejects(issuers.verify(`${head}.${body}.AAAA`, ISSUER), InvalidToken);
  const secret = new TextEncoder().encode('x'.repeat(64));
  const symmetric = await new SignJWT({}).setProtectedHeader({ alg: 'HS256', kid: 'a' }).setIssuer(ISSUER).sign(secret);
  await assert.rejects(issuers.verify(symmetric, ISSUER), InvalidToken);
});

test('claims become texts, scopes a list', () => {
  assert.deepEqual(claimTexts({ a: 'x', b: 1, c: true, d: ['x', 2], e: { f: 1 } } as never), {
    a: 'x',
    b: '1',
    c: 'true',
    d: '[x 2]',
    e: '{"f":1}',
  });
  assert.deepEqual(scopesOf({ scope: 'a b' }), ['a', 'b']);
  assert.deepEqual(scopesOf({ scp: ['a', 'b'] }), ['a', 'b']);
  assert.deepEqual(scopesOf({}), []);
});
