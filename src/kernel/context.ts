import type { Clock } from '#core/clock.ts';
import type { Ids } from '#core/ids.ts';
import type { Principal } from '#core/principal.ts';
import type { Blobs, Store } from '#store/contract.ts';
import type { Call } from './call.ts';
import type { Platform } from './platform.ts';
import type { ServiceId } from './service-types.ts';

/** The HTTP request behind an operation; absent when another service made the call in process. */
export interface HttpFacts {
  method: string;
  /** with port, as sent */
  host: string;
  target: string;
  headers: Readonly<Record<string, string>>;
  sourceIp: string;
  userAgent: string;
  secure: boolean;
  /** Trailing headers (aws-chunked checksums), lower case; complete once the body has been read to its end. */
  trailers?: Readonly<Record<string, string>>;
  /** What the modelled output cannot say: another status than the operation's (206), headers without a member. */
  answer?: { status?: number; headers: [string, string][] };
}

/** What an operation gets beside its input. */
export interface Context {
  readonly platform: Platform;
  readonly service: ServiceId;
  readonly operation: string;
  readonly accountId: string;
  readonly region: string;
  readonly principal: Principal;
  readonly requestId: string;
  readonly http?: HttpFacts;
  /** The services in whose name another service calls on for the principal; absent when he calls himself. */
  readonly calledVia?: readonly string[];
  /** Aborted when the client has gone or the program stops. */
  readonly signal: AbortSignal;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly clock: Clock;
  readonly ids: Ids;
  /** Calls another service in this account and region, as this principal unless `as` says otherwise. */
  readonly call: Call;
}
