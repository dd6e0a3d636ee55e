// Custom domain names. https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-custom-domains.html
// The records are shared with apigatewayv2: src/gateway/domains.
import type { DomainName } from '@aws-sdk/client-api-gateway';
import {
  changeDomain,
  checkCertificate,
  checkCertificateArn,
  checkDomainNameText,
  createDomain,
  domainArn,
  domainTarget,
  listOwnDomains,
  removeDomain,
  requireDomain,
  type Domain,
  type DomainTls,
} from '#gateway/index.ts';
import type { Context } from '#kernel/context.ts';
import type { Input } from '#kernel/service-types.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest } from './errors.ts';
import { refuseMissing } from './offered.ts';
import { pageOf } from './page.ts';
import { applyPatch } from './patch.ts';
import { DOMAIN_RULES } from './domain-patch.ts';
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

/** Private domains alone are named by id. */
export function refusePrivate({ domainNameId }: { domainNameId?: string | undefined }): void {
  if (domainNameId !== undefined) refuseMissing('privateEndpoints');
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
  return describeDomain(await createDomain(context, domain, supplied));
};

export const getDomainName: Operation<'apigateway', 'GetDomainName'> = async (input, context) => {
  refusePrivate(input);
  return describeDomain(await requireDomain(context.store, context, input.domainName));
};

export const getDomainNames: Operation<'apigateway', 'GetDomainNames'> = async (input, context) => {
  // Other accounts' domains are private ones.
  const own = input.resourceOwner === 'OTHER_ACCOUNTS' ? [] : await listOwnDomains(context);
  const { items, position } = pageOf(own, (domain) => domain.domainName, input);
  return { items: items.map(describeDomain), ...(position !== undefined && { position }) };
};

export const updateDomainName: Operation<'apigateway', 'UpdateDomainName'> = async (input, context) => {
  refusePrivate(input);
  const before = await requireDomain(context.store, context, input.domainName);
  const domain: Domain = { ...before, ...(before.mutualTls && { mutualTls: { ...before.mutualTls } }) };
  applyPatch(domain, input.patchOperations, DOMAIN_RULES);
  if (domain.mutualTls?.truststoreUri === '') delete domain.mutualTls;
  if (domain.certificateArn !== undefined) checkCertificateArn(domain.certificateArn);
  return describeDomain(await changeDomain(context, domain));
};

export const deleteDomainName: Operation<'apigateway', 'DeleteDomainName'> = async (input, context) => {
  refusePrivate(input);
  await context.store.transact(async (tx) => {
    const { domainName } = await requireDomain(tx, context, input.domainName);
    removeDomain(tx, domainName);
  });
  return {};
};
