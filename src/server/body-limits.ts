// How much of a request each service reads before it refuses the rest, with the error it answers then.
import { ServiceError } from '#core/errors.ts';
import type { ServiceModel } from '#protocol/model.ts';

const KB = 1024;
const MB = 1024 * KB;

/** What AWS's services built on one framework take when they document nothing else. */
const DEFAULT_BYTES_MAX = 10 * MB;

/** Documented quotas; room for base64 and names is included where the quota counts the decoded value. */
const BYTES_MAX: Readonly<Record<string, number>> = {
  apigateway: 6 * MB + 64 * KB, // ImportRestApi: 6 MB
  cloudformation: 4 * MB, // TemplateBody 51,200 bytes; percent-encoded, with parameters
  dynamodb: 16 * MB, // BatchWriteItem
  kinesis: 10 * MB + 256 * KB, // PutRecords
  s3: 2 * MB, // XML documents; objects stream
  sesv2: 56 * MB, // 40 MB message in base64
  ses: 56 * MB,
  sqs: 3 * MB, // 1 MiB message, percent-encoded at worst
};

/** By `service:Operation`. Lambda: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const OPERATION_BYTES_MAX: Readonly<Record<string, number>> = {
  'lambda:Invoke': 6 * MB,
  'lambda:InvokeAsync': 6 * MB,
  'lambda:InvokeWithResponseStream': 6 * MB,
  'lambda:CreateFunction': 70_167_211,
  'lambda:UpdateFunctionCode': 70_167_211,
  'lambda:PublishLayerVersion': 70_167_211,
};

export function bodyBytesMax(service: ServiceModel, operation: string): number {
  return OPERATION_BYTES_MAX[`${service.id}:${operation}`] ?? BYTES_MAX[service.id] ?? DEFAULT_BYTES_MAX;
}

export function bodyTooLarge(service: ServiceModel, operation: string, bytesMax: number): ServiceError {
  if (service.id === 'lambda') {
    const message = `Request must be smaller than ${bytesMax} bytes for the ${operation} operation`;
    return new ServiceError('RequestTooLargeException', message, 413);
  }
  if (service.id === 's3') {
    return new ServiceError('MaxMessageLengthExceeded', 'Your request was too big.', 400, {
      fields: { MaxMessageLengthBytes: bytesMax },
    });
  }
  const [protocol] = service.protocols;
  const code =
    protocol === 'awsQuery' || protocol === 'ec2Query' || protocol === 'restXml'
      ? 'RequestEntityTooLarge'
      : 'RequestEntityTooLargeException';
  return new ServiceError(code, `Request size exceeded ${bytesMax} bytes`, 413);
}
