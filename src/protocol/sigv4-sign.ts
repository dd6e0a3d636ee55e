// The signer: for tests and for the platform's own requests (origins, relays, other AWS-compatible endpoints).
import {
  canonicalRequest,
  EMPTY_SHA256,
  sha256Hex,
  SIGV4_ALGORITHM,
  stringToSign,
  UNSIGNED_PAYLOAD,
  uriEncode,
} from './sigv4-canonical.ts';
import { formatAmzDate } from './sigv4-credential.ts';
import { formatScope, hexSignature, signingKey, type SigningScope } from './sigv4-key.ts';

export interface SigningRequest {
  method: string;
  /** path and query, percent-encoded as they will be sent */
  target: string;
  /** lower-case names, `host` among them; all are signed */
  headers: Readonly<Record<string, string>>;
  /** absent = empty; or what x-amz-content-sha256 shall say */
  body?: Uint8Array | string;
  payload?: string;
}

export interface SigningOptions {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string };
  region: string;
  /** the signing name: `s3`, `execute-api` */
  service: string;
  /** ms since the epoch */
  now: number;
}

const scopeOf = (options: SigningOptions, amzDate: string): SigningScope => ({
  date: amzDate.slice(0, 8),
  region: options.region,
  service: options.service,
});
const encodingOf = (service: string): 'single' | 'double' => (service === 's3' ? 'single' : 'double');

/** The headers to send, Authorization included. */
export function signRequest(request: SigningRequest, options: SigningOptions): Record<string, string> {
  const { credentials, service } = options;
  const amzDate = formatAmzDate(options.now);
  const scope = scopeOf(options, amzDate);
  const payload = request.payload ?? (request.body === undefined ? EMPTY_SHA256 : sha256Hex(request.body));
  const headers: Record<string, string> = { ...request.headers, 'x-amz-date': amzDate };
  if (service === 's3') headers['x-amz-content-sha256'] = payload;
  if (credentials.sessionToken !== undefined) headers['x-amz-security-token'] = credentials.sessionToken;
  const signed = Object.keys(headers).sort();
  const canonical = canonicalRequest({ ...request, headers }, signed, payload, encodingOf(service));
  const toSign = stringToSign(amzDate, formatScope(scope), canonical);
  const signature = hexSignature(signingKey(credentials.secretAccessKey, scope), toSign);
  headers['authorization'] =
    `${SIGV4_ALGORITHM} Credential=${credentials.accessKeyId}/${formatScope(scope)}, SignedHeaders=${signed.join(';')}, Signature=${signature}`;
  return headers;
}

/** The target of a presigned URL. */
export function presignTarget(request: SigningRequest, options: SigningOptions & { expiresSeconds: number }): string {
  const { credentials, service } = options;
  const amzDate = formatAmzDate(options.now);
  const scope = scopeOf(options, amzDate);
  const signed = Object.keys(request.headers).sort();
  const parameters: [string, string][] = [
    ['X-Amz-Algorithm', SIGV4_ALGORITHM],
    ['X-Amz-Credential', `${credentials.accessKeyId}/${formatScope(scope)}`],
    ['X-Amz-Date', amzDate],
    ['X-Amz-Expires', String(options.expiresSeconds)],
    ['X-Amz-SignedHeaders', signed.join(';')],
  ];
  if (credentials.sessionToken !== undefined) parameters.push(['X-Amz-Security-Token', credentials.sessionToken]);
  const query = parameters.map(([name, value]) => `${name}=${uriEncode(value)}`).join('&');
  const target = `${request.target}${request.target.includes('?') ? '&' : '?'}${query}`;
  const payload = request.payload ?? (service === 's3' ? UNSIGNED_PAYLOAD : EMPTY_SHA256);
  const canonical = canonicalRequest({ ...request, target }, signed, payload, encodingOf(service));
  const toSign = stringToSign(amzDate, formatScope(scope), canonical);
  return `${target}&X-Amz-Signature=${hexSignature(signingKey(credentials.secretAccessKey, scope), toSign)}`;
}
