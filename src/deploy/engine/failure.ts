// Why a resource failed, in the words that stack events have.
import { ServiceError } from '#core/errors.ts';
import type { Ids } from '#core/ids.ts';
import { TemplateError } from '../template/error.ts';

/** A reason that is shown as it is. */
export class ResourceFailure extends Error {}

/** The operation was cancelled while the resource was waited for. */
export class Cancelled extends Error {}

/** https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-test-contract-errors.html */
function handlerErrorCode(error: ServiceError): string {
  const { code, status } = error;
  if (
    /AlreadyExists|AlreadyOwnedByYou|ConflictException$|QueueNameExists|EntityAlreadyExists/.test(code) &&
    !/InUse/.test(code)
  ) {
    return 'AlreadyExists';
  }
  if (status === 404 || /NotFound|NoSuch|NonExistent|DoesNotExist/.test(code)) return 'NotFound';
  if (/AccessDenied|Unauthorized|Forbidden/.test(code) || status === 403) return 'AccessDenied';
  if (/Throttl|TooManyRequests|SlowDown/.test(code)) return 'Throttling';
  if (/LimitExceeded|QuotaExceeded|ServiceQuota/.test(code)) return 'ServiceLimitExceeded';
  if (/InUse|DeleteConflict|Conflict/.test(code)) return 'ResourceConflict';
  return status >= 500 ? 'GeneralServiceException' : 'InvalidRequest';
}

export function failureReason(error: unknown, service: string, ids: Ids): string {
  if (error instanceof ResourceFailure || error instanceof TemplateError) return error.message;
  if (error instanceof ServiceError) {
    const message = `${error.message} (Service: ${service}, Status Code: ${error.status}, Request ID: ${ids.uuid()}) (SDK Attempt Count: 1)`;
    return `Resource handler returned message: "${message}" (RequestToken: ${ids.uuid()}, HandlerErrorCode: ${handlerErrorCode(error)})`;
  }
  return 'Internal Failure';
}

/** Types whose handlers say it by themselves, and the property that they name. */
const NAMED_WHEN_THERE: Readonly<Record<string, string>> = { 'AWS::Logs::LogGroup': 'LogGroupName' };

export function alreadyThereReason(
  error: unknown,
  { type, step }: { type: string; step?: { properties: Record<string, unknown> } },
  ids: Ids,
): string | undefined {
  const property = NAMED_WHEN_THERE[type];
  const name = property === undefined ? undefined : step?.properties[property];
  if (name === undefined || !isAlreadyThere(error)) return undefined;
  const identifier = JSON.stringify({ [`/properties/${property}`]: name });
  const message = `Resource of type '${type}' with identifier '${identifier}' already exists.`;
  return `Resource handler returned message: "${message}" (RequestToken: ${ids.uuid()}, HandlerErrorCode: AlreadyExists)`;
}

/** Whether a creation failed because the thing is already there. */
export const isAlreadyThere = (error: unknown): boolean =>
  error instanceof ServiceError && handlerErrorCode(error) === 'AlreadyExists';

/** Whether something failed because the thing is not there. */
export const isGone = (error: unknown): boolean =>
  error instanceof ServiceError && handlerErrorCode(error) === 'NotFound';

export interface FailedResources {
  create: readonly string[];
  update: readonly string[];
  delete: readonly string[];
}

/** `The following resource(s) failed to create: [A, B]. ` — AWS leaves the blank at its end. */
export function failureSummary(failed: FailedResources): string {
  return (['create', 'update', 'delete'] as const)
    .filter((action) => failed[action].length > 0)
    .map((action) => `The following resource(s) failed to ${action}: [${failed[action].join(', ')}]. `)
    .join('');
}
