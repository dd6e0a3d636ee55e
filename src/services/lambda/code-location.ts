// GetFunction's Code.Location: an address of ours that gives the zip for ten minutes, as AWS's presigned one does.
import type { Context } from '#kernel/context.ts';
import type { DataPlane } from '#kernel/service.ts';
import type { Platform } from '#kernel/platform.ts';
import { findCode } from './store.ts';

const PATH = '/_gatehouse/lambda/code/';
const VALID_MS = 10 * 60_000;
const TOKENS_MAX = 10_000;

interface Grant {
  sha256: string;
  expiresAt: number;
}
const grants = new WeakMap<Platform, Map<string, Grant>>();
const grantsOf = (platform: Platform): Map<string, Grant> => {
  const known = grants.get(platform) ?? new Map<string, Grant>();
  grants.set(platform, known);
  return known;
};

export async function codeLocation(context: Context, sha256: string): Promise<string> {
  const { platform } = context;
  const all = grantsOf(platform);
  const token = context.ids.hex(48);
  all.set(token, { sha256, expiresAt: context.clock.now() + VALID_MS });
  const [oldest] = all.keys();
  if (all.size > TOKENS_MAX && oldest !== undefined) all.delete(oldest);
  const host = context.http?.host ?? `${platform.config.host}:${platform.config.port}`;
  return `${context.http?.secure ? 'https' : 'http'}://${host}${PATH}${token}`;
}

export function createCodeDownloads(platform: Platform): DataPlane {
  return {
    id: 'lambda-code',
    match(_host, path, request) {
      if (!path.startsWith(PATH) || (request.method !== 'GET' && request.method !== 'HEAD')) return undefined;
      return async () => {
        const grant = grantsOf(platform).get(path.slice(PATH.length));
        const code =
          grant && grant.expiresAt > platform.clock.now() ? await findCode(platform.store, grant.sha256) : undefined;
        if (!code) return { status: 403, headers: [['content-type', 'text/plain']], body: 'Request has expired\n' };
        const headers: [string, string][] = [
          ['content-type', 'application/zip'],
          ['content-length', String(code.size)],
        ];
        return { status: 200, headers, body: platform.blobs.read(code.blob) };
      };
    },
  };
}
