// The authorities whose clients a domain lets in: a bundle of certificates in S3.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
import { X509Certificate } from 'node:crypto';
import { BodyTooLarge, readBody } from '#core/http.ts';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';

const CERTIFICATES_MAX = 1000;
const BUNDLE_BYTES_MAX = 1024 * 1024;
const URI = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.+)$/;
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

export interface Truststore {
  /** PEM */
  bundle: string;
  warnings: string[];
}

const badRequest = (message: string, cause?: unknown): ServiceError =>
  new ServiceError('BadRequestException', message, 400, { cause });

/** Reads the bundle as the caller, who must be allowed to. */
export async function readTruststore(context: Context, uri: string, version: string | undefined): Promise<Truststore> {
  const [, Bucket = '', Key = ''] = URI.exec(uri) ?? [];
  if (!Bucket) throw badRequest(`Invalid S3 URI specified for the truststore: ${uri}`);
  const input = { Bucket, Key, ...(version !== undefined && { VersionId: version }) };
  let text: string;
  try {
    const { Body } = await context.call('s3', 'GetObject', input);
    text = (await readBody(Body as unknown as AsyncIterable<Uint8Array>, BUNDLE_BYTES_MAX)).toString();
  } catch (error) {
    if (error instanceof BodyTooLarge) throw badRequest('The truststore exceeds the maximum size of 1 MB.', error);
    if (!(error instanceof ServiceError)) throw error;
    throw badRequest(`Unable to read the truststore ${uri} from Amazon S3: ${error.message}`, error);
  }
  return parseTruststore(text, context.clock.now());
}

export function parseTruststore(text: string, nowMs: number): Truststore {
  const blocks = text.match(CERTIFICATE) ?? [];
  if (blocks.length > CERTIFICATES_MAX) {
    throw badRequest(`The truststore contains more than ${CERTIFICATES_MAX} certificates.`);
  }
  const kept: string[] = [];
  const warnings: string[] = [];
  for (const block of blocks) {
    const certificate = parse(block);
    if (certificate) kept.push(block);
    const warning = certificate
      ? warningAbout(certificate, nowMs)
      : 'The truststore has a certificate that is invalid.';
    if (warning) warnings.push(warning);
  }
  if (kept.length === 0) throw badRequest('The truststore does not contain any valid certificates.');
  return { bundle: `${kept.join('\n')}\n`, warnings };
}

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function warningAbout(certificate: X509Certificate, nowMs: number): string | undefined {
  const subject = certificate.subject.split('\n').join(',');
  if (Date.parse(certificate.validTo) < nowMs) return `The certificate with the subject ${subject} has expired.`;
  if (Date.parse(certificate.validFrom) > nowMs) return `The certificate with the subject ${subject} is not valid yet.`;
  return certificate.ca ? undefined : `The certificate with the subject ${subject} is not of a certificate authority.`;
}
