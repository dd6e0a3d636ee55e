import type { Platform } from '#kernel/platform.ts';

/** Hosts of AWS that are data planes here; the plain service endpoints stay as they are. */
const HOSTS =
  /(http|ws)s?:\/\/((?:[a-z0-9.-]+\.)?(?:execute-api|lambda-url|s3-website|s3)(?:[.-][a-z]{2}-[a-z0-9-]+)?)\.(?:amazonaws\.com|on\.aws)/g;

/** A queue's address is called as it stands by the SDKs, and not by browsers: names below localhost need not resolve. */
const QUEUES = /https:\/\/sqs\.[a-z0-9-]+\.amazonaws\.com(?=\/\d{12}\/)/g;

/** Addresses of AWS that a template's outputs spell out, as a browser on this machine reaches them. */
export function localUrls(text: string, platform: Platform): string {
  const { domain, host: address, port } = platform.config;
  return text
    .replace(QUEUES, `http://${address}:${port}`)
    .replace(HOSTS, (_all, scheme: string, host: string) => `${scheme}://${host}.${domain}:${port}`);
}
