import { ServiceError } from '#core/errors.ts';
import { authorizeOperation } from './authorize.ts';
import type { Call, CallOptions } from './call.ts';
import type { Context, HttpFacts } from './context.ts';
import type { Platform } from './platform.ts';
import type { Operation, Service } from './service.ts';
import type { ServiceId } from './service-types.ts';

/** An operation of a known service that is not built: an AWS-shaped error that names it. */
export function notImplemented(service: string, operation: string): ServiceError {
  return new ServiceError('NotImplemented', `Gatehouse does not implement ${service}:${operation}`, 501);
}

export function findOperation(service: Service, operation: string): Operation<any, any> | undefined {
  return Object.hasOwn(service.operations, operation)
    ? (service.operations as Record<string, Operation<any, any>>)[operation]
    : undefined;
}

export interface OperationRequest extends CallOptions {
  http?: HttpFacts;
}

/** The context of one operation. Calls it makes go out in the same account, region and name unless told otherwise. */
export function createContext(
  platform: Platform,
  service: ServiceId,
  operation: string,
  request: OperationRequest,
): Context {
  const { accountId, region, as: principal, http, calledVia } = request;
  const requestId = request.requestId ?? platform.ids.uuid();
  // asked for when needed: making one for every request would cost more than most operations
  const signal = (): AbortSignal => request.signal ?? platform.signal;
  const call = ((to: ServiceId, name: string, input: unknown, options?: Partial<CallOptions>) =>
    runOperation(platform, to, name, input, {
      accountId,
      region,
      as: principal,
      calledVia: [...(calledVia ?? []), `${service}.amazonaws.com`],
      ...options,
      get signal() {
        return options?.signal ?? signal();
      },
    })) as Call;
  return {
    platform,
    service,
    operation,
    accountId,
    region,
    principal,
    requestId,
    ...(http && { http }),
    ...(calledVia && { calledVia }),
    get signal() {
      return signal();
    },
    store: platform.store,
    blobs: platform.blobs,
    clock: platform.clock,
    ids: platform.ids,
    call,
  };
}

/** Authorizes and runs one operation, whether it came over the wire or from another service. */
export async function runOperation(
  platform: Platform,
  serviceId: ServiceId,
  operation: string,
  input: unknown,
  request: OperationRequest,
): Promise<unknown> {
  const service = platform.services.get(serviceId);
  const run = service && findOperation(service, operation);
  if (!service || !run) throw notImplemented(serviceId, operation);
  const context = createContext(platform, serviceId, operation, request);
  if (!request.trusted) await authorizeOperation(service, input, context);
  return run(input as never, context);
}

export function createCall(platform: Platform): Call {
  return ((service: ServiceId, operation: string, input: unknown, options: Partial<CallOptions> = {}) => {
    const { as, accountId, region } = options;
    if (!as || !accountId || !region)
      throw new TypeError(`call ${service}:${operation} needs as, accountId and region`);
    return runOperation(platform, service, operation, input, { ...options, as, accountId, region });
  }) as Call;
}
