// Errors that every AWS service has but no model names: their spelling depends on the protocol. Code that is not a
// service (signatures, policies, the front) throws either spelling; a code that the service itself models stays as it is.
// https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
import type { Protocol, ServiceModel } from './model.ts';

interface Names {
  json: string;
  query: string;
  s3: string;
  ec2: string;
}

const COMMON: readonly Names[] = [
  { json: 'AccessDeniedException', query: 'AccessDenied', s3: 'AccessDenied', ec2: 'UnauthorizedOperation' },
  {
    json: 'UnrecognizedClientException',
    query: 'InvalidClientTokenId',
    s3: 'InvalidAccessKeyId',
    ec2: 'AuthFailure',
  },
  {
    json: 'InvalidSignatureException',
    query: 'SignatureDoesNotMatch',
    s3: 'SignatureDoesNotMatch',
    ec2: 'SignatureDoesNotMatch',
  },
  {
    json: 'MissingAuthenticationTokenException',
    query: 'MissingAuthenticationToken',
    s3: 'AccessDenied',
    ec2: 'MissingAuthenticationToken',
  },
  {
    json: 'IncompleteSignatureException',
    query: 'IncompleteSignature',
    s3: 'IncompleteSignature',
    ec2: 'IncompleteSignature',
  },
  { json: 'ExpiredTokenException', query: 'ExpiredToken', s3: 'ExpiredToken', ec2: 'RequestExpired' },
  { json: 'ThrottlingException', query: 'Throttling', s3: 'SlowDown', ec2: 'RequestLimitExceeded' },
  { json: 'ValidationException', query: 'ValidationError', s3: 'InvalidArgument', ec2: 'InvalidParameterValue' },
  { json: 'InternalFailure', query: 'InternalFailure', s3: 'InternalError', ec2: 'InternalError' },
  { json: 'ServiceUnavailableException', query: 'ServiceUnavailable', s3: 'ServiceUnavailable', ec2: 'Unavailable' },
];

/** Throwers use these two spellings; S3's and EC2's (InvalidArgument, InvalidParameterValue) are other services' own codes. */
const SPELLINGS = ['json', 'query'] as const;
const bySpelling = new Map<string, Names>();
for (const names of COMMON) {
  for (const flavour of SPELLINGS) if (!bySpelling.has(names[flavour])) bySpelling.set(names[flavour], names);
}

/** Services that changed from the query protocol to JSON have more errors with a name in each (SQS). */
const COMPATIBLE_JSON: Readonly<Record<string, string>> = {
  InvalidParameterValue: 'InvalidParameterValueException',
  MissingParameter: 'MissingRequiredParameterException',
};

const isCompatible = ({ protocols }: ServiceModel): boolean =>
  protocols.includes('awsQuery') && protocols.some((protocol) => protocol.startsWith('awsJson'));

function flavourOf(service: ServiceModel, protocol: Protocol): keyof Names {
  if (service.id === 's3') return 's3';
  if (protocol === 'ec2Query') return 'ec2';
  return protocol === 'awsQuery' || protocol === 'restXml' ? 'query' : 'json';
}

/** The spelling of a common error for this service; any other code unchanged. */
export function errorName(code: string, service: ServiceModel, protocol: Protocol): string {
  if (service.findError(code)) return code;
  const compatible = protocol === 'awsQuery' || !isCompatible(service) ? undefined : COMPATIBLE_JSON[code];
  if (compatible !== undefined) return compatible;
  const names = bySpelling.get(code);
  return names ? names[flavourOf(service, protocol)] : code;
}
