import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { HttpHandler, UpgradeHandler } from './node-http.ts';

/** Host header without port, lower case. */
export function hostOf(request: HttpRequest): string {
  const host = request.headers['host'] ?? '';
  const colon = host.lastIndexOf(':');
  const bare = colon > host.lastIndexOf(']') ? host.slice(0, colon) : host;
  return bare.toLowerCase();
}

/** Data planes by host and path first, in their order; everything else is an AWS API call. */
export function createFront(platform: Platform, api: HttpHandler): HttpHandler {
  const { dataPlanes } = platform;
  return (request): Promise<HttpResponse> => {
    const host = hostOf(request);
    const query = request.target.indexOf('?');
    const path = query < 0 ? request.target : request.target.slice(0, query);
    for (const plane of dataPlanes) {
      const handle = plane.match(host, path, request);
      if (handle) return handle(request);
    }
    return api(request);
  };
}

/** WebSocket handshakes: the first data plane that has such an address. */
export function createUpgradeFront({ dataPlanes }: Platform): UpgradeHandler {
  return async (handshake) => {
    const { request } = handshake;
    const host = hostOf(request);
    const path = request.target.split('?', 1)[0]!;
    for (const plane of dataPlanes) {
      const handle = plane.upgrade?.(host, path, request);
      if (handle && (await handle(handshake))) return true;
    }
    return false;
  };
}
