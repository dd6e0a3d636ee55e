// What UpdateDomainName may change: https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateDomainName-Patch
import type { Domain } from '#gateway/index.ts';
import { badRequest } from './errors.ts';
import { refuseMissing } from './offered.ts';
import type { PatchRule } from './patch.ts';
import { routingModeOf } from './routing-modes.ts';

/** The certificate's members are those of the domain's endpoint type. */
const certificateRule = (
  path: string,
  type: Domain['endpointType'],
  member: 'certificateArn' | 'certificateName',
): PatchRule<Domain> => ({
  path,
  ops: ['replace', 'add'],
  apply(domain, value) {
    if (domain.endpointType === type) domain[member] = value;
    // What belongs to the other type is gone already.
    else if (value !== '') throw badRequest(`${path} is supported only for the endpoint type ${type}`);
  },
});

function setEndpointType(domain: Domain, value: string): void {
  if (value === 'PRIVATE') refuseMissing('privateEndpoints');
  if (value !== 'EDGE' && value !== 'REGIONAL') {
    throw badRequest('Invalid EndpointTypes specified. Only options are [EDGE, REGIONAL, PRIVATE]');
  }
  domain.endpointType = value;
}

export const DOMAIN_RULES: readonly PatchRule<Domain>[] = [
  certificateRule('/certificateArn', 'EDGE', 'certificateArn'),
  certificateRule('/certificateName', 'EDGE', 'certificateName'),
  certificateRule('/regionalCertificateArn', 'REGIONAL', 'certificateArn'),
  certificateRule('/regionalCertificateName', 'REGIONAL', 'certificateName'),
  {
    path: '/securityPolicy',
    ops: ['replace'],
    apply(domain, value) {
      domain.securityPolicy = value;
      // The access mode belongs to the names since 2025.
      if (!value.startsWith('SecurityPolicy_')) delete domain.endpointAccessMode;
    },
  },
  {
    path: '/endpointAccessMode',
    ops: ['replace'],
    apply: (domain, value) => void (domain.endpointAccessMode = value as 'BASIC'),
  },
  {
    path: '/mutualTlsAuthentication/truststoreUri',
    ops: ['replace'],
    apply: (domain, truststoreUri) => void (domain.mutualTls = { warnings: [], ...domain.mutualTls, truststoreUri }),
  },
  {
    path: '/mutualTlsAuthentication/truststoreVersion',
    ops: ['replace'],
    apply(domain, value) {
      if (!domain.mutualTls) throw badRequest('A truststore version needs a truststore URI');
      if (value === '') delete domain.mutualTls.truststoreVersion;
      else domain.mutualTls.truststoreVersion = value;
    },
  },
  {
    path: '/ownershipVerificationCertificateArn',
    ops: ['replace'],
    apply(domain, value) {
      if (value === '') delete domain.ownershipVerificationCertificateArn;
      else domain.ownershipVerificationCertificateArn = value;
    },
  },
  {
    path: '/routingMode',
    ops: ['replace'],
    apply: (domain, value) => void (domain.routingMode = routingModeOf(value)),
  },
  {
    path: '/endpointConfiguration/ipAddressType',
    ops: ['replace'],
    apply: (domain, value) => void (domain.ipAddressType = value),
  },
  {
    path: '/endpointConfiguration/types/*',
    ops: ['replace'],
    apply: (domain, value) => setEndpointType(domain, value),
  },
  // AWS has both types for a while, so that DNS can follow; here the domain changes at once.
  {
    path: '/endpointConfiguration/types',
    ops: ['add'],
    apply: (domain, value) => setEndpointType(domain, value),
  },
  {
    path: '/endpointConfiguration/types/*',
    ops: ['remove'],
    apply(domain, _value, [type]) {
      if (domain.endpointType === type) throw badRequest('A domain name must have an endpoint type');
    },
  },
];
