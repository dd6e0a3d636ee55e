import { ServiceError } from '#core/errors.ts';

export const badRequest = (message: string): ServiceError => new ServiceError('BadRequestException', message);
export const notFound = (message: string): ServiceError => new ServiceError('NotFoundException', message, 404);
export const conflict = (message: string): ServiceError => new ServiceError('ConflictException', message, 409);
export const limitExceeded = (message: string): ServiceError =>
  new ServiceError('LimitExceededException', message, 429);
/** The front's own checks of a model's constraints. Members of the body are named below the operation's input. */
export const invalidValue = (value: string, path: string, constraint: string): ServiceError =>
  new ServiceError(
    'ValidationException',
    `1 validation error detected: Value '${value}' at '${path}' failed to satisfy constraint: ${constraint}`,
  );
export const notOneOf = (value: string, path: string, values: readonly string[]): ServiceError =>
  invalidValue(value, path, `Member must satisfy enum value set: [${values.join(', ')}]`);
export const invalidStatusCode = (value: string): ServiceError =>
  invalidValue(value, 'statusCode', 'Member must satisfy regular expression pattern: [1-5]\\d\\d');
export const apiNotFound = (accountId: string, id: string): ServiceError =>
  notFound(`Invalid API identifier specified ${accountId}:${id}`);
export const resourceNotFound = (): ServiceError => notFound('Invalid Resource identifier specified');
export const methodNotFound = (): ServiceError => notFound('Invalid Method identifier specified');
export const integrationNotFound = (): ServiceError => notFound('Invalid Integration identifier specified');
export const responseNotFound = (): ServiceError => notFound('Invalid Response status code specified');
export const deploymentNotFound = (): ServiceError => notFound('Invalid Deployment identifier specified');
export const stageNotFound = (): ServiceError => notFound('Invalid stage identifier specified');
export const modelNotFound = (name: string): ServiceError => notFound(`Invalid model name specified: ${name}`);
export const unknownModel = (name: string): ServiceError => badRequest(`Invalid model identifier specified: ${name}`);
export const unknownValidator = (): ServiceError => badRequest('Invalid Request Validator identifier specified');
export const validatorNotFound = (): ServiceError => notFound('Invalid Request Validator identifier specified');
export const authorizerNotFound = (): ServiceError => notFound('Invalid Authorizer identifier specified');
export const apiKeyNotFound = (): ServiceError => notFound('Invalid API Key identifier specified');
export const planNotFound = (): ServiceError => notFound('Invalid Usage Plan ID specified');
export const planKeyNotFound = (): ServiceError => notFound('Invalid API Key identifier specified');
export const apiStageNotFound = (name: string): ServiceError => notFound(`API Stage not found: ${name}`);
export const clientCertificateNotFound = (): ServiceError =>
  notFound('Invalid Client Certificate identifier specified');
export const documentationPartNotFound = (): ServiceError =>
  notFound('Invalid Documentation part identifier specified');
export const documentationVersionNotFound = (): ServiceError => notFound('Invalid Documentation version specified');
export const mappingNotFound = (): ServiceError => notFound('Invalid base path mapping identifier specified');
/** Accepted and ignored would be a lie. */
export const notOffered = (setting: string): ServiceError =>
  badRequest(`Gatehouse does not offer ${setting} of API Gateway`);
