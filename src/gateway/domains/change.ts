// What both control planes do with domains in the same way.
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Reader } from '#store/contract.ts';
import {
  findDomain,
  findDomainTls,
  listDomains,
  putDomain,
  putDomainTls,
  type Domain,
  type DomainTls,
} from './record.ts';
import { checkDomain } from './rules.ts';
import { readTruststore } from './truststore.ts';

const isOwn = (domain: Domain, { accountId, region }: Context): boolean =>
  domain.accountId === accountId && domain.region === region;

/** A domain of another account or region is none of this one's. */
export async function requireDomain(reader: Reader, context: Context, name: string): Promise<Domain> {
  const domain = await findDomain(reader, name.toLowerCase());
  if (domain && isOwn(domain, context)) return domain;
  throw new ServiceError('NotFoundException', 'Invalid domain name identifier specified', 404);
}

export const listOwnDomains = async (context: Context): Promise<Domain[]> =>
  (await listDomains(context.store)).filter((domain) => isOwn(domain, context));

/** Writes a new domain; `supplied` is the certificate that came along. */
export async function createDomain(context: Context, domain: Domain, supplied: DomainTls = {}): Promise<Domain> {
  checkDomain(domain);
  const { domainName } = domain;
  const tls = { ...supplied, ...(await trust(context, domain)) };
  await context.store.transact(async (tx) => {
    if (await findDomain(tx, domainName)) {
      throw new ServiceError('ConflictException', 'The domain name you provided already exists.', 409);
    }
    putDomain(tx, domain);
    if (Object.keys(tls).length > 0) putDomainTls(tx, domainName, tls);
  });
  sayHowItIsServed(context, domain);
  return domain;
}

/** Writes a domain's changed settings; its mappings and rules stay as they are in the store. */
export async function changeDomain(context: Context, domain: Domain): Promise<Domain> {
  checkDomain(domain);
  // S3 is asked outside of the transaction, which may run again.
  const trusted = await trust(context, domain);
  return context.store.transact(async (tx) => {
    const { mappings, rules } = await requireDomain(tx, context, domain.domainName);
    const { truststore: _old, ...tls } = await findDomainTls(tx, domain.domainName);
    putDomain(tx, { ...domain, mappings, rules });
    putDomainTls(tx, domain.domainName, { ...tls, ...trusted });
    return domain;
  });
}

/** The truststore as it is now; the domain keeps what there is to warn of. */
async function trust(context: Context, { mutualTls }: Domain): Promise<DomainTls> {
  if (!mutualTls) return {};
  const { bundle, warnings } = await readTruststore(context, mutualTls.truststoreUri, mutualTls.truststoreVersion);
  mutualTls.warnings = warnings;
  return { truststore: bundle };
}

function sayHowItIsServed({ platform }: Context, { certificateArn, domainName }: Domain): void {
  if (certificateArn !== undefined) {
    platform.warn('custom domain names answer with a certificate of the local CA: there is no ACM to take theirs from');
  }
  if (platform.config.tlsPort === undefined) {
    platform.warn(`${domainName} is served without TLS: start with --tls-port`);
  }
}
