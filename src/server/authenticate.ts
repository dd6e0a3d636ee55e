// Who asks, for which account and region.
import type { HttpRequest } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import { authenticateSigned, type Caller } from '#kernel/signed-request.ts';
import type { Route } from '#protocol/router.ts';
import { missingAuthenticationToken, type SignatureDialect } from '#protocol/sigv4.ts';

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
): Promise<Caller> {
  const dialect = dialectOf(route);
  const { service, bucketOfHost } = route;
  const signedFor = { signingName: service.signingName, dialect, bucketOfHost };
  return (await authenticateSigned(platform, request, signedFor, body)) ?? anonymous(platform, route, dialect);
}

/** S3 lets everyone ask, its policies decide; so do a few operations of other services. */
function anonymous({ config, services }: Platform, route: Route, dialect: SignatureDialect): Caller {
  const allowed: readonly string[] = services.get(route.service.id as never)?.anonymous ?? [];
  if (dialect !== 's3' && !allowed.includes(route.operation?.name ?? '')) throw missingAuthenticationToken(dialect);
  return { principal: { type: 'anonymous' }, accountId: config.defaultAccountId, region: config.defaultRegion };
}
