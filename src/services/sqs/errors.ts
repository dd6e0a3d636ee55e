// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html; texts as the service says them
import { ServiceError } from '#core/errors.ts';

const error = (code: string, message: string): ServiceError => new ServiceError(code, message);

export const queueDoesNotExist = (): ServiceError => error('QueueDoesNotExist', 'The specified queue does not exist.');
export const queueNameExists = (attribute: string): ServiceError =>
  error(
    'QueueNameExists',
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  );
export const queueDeletedRecently = (): ServiceError =>
  error(
    'QueueDeletedRecently',
    'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
  );
export const purgeInProgress = (name: string): ServiceError =>
  error('PurgeQueueInProgress', `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`);
export const overLimit = (): ServiceError =>
  error('OverLimit', 'Too many messages in flight: 120000 is the most that a queue may have.');

export const invalidAddress = (url: string): ServiceError =>
  error('InvalidAddress', `The address ${url} is not valid for this endpoint.`);
export const unknownAttribute = (name: string): ServiceError =>
  error('InvalidAttributeName', `Unknown Attribute ${name}.`);
export const invalidAttribute = (name: string): ServiceError =>
  error('InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
export const attributeReason = (text: string): ServiceError => error('InvalidAttributeValue', text);

export const missingParameter = (name: string): ServiceError =>
  error('MissingParameter', `The request must contain the parameter ${name}.`);
export const invalidParameter = (message: string): ServiceError => error('InvalidParameterValue', message);
export const invalidValue = (value: unknown, name: string, reason: string): ServiceError =>
  invalidParameter(`Value ${String(value)} for parameter ${name} is invalid. Reason: ${reason}`);
export const notForThisQueueType = (value: unknown, name: string): ServiceError =>
  invalidValue(value, name, 'The request include parameter that is not valid for this queue type');

export const invalidContents = (): ServiceError =>
  error(
    'InvalidMessageContents',
    'Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF',
  );

export const receiptHandleIsInvalid = (handle: string): ServiceError =>
  error('ReceiptHandleIsInvalid', `The input receipt handle "${handle}" is not a valid receipt handle.`);
export const receiptHandleOfAnotherQueue = (handle: string): ServiceError =>
  error('ReceiptHandleIsInvalid', `The receipt handle "${handle}" is not valid for this queue.`);
export const messageNotAvailable = (handle: string): ServiceError =>
  invalidValue(handle, 'ReceiptHandle', 'Message does not exist or is not available for visibility timeout change.');
export const receiptHandleExpired = (handle: string): ServiceError =>
  invalidValue(handle, 'ReceiptHandle', 'The receipt handle has expired.');

export const emptyBatch = (entry: string): ServiceError =>
  error('EmptyBatchRequest', `There should be at least one ${entry} in the request.`);
export const tooManyEntries = (count: number): ServiceError =>
  error('TooManyEntriesInBatchRequest', `Maximum number of entries per request are 10. You have sent ${count}.`);
export const idNotDistinct = (id: string): ServiceError => error('BatchEntryIdsNotDistinct', `Id ${id} repeated.`);
export const invalidBatchEntryId = (): ServiceError =>
  error(
    'InvalidBatchEntryId',
    'A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.',
  );
export const batchTooLong = (bytesMax: number, bytes: number): ServiceError =>
  error('BatchRequestTooLong', `Batch requests cannot be longer than ${bytesMax} bytes. You have sent ${bytes} bytes.`);

export const resourceNotFound = (message: string): ServiceError => error('ResourceNotFoundException', message);
export const unsupported = (message: string): ServiceError => error('UnsupportedOperation', message);
