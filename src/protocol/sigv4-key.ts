import { createHmac, timingSafeEqual } from 'node:crypto';

/** date is YYYYMMDD */
export interface SigningScope {
  date: string;
  region: string;
  service: string;
}

/** A key serves one secret for one day, region and service; the oldest goes first. */
const CACHED_KEYS_MAX = 1000;
const cache = new Map<string, Buffer>();

export const formatScope = (scope: SigningScope): string =>
  `${scope.date}/${scope.region}/${scope.service}/aws4_request`;

const hmac = (key: string | Uint8Array, text: string): Buffer =>
  createHmac('sha256', key).update(text, 'utf8').digest();

export function signingKey(secretAccessKey: string, scope: SigningScope): Buffer {
  const name = `${secretAccessKey}\n${scope.date}\n${scope.region}\n${scope.service}`;
  const cached = cache.get(name);
  if (cached) return cached;
  const dateKey = hmac(`AWS4${secretAccessKey}`, scope.date);
  const key = hmac(hmac(hmac(dateKey, scope.region), scope.service), 'aws4_request');
  if (cache.size >= CACHED_KEYS_MAX) cache.delete(cache.keys().next().value as string);
  cache.set(name, key);
  return key;
}

/** Also the signature of an S3 POST policy: its base64 text is the string to sign. */
export function hexSignature(key: Uint8Array, text: string): string {
  return createHmac('sha256', key).update(text, 'utf8').digest('hex');
}

/** In constant time, so that a guess learns nothing from how long the refusal took. */
export function sameSignature(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
