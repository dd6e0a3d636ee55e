import { ServiceError } from '#core/errors.ts';

export const groupExists = (): ServiceError =>
  new ServiceError('ResourceAlreadyExistsException', 'The specified log group already exists');
export const streamExists = (): ServiceError =>
  new ServiceError('ResourceAlreadyExistsException', 'The specified log stream already exists');
const notFound = (message: string): ServiceError => new ServiceError('ResourceNotFoundException', message);
export const groupNotFound = (): ServiceError => notFound('The specified log group does not exist.');
export const streamNotFound = (): ServiceError => notFound('The specified log stream does not exist.');
export const subscriptionNotFound = (): ServiceError => notFound('The specified subscription filter does not exist.');
export const policyNotFound = (name: string): ServiceError => notFound(`Policy with name [${name}] does not exist.`);
export const queryNotFound = (id: string): ServiceError => notFound(`Query with ID ${id} does not exist.`);
export const recordNotFound = (): ServiceError => notFound('The specified log record does not exist.');
export const queryDefinitionNotFound = (): ServiceError => notFound('The specified query definition does not exist.');
export const metricFilterNotFound = (): ServiceError => notFound('The specified metric filter does not exist.');
export const destinationNotFound = (): ServiceError => notFound('The specified destination does not exist.');
export const limitExceeded = (): ServiceError => new ServiceError('LimitExceededException', 'Resource limit exceeded.');
export const tooManyTags = (resourceName: string): ServiceError =>
  new ServiceError('TooManyTagsException', 'A resource can have no more than 50 tags.', 400, {
    fields: { resourceName },
  });
export const invalidParameter = (message: string): ServiceError =>
  new ServiceError('InvalidParameterException', message);
export const invalidToken = (): ServiceError => invalidParameter('The specified nextToken is invalid.');
export const notOffered = (setting: string): ServiceError =>
  new ServiceError('InvalidParameterException', `Gatehouse does not offer ${setting} of CloudWatch Logs`);
