// Custom domain names: one record for REST, HTTP and WebSocket APIs. Both control planes write and describe it, each in its
// own words, and the request path answers by it.
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Entry, Key, Reader, Writer } from '#store/contract.ts';

export interface Domain {
  accountId: string;
  region: string;
  /** lower case; `*.example.com` stands for every name one level below */
  domainName: string;
  /** of its own address: `d-{id}.execute-api.…` */
  id: string;
  endpointType: 'EDGE' | 'REGIONAL';
  ipAddressType: string;
  certificateArn?: string;
  certificateName?: string;
  ownershipVerificationCertificateArn?: string;
  securityPolicy: string;
  endpointAccessMode?: 'BASIC' | 'STRICT';
  mutualTls?: MutualTls;
  routingMode: RoutingMode;
  tags: Record<string, string>;
  /** ms since the epoch */
  createdMs: number;
  mappings: DomainMapping[];
  rules: RoutingRule[];
}

export type RoutingMode = 'API_MAPPING_ONLY' | 'ROUTING_RULE_ONLY' | 'ROUTING_RULE_THEN_API_MAPPING';

export interface MutualTls {
  /** `s3://bucket/key` */
  truststoreUri: string;
  truststoreVersion?: string;
  warnings: string[];
}

export interface DomainMapping {
  id: string;
  /** without slashes at its ends: ``, `v1`, `shop/v1` (base path, API mapping key) */
  path: string;
  apiId: string;
  /** absent: the next path segment names the stage */
  stage?: string;
}

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-routing-rules.html */
export interface RoutingRule {
  id: string;
  /** lower ones are asked first; no two rules of a domain have the same */
  priority: number;
  /** any of these; absent: every path */
  basePaths?: string[];
  /** each of these groups, of which any value */
  headers: { header: string; valueGlob: string }[][];
  apiId: string;
  stage: string;
  stripBasePath: boolean;
}

/** What TLS needs of a domain beside its record: private keys are nothing to list, and a truststore may have 1 MB. */
export interface DomainTls {
  /** PEM, with its chain */
  certificate?: string;
  privateKey?: string;
  /** PEM of the authorities whose clients are let in */
  truststore?: string;
}

export const domainsPrefix: Key = ['global', 'execute-api-domains'];
const domainKey = (domainName: string): Key => [...domainsPrefix, domainName];
const tlsKey = (domainName: string): Key => ['global', 'execute-api-domain-tls', domainName];

/** Names are unique over all accounts and regions of this installation. */
export function putDomain(tx: Writer, domain: Domain): void {
  tx.set(domainKey(domain.domainName), domain);
}

export function putDomainTls(tx: Writer, domainName: string, given: DomainTls): void {
  tx.set(tlsKey(domainName), new Uint8Array(deflateRawSync(JSON.stringify(given))));
}

export function removeDomain(tx: Writer, domainName: string): void {
  tx.delete(domainKey(domainName));
  tx.delete(tlsKey(domainName));
}

export async function findDomain(store: Reader, domainName: string): Promise<Domain | undefined> {
  const stored = (await store.get<StoredDomain>(domainKey(domainName)))?.value;
  return stored && whole(stored);
}

/** Until 2026-11-21 a record had no more than this; who wrote it kept the rest, and showed it to its own API alone. */
type StoredDomain = Pick<Domain, 'accountId' | 'region' | 'domainName'> &
  Partial<Domain> & { mappings: (Omit<DomainMapping, 'id'> & { id?: string })[] };

function whole(stored: StoredDomain): Domain {
  if (stored.id !== undefined) return stored as Domain;
  const idOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 10);
  return {
    endpointType: 'REGIONAL',
    ipAddressType: 'ipv4',
    securityPolicy: 'TLS_1_2',
    routingMode: 'API_MAPPING_ONLY',
    tags: {},
    createdMs: 0,
    rules: [],
    ...stored,
    id: idOf(stored.domainName),
    mappings: stored.mappings.map((mapping) => ({ ...mapping, id: idOf(mapping.path).slice(0, 6) })),
  };
}

export async function findDomainTls(store: Reader, domainName: string): Promise<DomainTls> {
  const entry = await store.get<Uint8Array>(tlsKey(domainName));
  return entry ? (JSON.parse(inflateRawSync(entry.value).toString()) as DomainTls) : {};
}

/** The domains whose mappings or rules lead to an API, or to one stage of it. */
export async function domainsLeadingTo(store: Reader, apiId: string, stage?: string): Promise<string[]> {
  const leads = (target: { apiId: string; stage?: string }): boolean =>
    target.apiId === apiId && (stage === undefined || target.stage === stage);
  const all = await listDomains(store);
  return all.filter(({ mappings, rules }) => mappings.some(leads) || rules.some(leads)).map((each) => each.domainName);
}

export async function listDomains(store: Reader): Promise<Domain[]> {
  const all: Domain[] = [];
  let page: Entry<StoredDomain>[];
  let after: Key | undefined;
  do {
    page = await store.list<StoredDomain>({ prefix: domainsPrefix }, { limit: 1000, ...(after && { after }) });
    all.push(...page.map(({ value }) => whole(value)));
    after = page.at(-1)?.key;
  } while (page.length === 1000);
  return all;
}
