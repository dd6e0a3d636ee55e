import { ServiceError } from '#core/errors.ts';

export const validationError = (message: string): ServiceError => new ServiceError('ValidationError', message, 400);
export const accessDenied = (message: string): ServiceError => new ServiceError('AccessDenied', message, 403);
export const malformedPolicyDocument = (message: string): ServiceError =>
  new ServiceError('MalformedPolicyDocument', message, 400);
export const packedPolicyTooLarge = (percent: number): ServiceError =>
  new ServiceError(
    'PackedPolicyTooLarge',
    `Packed policy consumes ${percent}% of allotted space, please use smaller policy.`,
    400,
  );
export const durationTooLong = (): ServiceError =>
  validationError('The requested DurationSeconds exceeds the MaxSessionDuration set for this role.');
export const chainedTooLong = (): ServiceError =>
  validationError('The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining');
