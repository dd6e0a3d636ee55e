// Whose signature a request carries: for the API front, and for the data planes that IAM guards (execute-api, function URLs).
import { rootPrincipal, type Principal } from '#core/principal.ts';
import type { ChunkVerifier } from '#protocol/chunked.ts';
import { verifySignatureV2 } from '#protocol/sigv2.ts';
import {
  checkExpiry,
  checkSessionToken,
  checkSigningService,
  checkSkew,
  ChunkSignatures,
  readSignature,
  s3Payload,
  unknownAccessKey,
  verifySignatureV4,
  type Signature,
  type SignatureDialect,
  type SignedRequest,
} from '#protocol/sigv4.ts';
import type { AccessKey } from './identity.ts';
import type { Platform } from './platform.ts';

export interface SignedFor {
  /** the service as scopes name it: `s3`, `execute-api`, `lambda` */
  signingName: string;
  /** in whose words refusals are */
  dialect: SignatureDialect;
  /** S3: the bucket that the host named */
  bucketOfHost?: string | undefined;
}

export interface Caller {
  principal: Principal;
  accountId: string;
  region: string;
  /** S3: checks the chunks of a signed aws-chunked body */
  chunks?: ChunkVerifier;
}

/**
 * Undefined: the request is not signed. Throws the service's error when it is signed wrong or by a key that is not good.
 * `body` is the whole body as sent; S3's streams, and is compared with the hash that was signed as it goes by.
 */
export async function authenticateSigned(
  platform: Platform,
  request: SignedRequest,
  signedFor: SignedFor,
  body: Uint8Array | undefined,
): Promise<Caller | undefined> {
  const { clock, config, identity } = platform;
  const { dialect, signingName } = signedFor;
  const signature = readSignature(request, dialect);
  if (!signature) return undefined;
  checkExpiry(signature, dialect, clock.now());
  const { accessKeyId } = signature;
  const region = (signature.version === 4 && signature.scope.region) || config.defaultRegion;
  const key = await identity.findAccessKey(accessKeyId);
  if (!key) {
    if (config.mode === 'serve') throw unknownAccessKey(dialect, accessKeyId);
    return assumedRoot(platform, accessKeyId, region);
  }
  const chunks = verify(platform, request, signedFor, signature, key, body);
  identity.noteUse(accessKeyId, signingName, region);
  const { principal } = key;
  const accountId = 'accountId' in principal ? principal.accountId : config.defaultAccountId;
  return { principal, accountId, region, ...(chunks && { chunks }) };
}

/** In `start`, a key that was not issued here is the root user of its account: there is no secret to compare with. */
function assumedRoot({ config }: Platform, accessKeyId: string, region: string): Caller {
  const accountId = /^\d{12}$/.test(accessKeyId) ? accessKeyId : config.defaultAccountId;
  return { principal: { ...rootPrincipal(accountId), accessKeyId } as Principal, accountId, region };
}

/** Answers what will check the chunks of the body, where they are signed. */
function verify(
  { clock }: Platform,
  request: SignedRequest,
  { dialect, signingName, bucketOfHost }: SignedFor,
  signature: Signature,
  key: AccessKey,
  body: Uint8Array | undefined,
): ChunkVerifier | undefined {
  const { secretAccessKey } = key;
  if (!key.active) throw unknownAccessKey(dialect, key.accessKeyId);
  checkSkew(signature, dialect, clock.now());
  checkSessionToken(signature, key, dialect, clock.now());
  if (signature.version === 2) {
    verifySignatureV2(request, signature, secretAccessKey, bucketOfHost);
    return undefined;
  }
  checkSigningService(signature, signingName, dialect);
  verifySignatureV4(request, signature, secretAccessKey, dialect, body);
  if (dialect !== 's3') return undefined;
  const payload = s3Payload(request, signature);
  if (payload.kind !== 'chunked' || !payload.signed) return undefined;
  const { scope, amzDate, signature: seed } = signature;
  return new ChunkSignatures({ secretAccessKey, scope, amzDate, signature: seed });
}
