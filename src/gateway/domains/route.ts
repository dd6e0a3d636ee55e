// Which API and stage a path of a custom domain leads to: by routing rules, then by mappings, as its routing mode has it.
import type { HttpRequest } from '#core/http.ts';
import type { Address } from '../address.ts';
import type { Domain, DomainMapping, RoutingRule } from './record.ts';

type Headers = HttpRequest['headers'];

/** 'unmapped': the name is ours, the path leads nowhere. */
export type Route = (path: string, headers: Headers) => Address | 'unmapped';

export function compileRoute({ mappings, routingMode, rules }: Domain): Route {
  const ordered = rules.toSorted((a, b) => a.priority - b.priority).map(compileRule);
  const byMapping: Route = (path) => followMapping(mappings, path);
  if (routingMode === 'API_MAPPING_ONLY') return byMapping;
  const byRule = (path: string, headers: Headers): Address | undefined => {
    for (const rule of ordered) {
      const address = rule(path, headers);
      if (address) return address;
    }
    return undefined;
  };
  return routingMode === 'ROUTING_RULE_ONLY'
    ? (path, headers) => byRule(path, headers) ?? 'unmapped'
    : (path, headers) => byRule(path, headers) ?? byMapping(path, headers);
}

const begins = (path: string, base: string): boolean =>
  base === '' || path === `/${base}` || path.startsWith(`/${base}/`);

/** The longest mapping whose segments begin the path. */
function followMapping(mappings: readonly DomainMapping[], path: string): Address | 'unmapped' {
  let best: DomainMapping | undefined;
  for (const mapping of mappings) {
    if (begins(path, mapping.path) && mapping.path.length >= (best?.path.length ?? 0)) best = mapping;
  }
  if (!best) return 'unmapped';
  const basePath = best.path === '' ? '' : `/${best.path}`;
  const rest = path.slice(basePath.length) || '/';
  if (best.stage !== undefined) return { apiId: best.apiId, stageName: best.stage, path: rest, basePath };
  const end = rest.indexOf('/', 1);
  const stageName = end < 0 ? rest.slice(1) : rest.slice(1, end);
  if (!stageName) return 'unmapped';
  return { apiId: best.apiId, stageName, path: end < 0 ? '/' : rest.slice(end), basePath: `${basePath}/${stageName}` };
}

function compileRule(rule: RoutingRule): (path: string, headers: Headers) => Address | undefined {
  const { apiId, stage: stageName, stripBasePath, basePaths } = rule;
  const groups = rule.headers.map((group) =>
    group.map(({ header, valueGlob }) => [header.toLowerCase(), compileGlob(valueGlob)] as const),
  );
  return (path, headers) => {
    for (const group of groups) {
      const isMet = group.some(([name, matches]) => headers[name] !== undefined && matches(headers[name]));
      if (!isMet) return undefined;
    }
    if (!basePaths) return { apiId, stageName, path, basePath: '' };
    const matched = basePaths.filter((base) => begins(path, base)).toSorted((a, b) => b.length - a.length)[0];
    if (matched === undefined) return undefined;
    if (!stripBasePath || matched === '') return { apiId, stageName, path, basePath: '' };
    return { apiId, stageName, path: path.slice(matched.length + 1) || '/', basePath: `/${matched}` };
  };
}

/** A star at the beginning, at the end, or at both: that is all a value's glob can have. */
function compileGlob(glob: string): (value: string) => boolean {
  const open = glob.startsWith('*');
  const isOpenEnded = glob.endsWith('*');
  const text = glob.slice(open ? 1 : 0, isOpenEnded ? Math.max(open ? 1 : 0, glob.length - 1) : glob.length);
  if (open && isOpenEnded) return (value) => value.includes(text);
  if (open) return (value) => value.endsWith(text);
  return isOpenEnded ? (value) => value.startsWith(text) : (value) => value === text;
}
