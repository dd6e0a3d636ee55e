// The headers that AWS puts on every answer of a protocol, and S3's ids.
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import type { Ids } from '#core/ids.ts';
import type { Protocol, ServiceModel } from './model.ts';

/** What serialization must know about a request beside its operation. */
export interface AnswerFacts {
  requestId: string;
  method: string;
  /** the SDK asked for the old query error codes (SQS, CloudWatch): x-amzn-query-mode */
  queryCompatible?: boolean;
}

/** S3 and S3 Control speak of x-amz-request-id and x-amz-id-2. */
export const isS3Family = (service: { id: string }): boolean => service.id === 's3' || service.id === 's3control';

const S3_REQUEST_ID_LENGTH = 16;

export function createRequestId(service: { id: string }, ids: Ids): string {
  return isS3Family(service) ? ids.upper(S3_REQUEST_ID_LENGTH) : ids.uuid();
}

/** A function of the request id, so that header and error body agree without carrying it along. */
export function hostIdOf(requestId: string): string {
  const digest = createHash('sha512').update(requestId).digest();
  return digest.subarray(0, 57).toString('base64');
}

export function idHeaders(service: ServiceModel, requestId: string): [string, string][] {
  if (isS3Family(service)) {
    return [
      ['x-amz-id-2', hostIdOf(requestId)],
      ['x-amz-request-id', requestId],
    ];
  }
  const headers: [string, string][] = [['x-amzn-requestid', requestId]];
  if (service.id === 'kinesis') headers.push(['x-amz-id-2', hostIdOf(requestId)]);
  return headers;
}

/** What the protocol calls its documents. */
export function contentTypeOf(service: ServiceModel, protocol: Protocol): string {
  switch (protocol) {
    case 'awsJson1_0':
      return 'application/x-amz-json-1.0';
    case 'awsJson1_1':
      return 'application/x-amz-json-1.1';
    case 'restJson1':
      return 'application/json';
    case 'restXml':
      return isS3Family(service) ? 'application/xml' : 'text/xml';
    case 'awsQuery':
      return 'text/xml';
    case 'ec2Query':
      return 'text/xml;charset=UTF-8';
    case 'rpcv2Cbor':
      return 'application/cbor';
    case 'awsCbor1_1':
      return 'application/x-amz-cbor-1.1';
  }
}

/** Headers that cover the body. */
export function bodyHeaders(service: ServiceModel, protocol: Protocol, body: string | Uint8Array): [string, string][] {
  const headers: [string, string][] = [];
  const hasCrc = service.id === 'dynamodb' || service.id === 'dynamodbstreams';
  if (hasCrc && protocol !== 'rpcv2Cbor') headers.push(['x-amz-crc32', String(crc32(body))]);
  if (protocol === 'rpcv2Cbor') headers.push(['smithy-protocol', 'rpc-v2-cbor']);
  return headers;
}
