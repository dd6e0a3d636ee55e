// CloudFormation's own errors, apart from what is wrong with a template.
import { ServiceError } from '#core/errors.ts';
import { TemplateError } from '../template/error.ts';

export const validationError = (message: string): TemplateError => new TemplateError(message);
export const stackDoesNotExist = (name: string): TemplateError =>
  validationError(`Stack with id ${name} does not exist`);
export const stackMissing = (name: string): TemplateError => validationError(`Stack [${name}] does not exist`);
export const noUpdates = (): TemplateError => validationError('No updates are to be performed.');
export const alreadyExists = (name: string): ServiceError =>
  new ServiceError('AlreadyExistsException', `Stack [${name}] already exists`, 400);
export const changeSetNotFound = (name: string): ServiceError =>
  new ServiceError('ChangeSetNotFound', `ChangeSet [${name}] does not exist`, 404);
export const invalidChangeSetStatus = (message: string): ServiceError =>
  new ServiceError('InvalidChangeSetStatus', message, 400);
export const tokenAlreadyExists = (token: string): ServiceError =>
  new ServiceError('TokenAlreadyExistsException', `Operation with client request token ${token} already exists`, 400);
export const wrongState = (stackId: string, status: string, verb: string): TemplateError =>
  validationError(`Stack:${stackId} is in ${status} state and can not be ${verb}.`);
