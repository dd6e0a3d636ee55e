// An Authorization header that is no signature, where API Gateway expects one: methods with AWS_IAM, and all paths that an API
// does not have. Its reader of signatures takes any scheme and complains of what follows.
// https://github.com/amazon-archives/aws-cognito-angular-quickstart/issues/50
import { createHash } from 'node:crypto';
import type { HttpRequest } from '#core/http.ts';
import { GatewayError, type GatewayResponseType } from './errors.ts';

const hash = (text: string): string => createHash('sha256').update(text).digest('base64');

/** Undefined for requests without the header, and for signatures, which have a reader of their own. */
export function foreignAuthorization({ headers }: HttpRequest, type: GatewayResponseType): GatewayError | undefined {
  const authorization = headers['authorization'];
  if (authorization === undefined || authorization.startsWith('AWS4-')) return undefined;
  const space = authorization.indexOf(' ');
  const parts = (space < 0 ? '' : authorization.slice(space + 1)).split(',').filter((part) => part.trim() !== '');
  const errorType = 'IncompleteSignatureException';
  if (parts.some((part) => !part.includes('='))) {
    const message = `Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '${hash(authorization)}'.`;
    return new GatewayError(type, { message, errorType });
  }
  const names = new Set(parts.map((part) => part.slice(0, part.indexOf('=')).trim()));
  const missing = ['Credential', 'Signature', 'SignedHeaders']
    .filter((name) => !names.has(name))
    .map((name) => `Authorization header requires '${name}' parameter.`);
  if (headers['x-amz-date'] === undefined && headers['date'] === undefined) {
    missing.push("Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.");
  }
  const message = `${missing.join(' ')} (Hashed with SHA-256 and encoded with Base64) Authorization=${hash(authorization)}`;
  return new GatewayError(type, { message, errorType });
}
