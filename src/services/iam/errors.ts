// IAM's errors, with its words.
import { ServiceError } from '#core/errors.ts';
import type { EntityKind } from './records.ts';

const TITLES: Record<EntityKind, string> = { user: 'User', role: 'Role', group: 'Group' };

const noSuchEntity = (message: string): ServiceError => new ServiceError('NoSuchEntity', message, 404);
const entityAlreadyExists = (message: string): ServiceError => new ServiceError('EntityAlreadyExists', message, 409);
const deleteConflict = (message: string): ServiceError => new ServiceError('DeleteConflict', message, 409);
const limitExceeded = (message: string): ServiceError => new ServiceError('LimitExceeded', message, 409);

export const validationError = (message: string): ServiceError => new ServiceError('ValidationError', message, 400);
export const invalidInput = (message: string): ServiceError => new ServiceError('InvalidInput', message, 400);
export const malformedPolicyDocument = (message: string): ServiceError =>
  new ServiceError('MalformedPolicyDocument', message, 400);

export const entityNotFound = (kind: EntityKind, name: string): ServiceError =>
  noSuchEntity(`The ${kind} with name ${name} cannot be found.`);
export const inlinePolicyNotFound = (kind: EntityKind, policy: string): ServiceError =>
  noSuchEntity(`The ${kind} policy with name ${policy} cannot be found.`);
export const policyNotFound = (arn: string): ServiceError => noSuchEntity(`Policy ${arn} was not found.`);
export const policyNotAttachable = (arn: string): ServiceError =>
  noSuchEntity(`Policy ${arn} does not exist or is not attachable.`);
export const policyVersionNotFound = (arn: string, version: string): ServiceError =>
  noSuchEntity(`Policy ${arn} version ${version} does not exist or is not attachable.`);
export const instanceProfileNotFound = (name: string): ServiceError =>
  noSuchEntity(`Instance Profile ${name} cannot be found.`);
export const accessKeyNotFound = (id: string): ServiceError =>
  noSuchEntity(`The Access Key with id ${id} cannot be found.`);
export const aliasNotFound = (alias: string): ServiceError =>
  noSuchEntity(`The account alias with name ${alias} cannot be found.`);
export const boundaryNotFound = (kind: EntityKind, name: string): ServiceError =>
  noSuchEntity(`${TITLES[kind]} ${name} does not have a permissions boundary`);
export const oidcProviderNotFound = (arn: string): ServiceError =>
  noSuchEntity(`OpenIDConnect Provider not found for arn ${arn}`);
export const passwordPolicyNotFound = (accountId: string): ServiceError =>
  noSuchEntity(`The Password Policy with domain name ${accountId} cannot be found.`);
export const passwordPolicyToDeleteNotFound = (): ServiceError =>
  noSuchEntity('The account policy with name PasswordPolicy cannot be found.');
export const loginProfileNotFound = (user: string): ServiceError =>
  noSuchEntity(`Login Profile for User ${user} cannot be found.`);
export const deletionTaskNotFound = (id: string): ServiceError =>
  noSuchEntity(`Deletion task not found. Task id: ${id}`);

export const entityExists = (kind: EntityKind, name: string): ServiceError =>
  entityAlreadyExists(`${TITLES[kind]} with name ${name} already exists.`);
export const policyExists = (name: string): ServiceError =>
  entityAlreadyExists(`A policy called ${name} already exists. Duplicate names are not allowed.`);
export const instanceProfileExists = (name: string): ServiceError =>
  entityAlreadyExists(`Instance Profile ${name} already exists.`);
export const aliasExists = (alias: string): ServiceError =>
  entityAlreadyExists(`The account alias ${alias} already exists.`);
export const loginProfileExists = (user: string): ServiceError =>
  entityAlreadyExists(`Login Profile for user ${user} already exists.`);
export const oidcProviderExists = (url: string): ServiceError =>
  entityAlreadyExists(`Provider with url ${url} already exists.`);

const mustFirst = (what: string): ServiceError => deleteConflict(`Cannot delete entity, must ${what} first.`);
export const hasAttachedPolicies = (): ServiceError => mustFirst('detach all policies');
export const hasInlinePolicies = (): ServiceError => mustFirst('delete policies');
export const hasAccessKeys = (): ServiceError => mustFirst('delete access keys');
export const hasLoginProfile = (): ServiceError => mustFirst('delete login profile');
export const hasGroups = (): ServiceError => mustFirst('remove users from group');
export const hasInstanceProfiles = (): ServiceError => mustFirst('remove roles from instance profile');
export const policyIsAttached = (): ServiceError => deleteConflict('Cannot delete a policy attached to entities.');
export const policyHasVersions = (): ServiceError =>
  deleteConflict(
    "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
  );
export const isDefaultVersion = (): ServiceError => deleteConflict('Cannot delete the default version of a policy.');

export const quotaExceeded = (quota: string, max: number): ServiceError =>
  limitExceeded(`Cannot exceed quota for ${quota}: ${max}`);
export const tooManyVersions = (): ServiceError =>
  limitExceeded(
    'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
  );
export const inlineTooLarge = (kind: EntityKind, name: string, bytes: number): ServiceError =>
  limitExceeded(`Maximum policy size of ${bytes} bytes exceeded for ${kind} ${name}`);

export const notYourPolicy = (): ServiceError => invalidInput('Policy is outside your own account.');
export const protectedRole = (name: string): ServiceError =>
  new ServiceError(
    'UnmodifiableEntity',
    `Cannot perform the operation on the protected role '${name}' - this role is only modifiable by AWS`,
    400,
  );
export const userNameNeeded = (): ServiceError =>
  validationError('Must specify userName when calling with non-User credentials');
export const invalidName = (field: string): ServiceError =>
  validationError(
    `The specified value for ${field} is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-`,
  );
export const invalidPath = (): ServiceError =>
  validationError(
    'The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.',
  );
export const invalidArn = (arn: string): ServiceError => invalidInput(`ARN ${arn} is not valid.`);
export const passwordPolicyViolation = (): ServiceError =>
  new ServiceError('PasswordPolicyViolation', 'Password does not conform to the account password policy.', 400);
export const onlyUsersChangePasswords = (): ServiceError =>
  new ServiceError('InvalidUserType', 'Only IAM Users can change their own password', 400);
export const mayNotChangePassword = (): ServiceError =>
  new ServiceError('AccessDenied', 'The account password policy does not let users change their password.', 403);
export const wrongPassword = (): ServiceError =>
  new ServiceError('AccessDenied', 'The old password was incorrect.', 403);
export const reportNotPresent = (): ServiceError =>
  new ServiceError('ReportNotPresent', 'No report is present. Consider generating one.', 410);
export const invalidMarker = (): ServiceError => invalidInput('Invalid Marker.');
