/** What a request says about who signed it, and for what; nothing of it is verified here. */
export interface CredentialScope {
  accessKeyId: string;
  /** empty where the signature names none */
  region: string;
  /** signing name */
  service: string;
}

type Pairs = readonly [string, string][];

const V4_HEADER = /^AWS4-[A-Z0-9-]+\s+.*?Credential=([^\s,]+)/;
const V2_HEADER = /^AWS ([^:]+):/;

/** From the Authorization header, or the query of a presigned URL. */
export function findCredentialScope(
  headers: Readonly<Record<string, string>>,
  query: Pairs,
): CredentialScope | undefined {
  const { authorization } = headers;
  if (authorization) {
    const credential = V4_HEADER.exec(authorization)?.[1];
    return credential ? parseCredential(credential) : ofVersion2(V2_HEADER.exec(authorization)?.[1]);
  }
  const find = (name: string): string | undefined => query.find(([key]) => key.toLowerCase() === name)?.[1];
  const credential = find('x-amz-credential');
  if (credential) return parseCredential(credential);
  return find('signature') === undefined ? undefined : ofVersion2(find('awsaccesskeyid'));
}

/** `KEY/20260101/us-east-1/s3/aws4_request`; the key of a tool that makes up its own may hold a slash. */
function parseCredential(credential: string): CredentialScope | undefined {
  const parts = credential.split('/');
  const [region = '', service = ''] = parts.slice(-3, -1);
  const accessKeyId = parts.slice(0, -4).join('/');
  return parts.length >= 5 && accessKeyId ? { accessKeyId, region, service } : undefined;
}

/** Signature version 2 names neither region nor service: only S3 still has it. */
const ofVersion2 = (accessKeyId: string | undefined): CredentialScope | undefined =>
  accessKeyId === undefined ? undefined : { accessKeyId, region: '', service: 's3' };
