import { ServiceError } from '#core/errors.ts';

export const groupExists = (): ServiceError =>
  new ServiceError('ResourceAlreadyExistsException', 'The specified log group already exists');
export const streamExists = (): ServiceError =>
  new ServiceError('ResourceAlreadyExistsException', 'The specified log stream already exists');
export const groupNotFound = (): ServiceError =>
  new ServiceError('ResourceNotFoundException', 'The specified log group does not exist.');
export const streamNotFound = (): ServiceError =>
  new ServiceError('ResourceNotFoundException', 'The specified log stream does not exist.');
export const invalidParameter = (message: string): ServiceError =>
  new ServiceError('InvalidParameterException', message);
export const notOffered = (setting: string): ServiceError =>
  new ServiceError('InvalidParameterException', `Gatehouse does not offer ${setting} for log groups`);
