// A certificate that somebody brings along for a domain of theirs.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { ServiceError } from '#core/errors.ts';
import type { DomainTls } from './record.ts';

export interface SuppliedCertificate {
  /** PEM */
  body: string;
  privateKey: string;
  /** PEM of what lies between it and its authority */
  chain?: string | undefined;
}

const badRequest = (message: string, cause?: unknown): ServiceError =>
  new ServiceError('BadRequestException', message, 400, { cause });

/** Checked as a client would: the key fits, the name is covered, the time is right. */
export function checkCertificate(domainName: string, given: SuppliedCertificate, nowMs: number): DomainTls {
  const { body, privateKey, chain } = given;
  let certificate: X509Certificate;
  let isPair: boolean;
  try {
    certificate = new X509Certificate(body);
    if (chain) new X509Certificate(chain);
    isPair = certificate.checkPrivateKey(createPrivateKey(privateKey));
  } catch (error) {
    throw badRequest('Unable to parse certificate. Please ensure the certificate is in PEM format.', error);
  }
  if (!isPair) throw badRequest('The private key does not match the certificate.');
  if (certificate.checkHost(domainName) === undefined) {
    throw badRequest(`The provided certificate does not match the domain name ${domainName}.`);
  }
  if (Date.parse(certificate.validTo) < nowMs) throw badRequest('The provided certificate has expired.');
  return { certificate: chain ? `${body.trim()}\n${chain.trim()}\n` : body, privateKey };
}
