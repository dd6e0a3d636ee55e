// Who asks, for which account and region.
import type { HttpRequest } from '#core/http.ts';
import { rootPrincipal, type Principal } from '#core/principal.ts';
import type { AccessKey } from '#kernel/identity.ts';
import type { Platform } from '#kernel/platform.ts';
import type { ChunkVerifier } from '#protocol/chunked.ts';
import type { Route } from '#protocol/router.ts';
import { verifySignatureV2 } from '#protocol/sigv2.ts';
import {
  checkExpiry,
  checkSessionToken,
  checkSigningService,
  checkSkew,
  ChunkSignatures,
  missingAuthenticationToken,
  readSignature,
  s3Payload,
  unknownAccessKey,
  verifySignatureV4,
  type Signature,
  type SignatureDialect,
} from '#protocol/sigv4.ts';

export interface Authenticated {
  principal: Principal;
  accountId: string;
  region: string;
  /** checks the chunks of a signed aws-chunked body */
  chunks?: ChunkVerifier;
}

const DIALECTS: Readonly<Record<string, SignatureDialect>> = {
  awsQuery: 'query',
  restXml: 'query',
  restJson1: 'rest-json',
  ec2Query: 'ec2',
};

function dialectOf({ service, protocol }: Route): SignatureDialect {
  return service.id === 's3' ? 's3' : (DIALECTS[protocol] ?? 'json');
}

/**
 * `body` is the request's whole body as sent, or undefined where it streams: then its claimed hash is signed and the
 * payload is compared with it as it goes by.
 */
export async function authenticate(
  platform: Platform,
  request: HttpRequest,
  route: Route,
  body: Uint8Array | undefined,
): Promise<Authenticated> {
  const { clock, config, identity } = platform;
  const dialect = dialectOf(route);
  const signature = readSignature(request, dialect);
  if (!signature) return anonymous(platform, route, dialect);
  const { accessKeyId } = signature;
  checkExpiry(signature, dialect, clock.now());
  const region = (signature.version === 4 && signature.scope.region) || config.defaultRegion;
  const key = await identity.findAccessKey(accessKeyId);
  if (!key) {
    if (config.mode === 'serve') throw unknownAccessKey(dialect, accessKeyId);
    return assumed(platform, accessKeyId, region);
  }
  const chunks = verify(platform, request, route, signature, key, dialect, body);
  identity.noteUse(accessKeyId, route.service.signingName, region);
  const { principal } = key;
  const accountId = 'accountId' in principal ? principal.accountId : config.defaultAccountId;
  return { principal, accountId, region, ...(chunks && { chunks }) };
}

/** S3 lets everyone ask, its policies decide; so do a few operations of other services. */
function anonymous({ config, services }: Platform, route: Route, dialect: SignatureDialect): Authenticated {
  const allowed: readonly string[] = services.get(route.service.id as never)?.anonymous ?? [];
  if (dialect !== 's3' && !allowed.includes(route.operation?.name ?? '')) throw missingAuthenticationToken(dialect);
  return { principal: { type: 'anonymous' }, accountId: config.defaultAccountId, region: config.defaultRegion };
}

/** In `start`, a key that was not issued here is the root user of its account: there is no secret to compare with. */
function assumed({ config }: Platform, accessKeyId: string, region: string): Authenticated {
  const accountId = /^\d{12}$/.test(accessKeyId) ? accessKeyId : config.defaultAccountId;
  return { principal: { ...rootPrincipal(accountId), accessKeyId } as Principal, accountId, region };
}

/** Answers what will check the chunks of the body, where they are signed. */
function verify(
  { clock }: Platform,
  request: HttpRequest,
  { service, bucketOfHost }: Route,
  signature: Signature,
  key: AccessKey,
  dialect: SignatureDialect,
  body: Uint8Array | undefined,
): ChunkVerifier | undefined {
  if (!key.active) throw unknownAccessKey(dialect, key.accessKeyId);
  checkSkew(signature, dialect, clock.now());
  checkSessionToken(signature, key, dialect, clock.now());
  if (signature.version === 2) {
    verifySignatureV2(request, signature, key.secretAccessKey, bucketOfHost);
    return undefined;
  }
  checkSigningService(signature, service.signingName, dialect);
  verifySignatureV4(request, signature, key.secretAccessKey, dialect, body);
  if (dialect !== 's3') return undefined;
  const payload = s3Payload(request, signature);
  if (payload.kind !== 'chunked' || !payload.signed) return undefined;
  return new ChunkSignatures({
    secretAccessKey: key.secretAccessKey,
    scope: signature.scope,
    amzDate: signature.amzDate,
    signature: signature.signature,
  });
}
