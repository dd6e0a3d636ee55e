import type { PublishedMethodSetting, PublishedRestStageSettings } from '../published-rest.ts';

/**
 * The settings of one method: what is set for `*\/*` with what is set for the method itself over it. Keys come as
 * `~1pets/GET`, `pets/GET` or `/pets/GET`; the root resource is `~1/GET` or `/GET`.
 */
export function findMethodSetting(
  stage: PublishedRestStageSettings,
  resourcePath: string,
  httpMethod: string,
): PublishedMethodSetting {
  let found: PublishedMethodSetting = {};
  let own: PublishedMethodSetting = {};
  for (const [key, setting] of Object.entries(stage.methodSettings ?? {})) {
    const { path, method } = parseKey(key);
    if (path === '*' && method === '*') found = setting;
    else if (path === resourcePath && (method === httpMethod || method === '*')) own = { ...own, ...setting };
  }
  return { ...found, ...own };
}

function parseKey(key: string): { path: string; method: string } {
  const slash = key.lastIndexOf('/');
  const path = key.slice(0, Math.max(slash, 0)).replaceAll('~1', '/').replaceAll('~0', '~');
  return { path: path === '*' || path.startsWith('/') ? path : `/${path}`, method: key.slice(slash + 1) };
}
