/** What a request says about who signed it, and for what; nothing of it is verified here. */
export interface CredentialScope {
  accessKeyId: string;
  region: string;
  /** signing name */
  service: string;
}

const IN_HEADER = /^AWS4-[A-Z0-9-]+\s+.*?Credential=([^\s,]+)/;

/** `KEY/20260101/us-east-1/s3/aws4_request`, from the Authorization header or X-Amz-Credential. */
export function findCredentialScope(
  headers: Readonly<Record<string, string>>,
  query: readonly [string, string][],
): CredentialScope | undefined {
  const { authorization } = headers;
  const text = authorization
    ? IN_HEADER.exec(authorization)?.[1]
    : query.find(([name]) => name.toLowerCase() === 'x-amz-credential')?.[1];
  if (!text) return undefined;
  // an access key id holds no slash, but be kind to tools that make up their own
  const parts = text.split('/');
  const [region = '', service = ''] = parts.slice(-3, -1);
  const accessKeyId = parts.slice(0, -4).join('/');
  return parts.length >= 5 && accessKeyId ? { accessKeyId, region, service } : undefined;
}

/** Signature version 2 of S3's older presigned URLs says no service: only S3 has them. */
export function isSignedV2(headers: Readonly<Record<string, string>>, query: readonly [string, string][]): boolean {
  if (headers['authorization']?.startsWith('AWS ')) return true;
  const has = (name: string): boolean => query.some(([key]) => key === name);
  return has('AWSAccessKeyId') && has('Signature');
}
