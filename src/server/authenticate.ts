// Who asks, for which account and region.
import type { HttpRequest } from '#core/http.ts';
import { rootPrincipal, type Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { ChunkVerifier } from '#protocol/chunked.ts';
import type { Route } from '#protocol/router.ts';
import { missingAuthenticationToken, type SignatureDialect } from '#protocol/sigv4.ts';

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
  _request: HttpRequest,
  route: Route,
  _body: Uint8Array | undefined,
): Promise<Authenticated> {
  const { config, services } = platform;
  const { scope, service, operation } = route;
  const region = scope?.region || config.defaultRegion;
  if (!scope) {
    const anonymous: readonly string[] = services.get(service.id as never)?.anonymous ?? [];
    if (service.id !== 's3' && !anonymous.includes(operation?.name ?? ''))
      throw missingAuthenticationToken(dialectOf(route));
    return { principal: { type: 'anonymous' }, accountId: config.defaultAccountId, region };
  }
  const accountId = /^\d{12}$/.test(scope.accessKeyId) ? scope.accessKeyId : config.defaultAccountId;
  return { principal: { ...rootPrincipal(accountId), accessKeyId: scope.accessKeyId } as Principal, accountId, region };
}
