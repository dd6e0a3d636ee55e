// Signature Version 2 of S3's presigned URLs.
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html#RESTAuthenticationQueryStringAuth
import { createHmac } from 'node:crypto';
import { splitTarget, type SignedRequest } from './sigv4-canonical.ts';
import { signatureDoesNotMatch } from './sigv4-errors.ts';
import { sameSignature } from './sigv4-key.ts';
import type { SignatureV2 } from './sigv4-signature.ts';

/** Query parameters that are part of the canonical resource. */
const SUBRESOURCES = new Set(
  `accelerate acl analytics cors delete inventory lifecycle location logging metrics notification object-lock partNumber
   policy replication requestPayment response-cache-control response-content-disposition response-content-encoding
   response-content-language response-content-type response-expires restore select select-type storageClass tagging torrent
   uploadId uploads versionId versioning versions website`.split(/\s+/),
);

const compare = (a: [string, string], b: [string, string]): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

/** `x-amz-` parameters count as headers: a presigned URL has nowhere else to put them. */
function amzHeaders(request: SignedRequest, query: URLSearchParams): string {
  const found = new Map<string, string>();
  for (const [name, value] of query) if (/^x-amz-/i.test(name)) found.set(name.toLowerCase(), value);
  for (const name in request.headers) if (name.startsWith('x-amz-')) found.set(name, request.headers[name] as string);
  return [...found]
    .sort(compare)
    .map(([name, value]) => `${name}:${value.trim()}\n`)
    .join('');
}

/** `bucketOfHost`: the bucket when it was named by the host and not by the path. */
function canonicalResource(request: SignedRequest, bucketOfHost: string | undefined): string {
  const { path, query } = splitTarget(request.target);
  const parameters = query
    .split('&')
    .map((part): [string, string | undefined] => {
      const equals = part.indexOf('=');
      return equals < 0 ? [part, undefined] : [part.slice(0, equals), part.slice(equals + 1)];
    })
    .filter(([name]) => SUBRESOURCES.has(name))
    .sort((a, b) => compare([a[0], ''], [b[0], '']))
    .map(([name, value]) => (value === undefined ? name : `${name}=${decode(value)}`));
  const resource = bucketOfHost === undefined ? path : `/${bucketOfHost}${path}`;
  return parameters.length === 0 ? resource : `${resource}?${parameters.join('&')}`;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function stringToSignV2(request: SignedRequest, expires: string, bucketOfHost?: string): string {
  const query = new URLSearchParams(splitTarget(request.target).query);
  const { headers } = request;
  return (
    `${request.method}\n${headers['content-md5'] ?? ''}\n${headers['content-type'] ?? ''}\n${expires}\n` +
    amzHeaders(request, query) +
    canonicalResource(request, bucketOfHost)
  );
}

export const signV2 = (secretAccessKey: string, text: string): string =>
  createHmac('sha1', secretAccessKey).update(text, 'utf8').digest('base64');

export function verifySignatureV2(
  request: SignedRequest,
  signature: SignatureV2,
  secretAccessKey: string,
  bucketOfHost?: string,
): void {
  const toSign = stringToSignV2(request, String(signature.expiresAt / 1000), bucketOfHost);
  if (sameSignature(signV2(secretAccessKey, toSign), signature.signature)) return;
  throw signatureDoesNotMatch('s3', {
    accessKeyId: signature.accessKeyId,
    canonical: '',
    toSign,
    provided: signature.signature,
  });
}
