// S3's error codes, texts and further XML members.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; texts as the service answers them.
import { ServiceError } from '#core/errors.ts';

type Fields = Record<string, unknown>;
const error = (code: string, message: string, status: number, fields?: Fields): ServiceError =>
  new ServiceError(code, message, status, fields && { fields });

// Buckets
export const noSuchBucket = (bucket: string): ServiceError =>
  error('NoSuchBucket', 'The specified bucket does not exist', 404, { BucketName: bucket });
export const invalidBucketName = (bucket: string): ServiceError =>
  error('InvalidBucketName', 'The specified bucket is not valid.', 400, { BucketName: bucket });
export const bucketAlreadyExists = (bucket: string): ServiceError =>
  error(
    'BucketAlreadyExists',
    'The requested bucket name is not available. The bucket namespace is shared by all users of the system. ' +
      'Please select a different name and try again.',
    409,
    { BucketName: bucket },
  );
export const bucketAlreadyOwnedByYou = (bucket: string): ServiceError =>
  error(
    'BucketAlreadyOwnedByYou',
    'Your previous request to create the named bucket succeeded and you already own it.',
    409,
    { BucketName: bucket },
  );
export const bucketNotEmpty = (bucket: string, versions = false): ServiceError =>
  error(
    'BucketNotEmpty',
    versions
      ? 'The bucket you tried to delete is not empty. You must delete all versions in the bucket.'
      : 'The bucket you tried to delete is not empty',
    409,
    { BucketName: bucket },
  );
export const tooManyBuckets = (allowed: number): ServiceError =>
  error('TooManyBuckets', 'You have attempted to create more buckets than allowed', 400, {
    AllowedNumberOfBuckets: allowed,
  });
export const invalidLocationConstraint = (location: string): ServiceError =>
  error('InvalidLocationConstraint', 'The specified location-constraint is not valid', 400, {
    LocationConstraint: location,
  });
export const illegalLocationConstraint = (location: string): ServiceError =>
  error(
    'IllegalLocationConstraintException',
    `The ${location} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    400,
  );
export const permanentRedirect = (bucket: string, endpoint: string, region: string): ServiceError =>
  new ServiceError(
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. ' +
      'Please send all future requests to this endpoint.',
    301,
    { fields: { Endpoint: endpoint, Bucket: bucket }, headers: [['x-amz-bucket-region', region]] },
  );

// Settings of a bucket that are not there
const absent =
  (code: string, message: string) =>
  (bucket: string): ServiceError =>
    error(code, message, 404, { BucketName: bucket });
export const noSuchBucketPolicy = absent('NoSuchBucketPolicy', 'The bucket policy does not exist');
export const noSuchTagSet = absent('NoSuchTagSet', 'The TagSet does not exist');
export const noSuchCorsConfiguration = absent('NoSuchCORSConfiguration', 'The CORS configuration does not exist');
export const noSuchWebsiteConfiguration = absent(
  'NoSuchWebsiteConfiguration',
  'The specified bucket does not have a website configuration',
);
export const noSuchPublicAccessBlock = absent(
  'NoSuchPublicAccessBlockConfiguration',
  'The public access block configuration was not found',
);
export const ownershipControlsNotFound = absent(
  'OwnershipControlsNotFoundError',
  'The bucket ownership controls were not found',
);
export const noSuchLifecycleConfiguration = absent(
  'NoSuchLifecycleConfiguration',
  'The lifecycle configuration does not exist',
);
export const replicationConfigurationNotFound = absent(
  'ReplicationConfigurationNotFoundError',
  'The replication configuration was not found',
);
export const objectLockConfigurationNotFound = absent(
  'ObjectLockConfigurationNotFoundError',
  'Object Lock configuration does not exist for this bucket',
);
export const noSuchObjectLockConfiguration = (): ServiceError =>
  error('NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration', 404);
export const invalidBucketState = (message: string): ServiceError => error('InvalidBucketState', message, 409);
export const illegalVersioning = (): ServiceError =>
  error('IllegalVersioningConfigurationException', 'The Versioning element must be specified', 400);
export const corsRuleWithoutMethod = (method: string): ServiceError =>
  error('InvalidRequest', `Found unsupported HTTP method in CORS config. Unsupported method is ${method}`, 400);

export const noSuchConfiguration = (): ServiceError =>
  error('NoSuchConfiguration', 'The specified configuration does not exist.', 404);
export const invalidTargetBucketForLogging = (target: string): ServiceError =>
  error('InvalidTargetBucketForLogging', 'The target bucket for logging does not exist', 400, { TargetBucket: target });

// Objects
export const invalidObjectState = (storageClass: string): ServiceError =>
  error('InvalidObjectState', "Restore is not allowed for the object's current storage class", 403, {
    StorageClass: storageClass,
  });
export const noSuchKey = (key: string, headers: [string, string][] = []): ServiceError =>
  new ServiceError('NoSuchKey', 'The specified key does not exist.', 404, { fields: { Key: key }, headers });
export const noSuchVersion = (key: string, versionId: string): ServiceError =>
  error('NoSuchVersion', 'The specified version does not exist.', 404, { Key: key, VersionId: versionId });
export const keyTooLong = (size: number): ServiceError =>
  error('KeyTooLongError', 'Your key is too long', 400, { Size: size, MaxSizeAllowed: 1024 });
export const preconditionFailed = (condition: string): ServiceError =>
  error('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', 412, {
    Condition: condition,
  });
export const notModified = (headers: [string, string][]): ServiceError =>
  new ServiceError('NotModified', 'Not Modified', 304, { headers });
export const invalidRange = (requested: string, size: number): ServiceError =>
  error('InvalidRange', 'The requested range is not satisfiable', 416, {
    RangeRequested: requested,
    ActualObjectSize: size,
  });
export const invalidPartNumber = (requested: number, count: number): ServiceError =>
  error('InvalidPartNumber', 'The requested partnumber is not satisfiable', 416, {
    PartNumberRequested: requested,
    ActualPartCount: count,
  });
export const entityTooLarge = (proposed: number, allowed: number): ServiceError =>
  error('EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', 400, {
    ProposedSize: proposed,
    MaxSizeAllowed: allowed,
  });
export const missingContentLength = (): ServiceError =>
  error('MissingContentLength', 'You must provide the Content-Length HTTP header.', 411);
export const incompleteBody = (): ServiceError =>
  error('IncompleteBody', 'You did not provide the number of bytes specified by the Content-Length HTTP header', 400);
export const metadataTooLarge = (size: number, allowed: number): ServiceError =>
  error('MetadataTooLarge', 'Your metadata headers exceed the maximum allowed metadata size', 400, {
    Size: size,
    MaxSizeAllowed: allowed,
  });
export const invalidStorageClass = (storageClass: string): ServiceError =>
  error('InvalidStorageClass', 'The storage class you specified is not valid', 400, {
    StorageClassRequested: storageClass,
  });
export const badDigest = (expected: string, calculated: string): ServiceError =>
  error('BadDigest', 'The Content-MD5 you specified did not match what we received.', 400, {
    ExpectedDigest: expected,
    CalculatedDigest: calculated,
  });
export const badChecksum = (algorithm: string): ServiceError =>
  error('BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`, 400);
export const invalidDigest = (digest: string): ServiceError =>
  error('InvalidDigest', 'The Content-MD5 you specified was invalid.', 400, { 'Content-MD5': digest });
export const invalidTag = (message: string, fields: Fields = {}): ServiceError =>
  error('InvalidTag', message, 400, fields);
/** AWS answers BadRequest here, and no InvalidTag. */
export const tooManyTags = (message: string): ServiceError => error('BadRequest', message, 400);

// Multipart uploads
export const noSuchUpload = (uploadId: string): ServiceError =>
  error(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    404,
    { UploadId: uploadId },
  );
export const invalidPart = (uploadId: string, partNumber: number, etag: string): ServiceError =>
  error(
    'InvalidPart',
    "One or more of the specified parts could not be found.  The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    400,
    { UploadId: uploadId, PartNumber: partNumber, ETag: etag },
  );
export const invalidPartOrder = (uploadId: string): ServiceError =>
  error(
    'InvalidPartOrder',
    'The list of parts was not in ascending order. Parts must be ordered by part number.',
    400,
    {
      UploadId: uploadId,
    },
  );
export const entityTooSmall = (proposed: number, allowed: number, partNumber: number, etag: string): ServiceError =>
  error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
    ProposedSize: proposed,
    MinSizeAllowed: allowed,
    PartNumber: partNumber,
    ETag: etag,
  });

// Access
export const accessDenied = (message = 'Access Denied'): ServiceError => error('AccessDenied', message, 403);
export const accessControlListNotSupported = (): ServiceError =>
  error('AccessControlListNotSupported', 'The bucket does not allow ACLs', 400);
export const invalidBucketAclWithObjectOwnership = (): ServiceError =>
  error(
    'InvalidBucketAclWithObjectOwnership',
    "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting",
    400,
  );
export const invalidAccessKeyId = (accessKeyId: string): ServiceError =>
  error('InvalidAccessKeyId', 'The AWS Access Key Id you provided does not exist in our records.', 403, {
    AWSAccessKeyId: accessKeyId,
  });
export const invalidToken = (token: string): ServiceError =>
  error('InvalidToken', 'The provided token is malformed or otherwise invalid.', 400, { 'Token-0': token });
export const expiredToken = (token: string): ServiceError =>
  error('ExpiredToken', 'The provided token has expired.', 400, { 'Token-0': token });
export const signatureDoesNotMatch = (accessKeyId: string, stringToSign: string, signature: string): ServiceError =>
  error(
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
    403,
    { AWSAccessKeyId: accessKeyId, StringToSign: stringToSign, SignatureProvided: signature },
  );
export const malformedAcl = (): ServiceError =>
  error(
    'MalformedACLError',
    'The XML you provided was not well-formed or did not validate against our published schema',
    400,
  );
export const malformedPolicy = (message: string, detail?: string): ServiceError =>
  error('MalformedPolicy', message, 400, detail === undefined ? undefined : { Detail: detail });
export const policyTooLarge = (): ServiceError => error('PolicyTooLarge', 'Bucket policy must be less than 20 KB', 400);

// Browser uploads
export const malformedPostRequest = (): ServiceError =>
  error('MalformedPOSTRequest', 'The body of your POST request is not well-formed multipart/form-data.', 400);
export const maxPostPreDataLengthExceeded = (bytesMax: number): ServiceError =>
  error('MaxPostPreDataLengthExceeded', 'Your POST request fields preceding the upload file were too large.', 400, {
    MaxPostPreDataLengthBytes: bytesMax,
  });
export const invalidPolicyDocument = (message: string): ServiceError => error('InvalidPolicyDocument', message, 400);
export const postPolicyDenied = (reason: string): ServiceError =>
  accessDenied(`Invalid according to Policy: ${reason}`);
export const postEntityTooSmall = (proposed: number, allowed: number): ServiceError =>
  error('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size', 400, {
    ProposedSize: proposed,
    MinSizeAllowed: allowed,
  });

export const invalidEncryptionAlgorithm = (algorithm: string): ServiceError =>
  error(
    'InvalidEncryptionAlgorithmError',
    'The Encryption request you specified is not valid. Supported value: AES256.',
    400,
    { ArgumentName: 'x-amz-server-side-encryption', ArgumentValue: algorithm },
  );

// Requests
export const invalidArgument = (message: string, name: string, value?: unknown): ServiceError =>
  error('InvalidArgument', message, 400, { ArgumentName: name, ArgumentValue: value });
export const invalidRequest = (message: string): ServiceError => error('InvalidRequest', message, 400);
export const malformedXml = (): ServiceError =>
  error(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
    400,
  );
export const methodNotAllowed = (
  method: string,
  resourceType: string,
  headers: [string, string][] = [],
): ServiceError =>
  new ServiceError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405, {
    fields: { Method: method, ResourceType: resourceType },
    headers,
  });
/** A conditional header in a form that this operation does not take. */
export const conditionNotTaken = (header: string, additionalMessage: string): ServiceError =>
  error('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, {
    Header: header,
    additionalMessage,
  });
/** S3's own words for what a region does not offer; here: what Gatehouse does not do. */
export const notImplemented = (what: string): ServiceError =>
  error('NotImplemented', 'A header you provided implies functionality that is not implemented', 501, {
    Header: what,
    additionalMessage: `Gatehouse does not support ${what}`,
  });
