import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { DataPlane } from '#kernel/service.ts';
import type { Platform } from '#kernel/platform.ts';

export const VERSION = '0.1.0';

const json = (body: unknown): HttpResponse => ({
  status: 200,
  headers: [['content-type', 'application/json']],
  body: JSON.stringify(body),
});

/** `/_gatehouse/health`, and the same news in the shape that existing wait scripts look for. */
export function createHealth(platform: Platform): DataPlane {
  const startedAt = platform.clock.now();
  const health = (): HttpResponse =>
    json({
      status: 'ok',
      version: VERSION,
      mode: platform.config.mode,
      uptimeSeconds: Math.floor((platform.clock.now() - startedAt) / 1000),
    });
  const existing = (): HttpResponse =>
    json({
      services: Object.fromEntries([...platform.services.keys()].map((id) => [id, 'running'])),
      edition: 'gatehouse',
      version: VERSION,
    });
  return {
    id: 'health',
    match(_host, path, request: HttpRequest) {
      if (path.charCodeAt(1) !== 95 /* _ */ || request.method !== 'GET') return undefined;
      if (path === '/_gatehouse/health') return async () => health();
      if (path === '/_localstack/health') return async () => existing();
      return undefined;
    },
  };
}
