// Custom domains in memory: asked for every request that comes under a name we do not know otherwise.
import type { Platform } from '#kernel/platform.ts';
import type { Address } from './address.ts';
import { domainsPrefix, listDomains, type PublishedDomain } from './published-domains.ts';

export class DomainIndex {
  readonly #platform: Platform;
  readonly #unwatch: () => void;
  #domains: ReadonlyMap<string, PublishedDomain> = new Map();
  #isReading = false;
  #isStale = false;

  constructor(platform: Platform) {
    this.#platform = platform;
    this.#unwatch = platform.store.watch(domainsPrefix, () => this.#refresh());
    this.#refresh();
  }

  close(): void {
    this.#unwatch();
  }

  /** 'unmapped': the name is ours, the path leads nowhere. */
  find(host: string, path: string): Address | 'unmapped' | undefined {
    if (this.#domains.size === 0) return undefined;
    const domain = this.#domains.get(host) ?? this.#domains.get(`*.${host.slice(host.indexOf('.') + 1)}`);
    return domain && resolve(domain, path);
  }

  #refresh(): void {
    this.#isStale = true;
    if (!this.#isReading) void this.#read();
  }

  async #read(): Promise<void> {
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      try {
        const domains = await listDomains(this.#platform.store);
        this.#domains = new Map(domains.map((domain) => [domain.domainName, domain]));
      } catch (error) {
        if (!this.#platform.signal.aborted)
          this.#platform.warn(`custom domains cannot be read: ${(error as Error).message}`);
      }
    }
    this.#isReading = false;
  }
}

/** The longest mapping whose segments begin the path. */
function resolve({ mappings }: PublishedDomain, path: string): Address | 'unmapped' {
  let best: PublishedDomain['mappings'][number] | undefined;
  for (const mapping of mappings) {
    const begins = mapping.path === '' || path === `/${mapping.path}` || path.startsWith(`/${mapping.path}/`);
    if (begins && mapping.path.length >= (best?.path.length ?? 0)) best = mapping;
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
