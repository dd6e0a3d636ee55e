// Custom domains in memory: asked for every request that comes under a name we do not know otherwise.
import type { HttpRequest } from '#core/http.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Address } from '../address.ts';
import { domainsPrefix, findDomainTls, listDomains, type Domain } from './record.ts';
import { compileRoute, type Route } from './route.ts';
import { tlsVersionsOf, type TlsVersions } from './security-policies.ts';

/** How a name is served over TLS. */
export interface TlsTerms extends TlsVersions {
  /** PEM; absent: the local authority certifies the name */
  certificate?: string | undefined;
  privateKey?: string | undefined;
  /** PEM: clients are asked for a certificate of one of these */
  truststore?: string | undefined;
}

interface KnownDomain {
  domain: Domain;
  route: Route;
  terms?: Promise<TlsTerms>;
}

export class DomainIndex {
  readonly #platform: Platform;
  readonly #unwatch: () => void;
  #domains: ReadonlyMap<string, KnownDomain> = new Map();
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

  /** 'unmapped': the name is ours, but not for this path, or not for this client. */
  find(host: string, path: string, request: HttpRequest): Address | 'unmapped' | undefined {
    const known = this.#domains.size === 0 ? undefined : this.#named(host);
    if (!known) return undefined;
    const { mutualTls, endpointAccessMode } = known.domain;
    if (mutualTls && !isProven(host, request)) return 'unmapped';
    if (endpointAccessMode === 'STRICT' && request.peer?.serverName !== host) return 'unmapped';
    return known.route(path, request.headers);
  }

  async tlsTermsOf(host: string): Promise<TlsTerms | undefined> {
    const known = this.#named(host);
    if (!known) return undefined;
    const { domainName, securityPolicy } = known.domain;
    known.terms ??= findDomainTls(this.#platform.store, domainName).then((own) => ({
      ...tlsVersionsOf(securityPolicy),
      ...own,
    }));
    return known.terms;
  }

  #named(host: string): KnownDomain | undefined {
    return this.#domains.get(host) ?? this.#domains.get(`*.${host.slice(host.indexOf('.') + 1)}`);
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
        this.#domains = new Map(
          domains.map((domain) => [domain.domainName, { domain, route: compileRoute(domain) }] as const),
        );
      } catch (error) {
        if (!this.#platform.signal.aborted)
          this.#platform.warn(`custom domains cannot be read: ${(error as Error).message}`);
      }
    }
    this.#isReading = false;
  }
}

/** The connection was made for this very name, and its client showed a certificate that the name's truststore covers. */
const isProven = (host: string, { peer }: HttpRequest): boolean =>
  peer?.serverName === host && peer.clientCertificate !== undefined;
