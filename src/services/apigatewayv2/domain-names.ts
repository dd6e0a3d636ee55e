// Custom domain names. https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-custom-domain-names.html
// The records are shared with apigateway: src/gateway/domains.
import type { DomainName, DomainNameConfiguration, MutualTlsAuthenticationInput } from '@aws-sdk/client-apigatewayv2';
import {
  changeDomain,
  checkCertificateArn,
  checkDomainNameText,
  createDomain,
  domainArn,
  domainTarget,
  listOwnDomains,
  removeDomain,
  requireDomain,
  type Domain,
  type RoutingMode,
} from '#gateway/index.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest } from './errors.ts';
import { pageOf } from './page.ts';
import { checkTags } from './tags.ts';

const MODES = new Set<string>(['API_MAPPING_ONLY', 'ROUTING_RULE_ONLY', 'ROUTING_RULE_THEN_API_MAPPING']);

function describeDomain(domain: Domain): DomainName {
  const { name: ApiGatewayDomainName, zone: HostedZoneId } = domainTarget(domain);
  const { certificateArn, certificateName, ownershipVerificationCertificateArn, mutualTls } = domain;
  return {
    ApiMappingSelectionExpression: '$request.basepath',
    DomainName: domain.domainName,
    DomainNameArn: domainArn(domain),
    DomainNameConfigurations: [
      {
        ApiGatewayDomainName,
        ...(certificateArn !== undefined && { CertificateArn: certificateArn }),
        ...(certificateName !== undefined && { CertificateName: certificateName }),
        DomainNameStatus: 'AVAILABLE',
        EndpointType: domain.endpointType,
        HostedZoneId,
        IpAddressType: domain.ipAddressType as 'ipv4',
        SecurityPolicy: domain.securityPolicy as 'TLS_1_2',
        ...(ownershipVerificationCertificateArn !== undefined && {
          OwnershipVerificationCertificateArn: ownershipVerificationCertificateArn,
        }),
      },
    ],
    ...(mutualTls && {
      MutualTlsAuthentication: {
        TruststoreUri: mutualTls.truststoreUri,
        ...(mutualTls.truststoreVersion !== undefined && { TruststoreVersion: mutualTls.truststoreVersion }),
        ...(mutualTls.warnings.length > 0 && { TruststoreWarnings: mutualTls.warnings }),
      },
    }),
    RoutingMode: domain.routingMode,
    Tags: domain.tags,
  };
}

type Configured = Pick<
  Domain,
  'certificateArn' | 'endpointType' | 'ipAddressType' | 'securityPolicy' | 'ownershipVerificationCertificateArn'
>;

/** HTTP APIs have regional domains only; one that REST APIs made may be an edge-optimized one. */
function configurationOf(given: DomainNameConfiguration[] | undefined, before?: Domain): Configured {
  const [configuration] = given ?? [];
  if (!configuration || given!.length > 1) throw badRequest('Exactly one domain name configuration must be specified');
  const {
    CertificateArn,
    EndpointType = before?.endpointType ?? 'REGIONAL',
    SecurityPolicy = before?.securityPolicy ?? 'TLS_1_2',
    IpAddressType = before?.ipAddressType ?? 'ipv4',
    OwnershipVerificationCertificateArn: ownership,
  } = configuration;
  if (EndpointType !== 'REGIONAL') throw badRequest('Only the endpoint type REGIONAL is supported for HTTP APIs');
  checkCertificateArn(CertificateArn);
  return {
    certificateArn: CertificateArn!,
    endpointType: EndpointType,
    ipAddressType: IpAddressType,
    securityPolicy: SecurityPolicy,
    ...(ownership && { ownershipVerificationCertificateArn: ownership }),
  };
}

function routingModeOf(given: string): RoutingMode {
  if (!MODES.has(given)) {
    throw badRequest(`Invalid routing mode specified. Must be one of: [${[...MODES].join(', ')}]`);
  }
  return given as RoutingMode;
}

/** An empty URI turns mutual TLS off. */
function setMutualTls(domain: Domain, given: MutualTlsAuthenticationInput | undefined): void {
  if (!given) return;
  if (given.TruststoreUri === '') {
    delete domain.mutualTls;
    return;
  }
  const truststoreUri = given.TruststoreUri ?? domain.mutualTls?.truststoreUri;
  if (truststoreUri === undefined) throw badRequest('A truststore version needs a truststore URI');
  const truststoreVersion = given.TruststoreVersion ?? domain.mutualTls?.truststoreVersion;
  domain.mutualTls = { truststoreUri, ...(truststoreVersion && { truststoreVersion }), warnings: [] };
}

export const createDomainName: Operation<'apigatewayv2', 'CreateDomainName'> = async (input, context) => {
  const domainName = input.DomainName.toLowerCase();
  checkDomainNameText(domainName);
  const { Tags = {} } = input;
  checkTags(Tags);
  const domain: Domain = {
    accountId: context.accountId,
    region: context.region,
    domainName,
    id: context.ids.lower(10),
    ...configurationOf(input.DomainNameConfigurations),
    routingMode: routingModeOf(input.RoutingMode ?? 'API_MAPPING_ONLY'),
    tags: Tags,
    createdMs: context.clock.now(),
    mappings: [],
    rules: [],
  };
  setMutualTls(domain, input.MutualTlsAuthentication);
  return describeDomain(await createDomain(context, domain));
};

export const getDomainName: Operation<'apigatewayv2', 'GetDomainName'> = async (input, context) =>
  describeDomain(await requireDomain(context.store, context, input.DomainName));

export const getDomainNames: Operation<'apigatewayv2', 'GetDomainNames'> = async (input, context) => {
  const { Items, ...next } = pageOf(await listOwnDomains(context), (domain) => domain.domainName, input);
  return { Items: Items.map(describeDomain), ...next };
};

export const updateDomainName: Operation<'apigatewayv2', 'UpdateDomainName'> = async (input, context) => {
  const before = await requireDomain(context.store, context, input.DomainName);
  const domain: Domain = {
    ...before,
    ...(input.DomainNameConfigurations && configurationOf(input.DomainNameConfigurations, before)),
    ...(input.RoutingMode !== undefined && { routingMode: routingModeOf(input.RoutingMode) }),
  };
  setMutualTls(domain, input.MutualTlsAuthentication);
  return describeDomain(await changeDomain(context, domain));
};

export const deleteDomainName: Operation<'apigatewayv2', 'DeleteDomainName'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const { domainName } = await requireDomain(tx, context, input.DomainName);
    removeDomain(tx, domainName);
  });
  return {};
};
