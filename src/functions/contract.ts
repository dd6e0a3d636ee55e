// What services/lambda hands to the Lambda data plane. The data plane knows no store keys and no AWS API.
import type { Credentials } from '#kernel/identity.ts';
import type { ImageStore } from './images/store.ts';

/** One immutable version of a function (or $LATEST at one revision), complete: everything a sandbox needs to start. */
export interface FunctionSnapshot {
  /** unqualified function ARN */
  arn: string;
  accountId: string;
  region: string;
  name: string;
  /** `$LATEST` or a number */
  version: string;
  /** changes with every code or configuration update: sandboxes of an older revision are drained */
  revisionId: string;
  runtime: string;
  handler: string;
  /** base64 SHA-256 of the zip: names the unpacked tree in the code store; of an image nothing */
  codeSha256: string;
  /** where to read the zip when the tree is not on this machine yet */
  readCode: () => AsyncIterable<Uint8Array>;
  /** in merge order: later wins */
  layers: { arn: string; codeSha256: string; readCode: () => AsyncIterable<Uint8Array> }[];
  memoryMb: number;
  timeoutSeconds: number;
  ephemeralStorageMb: number;
  environment: Record<string, string>;
  roleArn: string;
  architecture: 'x86_64' | 'arm64';
  /** PackageType Image: runtime, handler and layers are then empty */
  image?: FunctionImage;
  tracing: 'Active' | 'PassThrough';
  logging: { group: string; format: 'Text' | 'JSON'; applicationLevel?: string; systemLevel?: string };
  /** undefined = unreserved */
  reservedConcurrency?: number;
}

export interface FunctionImage {
  /** of its manifest: sha256:… */
  digest: string;
  /** ImageConfig: in the place of what the image itself says */
  entryPoint?: string[];
  command?: string[];
  workingDirectory?: string;
}

export interface Invocation {
  requestId: string;
  payload: Uint8Array | string;
  /** with qualifier, as context.invokedFunctionArn shows it */
  invokedFunctionArn: string;
  clientContext?: string;
  traceHeader?: string;
  logTail?: boolean;
  signal?: AbortSignal;
}

export interface InvocationResult {
  payload: Buffer;
  functionError?: 'Handled' | 'Unhandled';
  logTail?: string;
  /** for metrics */
  durationMs: number;
  billedMs: number;
  initMs?: number;
  memoryMbMax: number;
}

export interface InvocationStream {
  contentType: string;
  prelude?: { statusCode?: number; headers?: Record<string, string>; cookies?: string[] };
  body: AsyncIterable<Uint8Array>;
  /** The function failed before its stream began: what Invoke would have answered. */
  failed?: InvocationResult;
  /** How the invocation ended, once it has. */
  completed: Promise<InvocationResult>;
}

export interface ProvisionedState {
  allocated: number;
  /** initialised, at work or waiting */
  available: number;
  /** why there are not more: AWS's StatusReason */
  failure?: string;
  /** since it was configured: invocations of the version within its provisioned concurrency, and beyond it */
  invocations: number;
  spilloverInvocations: number;
}

export interface SandboxPool {
  /** Runs one invocation. Function failures are results; only capacity (TooManyRequestsException) and our own faults throw. */
  invoke(snapshot: FunctionSnapshot, invocation: Invocation): Promise<InvocationResult>;
  invokeStream(snapshot: FunctionSnapshot, invocation: Invocation): Promise<InvocationStream>;
  /** Unpacks and compiles ahead, so that the first invocation does not pay for it. Throws ServiceError for a bad zip (InvalidParameterValueException). */
  prepare(snapshot: FunctionSnapshot): Promise<void>;
  /** Keeps so many environments of this version initialised ahead (provisioned concurrency); 0 ends that. */
  provision(snapshot: FunctionSnapshot, count: number): void;
  /** How far that has come. */
  provisioned(version: Pick<FunctionSnapshot, 'arn' | 'version'>): ProvisionedState;
  /** What functions of an account reserve of its concurrency, by ARN: also those that nobody has called yet. */
  reserve(at: Pick<FunctionSnapshot, 'accountId' | 'region'>, reserved: ReadonlyMap<string, number>): void;
  /** Drains every sandbox of this function but those of `keepRevisionIds`. */
  retire(functionArn: string, keepRevisionIds?: readonly string[]): void;
  /** How functions are kept apart, and why not better (runtime.md section 7). Mode 'unknown' until `ready`. */
  readonly isolation: { mode: IsolationMode | 'unknown'; reasons: string[] };
  /** The container images of this machine. */
  readonly images: ImageStore;
  /** Resolves when the machine is probed; invocations wait for it by themselves. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

export interface SandboxPoolOptions {
  /** holds code/, sandboxes/; 0700 */
  directory: string;
  /** Complete lines of one function's log, in order; the receiver stores them. */
  log: (snapshot: FunctionSnapshot, streamName: string, lines: { timestamp: number; message: string }[]) => void;
  /** Fresh role credentials; called again before they expire. */
  credentials: (snapshot: FunctionSnapshot) => Promise<Credentials>;
  /** Connections that function code makes to AWS's names (port 443 and the plain endpoint) arrive here, with the caller's ARN known. */
  connection: (socket: import('node:net').Socket, info: { functionArn: string; tls: boolean }) => void;
  /** PEM of the local CA, trusted inside sandboxes */
  caCertificate: string;
  warn: (text: string) => void;
  /** default account limit of concurrent executions (AWS: 1,000) */
  concurrencyMax?: number;
  /**
   * 'best' (default): the best that the machine allows, down to plain processes with a warning. 'required': refuses
   * to run functions where namespaces cannot be made. A mode's name asks for that very mode.
   */
  isolation?: IsolationMode | 'best' | 'required';
  /** How functions reach the outside (ports 80 and 443); default: the public internet. false: not at all. */
  outbound?: import('./outbound.ts').Outbound | false;
  /** Lets a debugger into one function's sandboxes. */
  inspect?: import('./inspect.ts').InspectOptions | undefined;
  /** Where function code reaches us in 'process' mode, as AWS_ENDPOINT_URL; asked at each start of a sandbox. */
  endpointUrl?: () => string | undefined;
}

export type IsolationMode = 'strict' | 'namespaces' | 'process';
