import { ServiceError } from '#core/errors.ts';

const user = { Type: 'User' };

export const invalidParameter = (message: string): ServiceError =>
  new ServiceError('InvalidParameterValueException', message, 400, { fields: user });
export const conflict = (message: string): ServiceError =>
  new ServiceError('ResourceConflictException', message, 409, { fields: user });
export const notFound = (message: string): ServiceError =>
  new ServiceError('ResourceNotFoundException', message, 404, { fields: user });
export const functionNotFound = (arn: string): ServiceError => notFound(`Function not found: ${arn}`);
export const policyNotFound = (): ServiceError => notFound('The resource you requested does not exist.');
export const preconditionFailed = (
  message = 'The RevisionId provided does not match the latest RevisionId. Call the GetFunction/GetAlias API to retrieve the latest RevisionId for your resource.',
): ServiceError => new ServiceError('PreconditionFailedException', message, 412, { fields: user });
export const requestTooLarge = (bytes: number, type: string, max: number): ServiceError =>
  new ServiceError(
    'RequestTooLargeException',
    `${bytes} byte payload is too large for the ${type} invocation type (limit ${max} bytes)`,
    413,
    { fields: user },
  );
export const invalidRequestContent = (message: string): ServiceError =>
  new ServiceError('InvalidRequestContentException', message, 400, { fields: user });
export const notOffered = (setting: string): ServiceError =>
  invalidParameter(`Gatehouse does not offer ${setting} for functions`);
