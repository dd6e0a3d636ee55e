import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { HttpRequest, HttpResponse } from '#core/http.ts';
import type { Context } from './context.ts';
import type { Platform } from './platform.ts';
import type { Input, OperationName, Output, ServiceId } from './service-types.ts';
import type { WorkKind } from './work.ts';

/** One operation: parsed, validated input in; plain output out; throws ServiceError. */
export type Operation<S extends ServiceId, O extends string> = (
  input: Input<S, O>,
  context: Context,
) => Promise<Output<S, O>> | Output<S, O>;

export type Operations<S extends ServiceId> = { [O in OperationName<S>]?: Operation<S, O> };

/** What IAM is asked before an operation runs. Several may be needed (CopyObject reads and writes). */
export interface Authorization {
  /** `s3:GetObject` */
  action: string;
  /** full ARN, or `*` for actions without resource */
  resource: string;
  /** the policy attached to the resource itself, if it has one (JSON text) */
  resourcePolicy?: string;
  /** Identity policies alone do not suffice, not even in the owner's account: roles' trust policies, KMS keys. */
  resourcePolicyMustAllow?: boolean;
  /** `resourcePolicy` is a role's trust policy, which has no Resource */
  isTrustPolicy?: boolean;
  /** account that owns the resource; the caller's own when absent */
  resourceAccountId?: string;
  /** condition keys of this service: `s3:prefix`, `lambda:FunctionArn`, `aws:ResourceTag/x` */
  conditions?: Record<string, string | number | boolean | readonly string[]>;
}
export type Authorize = (input: any, context: Context) => Authorization[] | Promise<Authorization[]>;

/** One AWS service API. The table of operations is the whole registration: what is not in it does not exist. */
export interface Service<S extends ServiceId = ServiceId> {
  id: S;
  operations: Operations<S>;
  /** IAM's prefix when it is not the id: `s3`, `logs`, `execute-api`… (ses and sesv2 are both `ses`) */
  iamPrefix?: string;
  /** Action, resource and policy of each operation, by AWS's service authorization reference. Absent = `prefix:Operation` on `*`. */
  authorize?: { [O in OperationName<S>]?: Authorize };
  /** Operations that need no credentials at all (sts:AssumeRoleWithWebIdentity, cognito sign-up). */
  anonymous?: readonly OperationName<S>[];
  /** Kinds of durable work whose handler lives in this service. */
  work?: Record<string, WorkKind>;
  /** Operations whose inputs are checked against AWS's constraints, answering AWS's "N validation errors detected" words. */
  validate?: 'all' | readonly OperationName<S>[];
  /** Runs once, after the store is open and before the first request: watches, caches, ports. Answers what stops it. */
  start?: (platform: Platform) => Promise<(() => Promise<void> | void) | void> | (() => Promise<void> | void) | void;
}

export function defineService<S extends ServiceId>(service: Service<S>): Service<S> {
  return service;
}

/**
 * A data plane: HTTP that is not an AWS API call. The front asks each in order by host and path; the first that answers
 * a handler gets the request.
 */
export interface DataPlane {
  id: string;
  /** host: lower case, without port. path: still encoded, without query. Must be cheap: it runs for every request. */
  match(
    host: string,
    path: string,
    request: HttpRequest,
  ): ((request: HttpRequest) => Promise<HttpResponse>) | undefined;
  /** The same for WebSocket handshakes. The handler takes the socket over, or answers false and has not touched it. */
  upgrade?(host: string, path: string, request: HttpRequest): ((handshake: Handshake) => Promise<boolean>) | undefined;
}

/** A request to change the protocol of its connection, with what node:http gives for that. */
export interface Handshake {
  request: HttpRequest;
  message: IncomingMessage;
  socket: Duplex;
  /** what came after the request's head */
  head: Buffer;
}
