import type { Socket } from 'node:net';
import type { Clock } from '#core/clock.ts';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Ids } from '#core/ids.ts';
import type { Blobs, Store } from '#store/contract.ts';
import type { Call } from './call.ts';
import type { Functions } from './functions.ts';
import type { Identity } from './identity.ts';
import type { DataPlane, Service } from './service.ts';
import type { ServiceId } from './service-types.ts';
import type { Streams } from './stream.ts';
import type { Work } from './work.ts';

export interface PlatformConfig {
  mode: 'start' | 'serve';
  /** undefined = everything in memory */
  dataDir?: string;
  /** 'enforce' denies; 'report' logs and lets pass */
  iam: 'report' | 'enforce';
  /** where clients reach us: used in URLs that answers contain */
  host: string;
  port: number;
  /** TLS for every name that this program answers to; absent: none, 0: any free port */
  tlsPort?: number;
  /** names end in this: {api}.execute-api.{region}.<domain> */
  domain: string;
  defaultAccountId: string;
  defaultRegion: string;
  /** API Gateway's limit on all requests of an account in a region; absent: none, the machine is the limit */
  accountThrottle?: { rateLimit: number; burstLimit: number };
  /** SMTP relay, e.g. smtp://user:pass@host:587; mail goes to the inbox alone without it */
  smtpRelay?: string;
  /** the function that a debugger may attach to, on this port of 127.0.0.1 */
  inspect?: { name: string; port: number };
}

export interface SandboxNetwork {
  /** PEM of the local CA, trusted inside sandboxes */
  caCertificate: string;
  /** Takes over a connection that a function made; the function is known by its sandbox. */
  connection(socket: Socket, info: { functionArn: string; tls: boolean }): void;
}

/** Everything a service or data plane stands on. One per process; built by server/, passed down. */
export interface Platform {
  readonly config: PlatformConfig;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly work: Work;
  readonly call: Call;
  readonly services: ReadonlyMap<ServiceId, Service>;
  /** HTTP that is no API call; services and data planes add theirs in `start` */
  readonly dataPlanes: DataPlane[];
  /** Streams of records that functions can follow; services that have some add theirs in `start` */
  readonly streams: Streams;
  /** How code in sandboxes reaches us by AWS's own names. */
  readonly network: SandboxNetwork;
  /** This program as an HTTP server, in process: for requests to AWS's and our own names that we make ourselves. */
  http: (request: HttpRequest) => Promise<HttpResponse>;
  /** Provided by services/iam in its `start`. */
  identity: Identity;
  /** Provided by services/lambda in its `start`. */
  functions: Functions;
  /** How functions are kept apart (`strict`, `namespaces`, `process`) and why not better; set by services/lambda. */
  isolation: { mode: string; reasons: readonly string[] };
  /** Aborted when the program stops. */
  readonly signal: AbortSignal;
  /** Says something once to the person who runs the program: ignored settings, IAM violations, fallbacks. Same text = same warning. */
  warn(text: string): void;
}
