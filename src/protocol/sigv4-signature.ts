import type { SigningScope } from './sigv4-key.ts';

export interface SignatureV4 {
  version: 4;
  source: 'header' | 'query';
  accessKeyId: string;
  scope: SigningScope;
  /** YYYYMMDDTHHMMSSZ, whichever header or parameter it came from */
  amzDate: string;
  /** ms since the epoch */
  requestedAt: number;
  /** presigned: how long it is good for */
  expiresSeconds?: number;
  signedHeaders: readonly string[];
  signature: string;
  sessionToken?: string;
}

/** S3's presigned URLs of old: boto3 makes them still unless told otherwise. */
export interface SignatureV2 {
  version: 2;
  source: 'query';
  accessKeyId: string;
  /** ms since the epoch */
  expiresAt: number;
  signature: string;
  sessionToken?: string;
}

export type Signature = SignatureV4 | SignatureV2;
