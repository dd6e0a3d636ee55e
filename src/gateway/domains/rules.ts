// What every custom domain must be, whichever control plane writes it.
import { ServiceError } from '#core/errors.ts';
import type { Domain } from './record.ts';
import { fitsEndpoint, needsAccessMode, securityPolicyNames } from './security-policies.ts';

const NAME = /^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const CERTIFICATE = /^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate\/.+$/;

const badRequest = (message: string): ServiceError => new ServiceError('BadRequestException', message);

export function checkDomainNameText(name: string): void {
  if (!NAME.test(name)) throw badRequest('The domain name provided is not valid');
}

export function checkCertificateArn(arn: string | undefined): void {
  if (arn === undefined || !CERTIFICATE.test(arn)) throw badRequest('Invalid certificate ARN specified');
}

export interface Security {
  endpointType: 'EDGE' | 'REGIONAL';
  securityPolicy: string;
  endpointAccessMode?: string | undefined;
}

/** Of a domain, or of an API's default endpoint. */
export function checkSecurityPolicy({ endpointType, securityPolicy, endpointAccessMode }: Security): void {
  if (!fitsEndpoint(securityPolicy, endpointType)) {
    const fitting = securityPolicyNames.filter((name) => fitsEndpoint(name, endpointType));
    throw badRequest(
      `Invalid security policy specified for the endpoint type ${endpointType}. Must be one of: [${fitting.join(', ')}]`,
    );
  }
  if (needsAccessMode(securityPolicy) && endpointAccessMode === undefined) {
    throw badRequest(`The security policy ${securityPolicy} requires an endpoint access mode`);
  }
  if (endpointAccessMode !== undefined && !needsAccessMode(securityPolicy)) {
    throw badRequest('Endpoint access mode is supported only for security policies that start with SecurityPolicy_');
  }
  if (endpointAccessMode !== undefined && endpointAccessMode !== 'BASIC' && endpointAccessMode !== 'STRICT') {
    throw badRequest('Invalid endpoint access mode specified. Must be one of: [BASIC, STRICT]');
  }
}

/** The settings of a domain that depend on each other. */
export function checkDomain(domain: Domain): void {
  checkSecurityPolicy(domain);
  const { securityPolicy, endpointType, mutualTls, ownershipVerificationCertificateArn } = domain;
  if (mutualTls && endpointType !== 'REGIONAL') {
    throw badRequest('Mutual TLS authentication is supported only for Regional domain names');
  }
  if (mutualTls && securityPolicy === 'TLS_1_0') {
    throw badRequest('Mutual TLS authentication requires the security policy TLS_1_2 or later');
  }
  if (ownershipVerificationCertificateArn !== undefined) {
    checkCertificateArn(ownershipVerificationCertificateArn);
    if (!mutualTls)
      throw badRequest('Ownership verification certificates are used with mutual TLS authentication only');
  }
}
