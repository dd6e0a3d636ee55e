// Redirects of a website: routing rules and their targets.
import type { RoutingRule } from '@aws-sdk/client-s3';

export interface Redirect {
  status: number;
  location: string;
}

/** Where the site is: what a path within it must be prefixed with, and under which name it was asked for. */
export interface Site {
  protocol: string;
  host: string;
  /** '' or `/_aws/s3-website/bucket` */
  base: string;
}

/** The first rule for this key: before anything is read (no status), or after that failed. */
export function findRule(
  rules: readonly RoutingRule[] | undefined,
  key: string,
  status?: number,
): RoutingRule | undefined {
  return rules?.find(({ Condition: condition }) => {
    const wanted = condition?.HttpErrorCodeReturnedEquals;
    if (wanted === undefined ? status !== undefined : Number(wanted) !== status) return false;
    return key.startsWith(condition?.KeyPrefixEquals ?? '');
  });
}

export function applyRule(
  { Redirect: redirect = {}, Condition: condition }: RoutingRule,
  key: string,
  site: Site,
): Redirect {
  const path = replacedPath(redirect, condition?.KeyPrefixEquals ?? '', key);
  const protocol = redirect.Protocol ?? site.protocol;
  const elsewhere = redirect.HostName !== undefined;
  const host = redirect.HostName ?? site.host;
  return {
    status: Number(redirect.HttpRedirectCode ?? 301),
    location: `${protocol}://${host}${elsewhere ? '' : site.base}/${path}`,
  };
}

/** What a rule puts in may be a fragment (`#!/`): it is not encoded as a key is. */
function replacedPath(redirect: NonNullable<RoutingRule['Redirect']>, prefix: string, key: string): string {
  if (redirect.ReplaceKeyWith !== undefined) return encodeURI(redirect.ReplaceKeyWith);
  if (redirect.ReplaceKeyPrefixWith === undefined) return encodePath(key);
  return encodeURI(redirect.ReplaceKeyPrefixWith) + encodePath(key.slice(prefix.length));
}

/** A key as the path of a Location header. */
export const encodePath = (key: string): string =>
  encodeURI(key).replace(/[?#]/g, (character) => (character === '?' ? '%3F' : '%23'));
