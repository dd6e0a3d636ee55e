// Custom domain names. https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
// The records are shared with apigatewayv2: src/gateway/domains.
import type { DomainName } from '@aws-sdk/client-api-gateway';
import {
  checkCertificate,
  checkCertificateArn,
  checkDomain,
  checkDomainNameText,
  domainArn,
  domainTarget,
  findDomain,
  findDomainTls,
  listDomains,
  putDomain,
  putDomainTls,
  readTruststore,
  removeDomain,
  type Domain,
  type DomainTls,
} from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Input } from '#kernel/service-types.ts';
import type { Operation } from '#kernel/service.ts';
import type { Reader } from '#store/contract.ts';
import { badRequest, conflict, domainNotFound } from './errors.ts';
import { refuseMissing } from './offered.ts';
import { pageOf } from './page.ts';
import { applyPatch } from './patch.ts';
import { DOMAIN_RULES, type DomainDraft } from './domain-patch.ts';
import { describeRoutingMode, routingModeOf } from './routing-modes.ts';
import { seconds } from './stage-rules.ts';
import { checkTags } from './tags.ts';

function describeDomain(domain: Domain): DomainName {
  const isEdge = domain.endpointType === 'EDGE';
  const { name: target, zone } = domainTarget(domain);
  const { certificateArn, certificateName, mutualTls, tags, endpointAccessMode } = domain;
  const { ownershipVerificationCertificateArn } = domain;
  return {
    domainName: domain.domainName,
    domainNameArn: domainArn(domain),
    ...(certificateArn !== undefined && { [isEdge ? 'certificateArn' : 'regionalCertificateArn']: certificateArn }),
    ...(certificateName !== undefined && { [isEdge ? 'certificateName' : 'regionalCertificateName']: certificateName }),
    ...(isEdge && { certificateUploadDate: seconds(domain.createdMs) }),
    ...(isEdge
      ? { distributionDomainName: target, distributionHostedZoneId: zone }
      : { regionalDomainName: target, regionalHostedZoneId: zone }),
    endpointConfiguration: { types: [domain.endpointType], ipAddressType: domain.ipAddressType as 'ipv4' },
    domainNameStatus: 'AVAILABLE',
    securityPolicy: domain.securityPolicy as DomainName['securityPolicy'],
    ...(endpointAccessMode !== undefined && { endpointAccessMode }),
    ...(Object.keys(tags).length > 0 && { tags }),
    ...(mutualTls && {
      mutualTlsAuthentication: {
        truststoreUri: mutualTls.truststoreUri,
        ...(mutualTls.truststoreVersion !== undefined && { truststoreVersion: mutualTls.truststoreVersion }),
        ...(mutualTls.warnings.length > 0 && { truststoreWarnings: mutualTls.warnings }),
      },
    }),
    ...(ownershipVerificationCertificateArn !== undefined && { ownershipVerificationCertificateArn }),
    routingMode: describeRoutingMode(domain.routingMode),
  };
}

/** A domain of another account or region is none of this one's. */
export async function requireDomain(reader: Reader, context: Context, name: string): Promise<Domain> {
  const domain = await findDomain(reader, name.toLowerCase());
  if (!domain || domain.accountId !== context.accountId || domain.region !== context.region) throw domainNotFound();
  return domain;
}

function endpointTypeOf(types: readonly string[]): Domain['endpointType'] {
  const [type] = types;
  if (types.length === 1 && (type === 'EDGE' || type === 'REGIONAL')) return type;
  if (types.includes('PRIVATE')) refuseMissing('privateEndpoints');
  throw badRequest('Invalid EndpointTypes specified. Only options are [EDGE, REGIONAL, PRIVATE]');
}

/** By ARN, or the certificate itself (which AWS has called deprecated, and takes). */
function certificateOf(
  input: Input<'apigateway', 'CreateDomainName'>,
  endpointType: Domain['endpointType'],
  context: Context,
): { named: Pick<Domain, 'certificateArn' | 'certificateName'>; supplied: DomainTls } {
  const { certificateBody: body, certificatePrivateKey: privateKey, certificateChain: chain } = input;
  const certificateName = endpointType === 'EDGE' ? input.certificateName : input.regionalCertificateName;
  const certificateArn = endpointType === 'EDGE' ? input.certificateArn : input.regionalCertificateArn;
  const named = {
    ...(certificateArn !== undefined && { certificateArn }),
    ...(certificateName !== undefined && { certificateName }),
  };
  if (body === undefined && privateKey === undefined && chain === undefined) {
    checkCertificateArn(certificateArn);
    return { named, supplied: {} };
  }
  if (certificateArn !== undefined) throw badRequest('A certificate is given by its ARN or by its body, not by both');
  if (body === undefined || privateKey === undefined || certificateName === undefined) {
    throw badRequest('A certificate needs a name, a body and a private key');
  }
  const given = { body, privateKey, chain };
  return { named, supplied: checkCertificate(input.domainName.toLowerCase(), given, context.clock.now()) };
}

export const createDomainName: Operation<'apigateway', 'CreateDomainName'> = async (input, context) => {
  const domainName = input.domainName.toLowerCase();
  checkDomainNameText(domainName);
  const { tags = {}, endpointConfiguration, mutualTlsAuthentication: mutual } = input;
  if (input.policy !== undefined) throw badRequest('Policies are supported only for private domain names');
  checkTags(tags);
  const endpointType = endpointTypeOf(endpointConfiguration?.types ?? ['EDGE']);
  const { named, supplied } = certificateOf(input, endpointType, context);
  const { ownershipVerificationCertificateArn, endpointAccessMode } = input;
  const domain: Domain = {
    accountId: context.accountId,
    region: context.region,
    domainName,
    id: context.ids.lower(10),
    endpointType,
    ipAddressType: endpointConfiguration?.ipAddressType ?? 'ipv4',
    ...named,
    ...(ownershipVerificationCertificateArn !== undefined && { ownershipVerificationCertificateArn }),
    securityPolicy: input.securityPolicy ?? 'TLS_1_2',
    ...(endpointAccessMode !== undefined && { endpointAccessMode }),
    routingMode: routingModeOf(input.routingMode ?? 'BASE_PATH_MAPPING_ONLY'),
    tags,
    createdMs: context.clock.now(),
    mappings: [],
    rules: [],
  };
  if (mutual?.truststoreUri !== undefined) {
    domain.mutualTls = { truststoreUri: mutual.truststoreUri, warnings: [] };
    if (mutual.truststoreVersion !== undefined) domain.mutualTls.truststoreVersion = mutual.truststoreVersion;
  }
  checkDomain(domain);
  const tls: DomainTls = { ...supplied, ...(await trust(context, domain)) };
  await context.store.transact(async (tx) => {
    if (await findDomain(tx, domainName)) throw conflict('The domain name you provided already exists.');
    putDomain(tx, domain);
    if (Object.keys(tls).length > 0) putDomainTls(tx, domainName, tls);
  });
  sayWhoseCertificate(context, domain);
  return describeDomain(domain);
};

/** The truststore as it is now, with what there is to warn of. */
async function trust(context: Context, { mutualTls }: Domain): Promise<DomainTls> {
  if (!mutualTls) return {};
  const { bundle, warnings } = await readTruststore(context, mutualTls.truststoreUri, mutualTls.truststoreVersion);
  mutualTls.warnings = warnings;
  return { truststore: bundle };
}

function sayWhoseCertificate({ platform }: Context, { certificateArn, domainName }: Domain): void {
  if (certificateArn !== undefined) {
    platform.warn('custom domain names answer with a certificate of the local CA: there is no ACM to take theirs from');
  }
  if (platform.config.tlsPort === undefined) {
    platform.warn(`${domainName} is served without TLS: start with --tls-port`);
  }
}

export const getDomainName: Operation<'apigateway', 'GetDomainName'> = async (input, context) => {
  if (input.domainNameId !== undefined) refuseMissing('privateEndpoints');
  return describeDomain(await requireDomain(context.store, context, input.domainName));
};

export const getDomainNames: Operation<'apigateway', 'GetDomainNames'> = async (input, context) => {
  const own = (await listDomains(context.store)).filter(
    ({ accountId, region }) => accountId === context.accountId && region === context.region,
  );
  const { items, position } = pageOf(own, (domain) => domain.domainName, input);
  return { items: items.map(describeDomain), ...(position !== undefined && { position }) };
};

export const updateDomainName: Operation<'apigateway', 'UpdateDomainName'> = async (input, context) => {
  // S3 is asked outside of the transaction, which may run again.
  const before = await requireDomain(context.store, context, input.domainName);
  const draft: DomainDraft = { ...before, ...(before.mutualTls && { mutualTls: { ...before.mutualTls } }) };
  applyPatch(draft, input.patchOperations, DOMAIN_RULES);
  const domain: Domain = draft;
  if (domain.mutualTls?.truststoreUri === '') delete domain.mutualTls;
  checkDomain(domain);
  if (domain.certificateArn !== undefined) checkCertificateArn(domain.certificateArn);
  const trusted = await trust(context, domain);
  return context.store.transact(async (tx) => {
    const { mappings, rules } = await requireDomain(tx, context, domain.domainName);
    const { truststore: _old, ...tls } = await findDomainTls(tx, domain.domainName);
    putDomain(tx, { ...domain, mappings, rules });
    putDomainTls(tx, domain.domainName, { ...tls, ...trusted });
    return describeDomain(domain);
  });
};

export const deleteDomainName: Operation<'apigateway', 'DeleteDomainName'> = async (input, context) => {
  if (input.domainNameId !== undefined) refuseMissing('privateEndpoints');
  await context.store.transact(async (tx) => {
    const { domainName } = await requireDomain(tx, context, input.domainName);
    removeDomain(tx, domainName);
  });
  return {};
};
