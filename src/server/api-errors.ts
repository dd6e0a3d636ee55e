// What the front itself answers: no such operation, no such service, our own failures.
import { ServiceError } from '#core/errors.ts';
import type { ServiceModel } from '#protocol/model.ts';
import type { Route, UnknownService } from '#protocol/router.ts';
import { Conflict, Overloaded } from '#store/contract.ts';

/** The service exists, the operation does not: each protocol has its own way to say so. */
export function unknownOperation(
  { service, protocol, asked = '', version, bucketOfHost }: Route,
  { method, target }: { method: string; target: string },
): ServiceError {
  switch (protocol) {
    case 'awsQuery': {
      const spoken = version ?? 'NO_VERSION_SPECIFIED';
      return new ServiceError('InvalidAction', `Could not find operation ${asked} for version ${spoken}`);
    }
    case 'ec2Query':
      return new ServiceError('InvalidAction', `The action ${asked} is not valid for this web service.`);
    case 'restJson1':
      if (service.signingName === 'apigateway') {
        return new ServiceError('MissingAuthenticationTokenException', 'Missing Authentication Token', 403);
      }
      return new ServiceError('UnknownOperationException', '', 404);
    case 'restXml': {
      if (service.id !== 's3') return new ServiceError('UnknownOperationException', '', 404);
      const names = (target.split('?')[0] ?? '').split('/').filter((name) => name !== '').length;
      const resourceType = ['SERVICE', 'BUCKET'][names + (bucketOfHost === undefined ? 0 : 1)] ?? 'OBJECT';
      return new ServiceError('MethodNotAllowed', 'The specified method is not allowed against this resource.', 405, {
        fields: { Method: method, ResourceType: resourceType },
      });
    }
    default:
      return new ServiceError('UnknownOperationException', '');
  }
}

/** S3: an operation whose document is not there at all. */
export const missingBody = (): ServiceError => new ServiceError('MissingRequestBodyError', 'Request Body is empty');

/** AWS has more services than we have models; the answer names the one that was asked. */
export function unknownService({ service }: UnknownService): ServiceError {
  const message = service
    ? `Gatehouse does not implement ${service}`
    : 'The request names no AWS service: neither its signature, its headers nor its path say one';
  return new ServiceError('NotImplemented', message, service ? 501 : 400);
}

/** Enough of a model to answer an error in the client's protocol. */
export function nameless({ service, protocol }: UnknownService): ServiceModel {
  return {
    id: service,
    serviceId: service,
    protocols: [protocol],
    target: '',
    namespace: '',
    version: '',
    signingName: service,
    operations: new Map(),
    errorNames: [],
    findError: () => undefined,
  };
}

/** Anything but a ServiceError is our fault. It is logged with its stack; the client learns no more than AWS would say. */
export function ownFailure(error: unknown, service: ServiceModel, operation: string): ServiceError {
  if (error instanceof Overloaded) return throttled(service, error);
  if (error instanceof Conflict) {
    return new ServiceError('ServiceUnavailable', 'Service is unable to handle request.', 503, { cause: error });
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`${service.id}:${operation} failed: ${stack}\n`);
  const message =
    service.id === 's3'
      ? 'We encountered an internal error. Please try again.'
      : 'The request processing has failed because of an unknown error, exception or failure.';
  return new ServiceError('InternalFailure', message, 500, { cause: error });
}

/** The store has more to do than it takes on: what AWS says so that SDKs back off and try again. */
function throttled({ id }: ServiceModel, cause: Error): ServiceError {
  if (id === 's3') return new ServiceError('SlowDown', 'Please reduce your request rate.', 503, { cause });
  if (id === 'ec2') return new ServiceError('RequestLimitExceeded', 'Request limit exceeded.', 503, { cause });
  return new ServiceError('ThrottlingException', 'Rate exceeded', 400, { cause });
}
