// Custom domain names, of REST and HTTP APIs alike, with what their paths lead to.
import type { Entry, Key, Reader, Writer } from '#store/contract.ts';

export interface PublishedDomain {
  accountId: string;
  region: string;
  /** lower case; `*.example.com` stands for every name one level below */
  domainName: string;
  mappings: {
    /** without slashes at its ends: ``, `v1`, `shop/v1` (base path, API mapping key) */
    path: string;
    apiId: string;
    /** absent: the next path segment names the stage */
    stage?: string;
  }[];
}

export const domainsPrefix: Key = ['global', 'execute-api-domains'];
const domainKey = (domainName: string): Key => [...domainsPrefix, domainName];

/** Names are unique over all accounts and regions of this installation. */
export function publishDomain(tx: Writer, domain: PublishedDomain): void {
  tx.set(domainKey(domain.domainName), domain);
}

export function removeDomain(tx: Writer, domainName: string): void {
  tx.delete(domainKey(domainName));
}

export async function findDomain(store: Reader, domainName: string): Promise<PublishedDomain | undefined> {
  return (await store.get<PublishedDomain>(domainKey(domainName)))?.value;
}

export async function listDomains(store: Reader): Promise<PublishedDomain[]> {
  const all: PublishedDomain[] = [];
  let page: Entry<PublishedDomain>[];
  let after: Key | undefined;
  do {
    page = await store.list<PublishedDomain>({ prefix: domainsPrefix }, { limit: 1000, ...(after && { after }) });
    all.push(...page.map(({ value }) => value));
    after = page.at(-1)?.key;
  } while (page.length === 1000);
  return all;
}
