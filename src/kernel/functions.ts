import type { Principal } from '#core/principal.ts';

export interface InvokeRequest {
  /** ARN, qualified or not */
  functionArn: string;
  /** JSON text, as bytes or string */
  payload: Uint8Array | string;
  as: Principal;
  invocationType?: 'RequestResponse' | 'Event' | 'DryRun';
  /** decoded JSON text of X-Amz-Client-Context */
  clientContext?: string;
  logTail?: boolean;
  /** X-Amzn-Trace-Id */
  traceHeader?: string;
  requestId?: string;
  /** durable functions: the same name and payload mean the same execution */
  durableExecutionName?: string;
  signal?: AbortSignal;
}
export interface InvokeResult {
  statusCode: 200 | 202 | 204;
  /** the function's JSON, or the error object when functionError is set */
  payload: Buffer;
  functionError?: 'Handled' | 'Unhandled';
  /** last 4 KB of the log, decoded */
  logTail?: string;
  executedVersion: string;
  requestId: string;
  /** of durable functions */
  durableExecutionArn?: string;
}
/** Streamed answer: chunks as the function writes them. Rejects before the first byte or throws from the iterator after it. */
export interface InvokeStreamResult {
  contentType: string;
  /** status, headers and cookies that HttpResponseStream.from gave */
  prelude?: { statusCode?: number; headers?: Record<string, string>; cookies?: string[] };
  body: AsyncIterable<Uint8Array>;
  /** The function failed before its stream began: its error object. */
  failed?: StreamEnd;
  /** How the invocation ended, once it has. */
  completed: Promise<StreamEnd>;
  executedVersion: string;
  requestId: string;
}

export interface StreamEnd {
  functionError?: 'Handled' | 'Unhandled';
  /** the error object when functionError is set */
  payload: Buffer;
  /** last 4 KB of the log, decoded, if asked for */
  logTail?: string;
}

/** The fifth kernel idea: run a function. services/lambda provides it; API Gateway, triggers and custom resources use it. */
export interface Functions {
  /** Authorized like lambda:InvokeFunction (identity and function policy). Throws ServiceError as Invoke does. */
  invoke(request: InvokeRequest): Promise<InvokeResult>;
  invokeStream(request: InvokeRequest): Promise<InvokeStreamResult>;
}
