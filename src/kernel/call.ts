import type { Principal } from '#core/principal.ts';
import type { Input, OperationName, Output, ServiceId } from './service-types.ts';

export interface CallOptions {
  as: Principal;
  accountId: string;
  region: string;
  signal?: AbortSignal;
  /** Keeps one request id through a chain of calls. */
  requestId?: string;
  /** The services that this call has come through, as aws:CalledVia shows them; first the one that was called first. */
  calledVia?: readonly string[];
  /** Skips authorization: only for what the platform itself owns (never on a user's behalf). */
  trusted?: boolean;
}

/** The in-process form of an API call: authorized like one, nothing serialized. Throws ServiceError. */
export type Call = <S extends ServiceId, O extends OperationName<S>>(
  service: S,
  operation: O,
  input: Input<S, O>,
  options?: Partial<CallOptions>,
) => Promise<Output<S, O>>;
