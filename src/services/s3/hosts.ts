// Names under which buckets are reached. https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html
import { isBucketName } from './bucket-names.ts';

const REGION = '[a-z]{2}(?:-[a-z]+)+-\\d';
interface Hosts {
  api: RegExp;
  bare: RegExp;
  website: RegExp;
}
const compiled = new Map<string, Hosts>();

function hostsOf(domain: string): Hosts {
  const known = compiled.get(domain);
  if (known) return known;
  // Names below amazonaws.com reach us from inside functions.
  const roots = [...new Set([domain, 'amazonaws.com'])].map((name) => name.replaceAll('.', '\\.')).join('|');
  const made = {
    // {bucket}.s3.{region}.<domain>, {bucket}.s3.<domain>, {bucket}.s3-{region}.<domain>
    api: new RegExp(`^(.+)\\.s3(?:[.-](?:dualstack\\.)?(?:${REGION}))?\\.(?:${roots})$`),
    bare: new RegExp(`^([a-z0-9][a-z0-9-]{1,61}[a-z0-9])\\.${domain.replaceAll('.', '\\.')}$`),
    website: new RegExp(`^(.+)\\.s3-website[.-](?:${REGION})\\.(?:${roots})$`),
  };
  compiled.set(domain, made);
  return made;
}

/**
 * The bucket that a host name means, for API requests in virtual-host style; undefined = path style.
 * host: lower case, without port.
 */
export function apiHostBucket(host: string, domain: string): string | undefined {
  const bucket = hostsOf(domain).api.exec(host)?.[1];
  return bucket !== undefined && isBucketName(bucket) ? bucket : undefined;
}

/** `bucket.localhost`: what an SDK makes of the endpoint http://localhost. Only a signed S3 request means it so. */
export function bareHostBucket(host: string, domain: string): string | undefined {
  const bucket = hostsOf(domain).bare.exec(host)?.[1];
  return bucket !== undefined && isBucketName(bucket) ? bucket : undefined;
}

/** The bucket whose website a host name means. */
export function websiteHost(host: string, domain: string): string | undefined {
  const bucket = hostsOf(domain).website.exec(host)?.[1];
  return bucket !== undefined && isBucketName(bucket) ? bucket : undefined;
}
