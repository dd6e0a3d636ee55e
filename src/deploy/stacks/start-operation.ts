// The one write that begins a stack operation: stack, templates, first event, and the work that does it.
import type { StackStatus } from '@aws-sdk/client-cloudformation';
import type { Principal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import type { Transaction } from '#store/contract.ts';
import type {
  OperationKind,
  OperationPayload,
  OperationRecord,
  StackDefinition,
  StackRecord,
} from '../engine/records.ts';
import { OPERATION_WORK, stackEvent } from '../engine/session.ts';
import type { Prepared } from './prepare.ts';
import * as store from './store.ts';

export interface OperationOptions {
  kind: OperationKind;
  phase: OperationRecord['phase'];
  principal: Principal;
  clientRequestToken?: string | undefined;
  onFailure?: OperationRecord['onFailure'] | undefined;
  lenient?: boolean;
  more?: Partial<OperationRecord>;
}

export function newOperation(platform: Platform, options: OperationOptions): OperationRecord {
  return {
    id: platform.ids.uuid(),
    kind: options.kind,
    phase: options.phase,
    startedAt: platform.clock.now(),
    ...(options.clientRequestToken !== undefined && { clientRequestToken: options.clientRequestToken }),
    principal: options.principal,
    onFailure: options.onFailure ?? 'ROLLBACK',
    ...(options.lenient && { lenient: true }),
    ...options.more,
  };
}

const OPERATION_TYPES = {
  CREATE: 'CREATE_STACK',
  UPDATE: 'UPDATE_STACK',
  DELETE: 'DELETE_STACK',
} as const;

/** Puts the stack under the operation: status, event, work. Inside the caller's transaction. */
export function beginOperation(
  tx: Transaction,
  platform: Platform,
  stack: StackRecord,
  operation: OperationRecord,
  status: StackStatus,
  reason = 'User Initiated',
): StackRecord {
  const lastOperations =
    operation.shownId === undefined
      ? [{ type: OPERATION_TYPES[operation.kind], id: operation.id }]
      : stack.lastOperations;
  const next: StackRecord = {
    ...stack,
    status,
    statusReason: reason,
    operation,
    ...(lastOperations && { lastOperations }),
  };
  if (operation.clientRequestToken !== undefined)
    next.lastToken = { token: operation.clientRequestToken, kind: operation.kind };
  store.putStack(tx, next);
  store.appendEvent(tx, next, stackEvent({ platform, operation }, next, reason));
  const { accountId, region, uuid } = stack;
  const payload: OperationPayload = { accountId, region, uuid, operationId: operation.id };
  platform.work.enqueue(tx, OPERATION_WORK, payload);
  return next;
}

/** Stores a template's text, and what transforms made of it. Answers its number. */
export function storeTemplate(tx: Transaction, stack: StackRecord, prepared: Prepared): number {
  const number = stack.templates + 1;
  stack.templates = number;
  store.putTemplate(tx, stack, number, 'Original', prepared.text);
  if (prepared.template !== prepared.document.json) {
    store.putTemplate(tx, stack, number, 'Processed', JSON.stringify(prepared.template));
  }
  return number;
}

export interface DefinitionInput {
  tags: Record<string, string>;
  capabilities: readonly string[];
  roleArn?: string | undefined;
  notificationArns: readonly string[];
}

export function definitionOf(prepared: Prepared, template: number, input: DefinitionInput): StackDefinition {
  const { description } = prepared.blueprint;
  return {
    template,
    ...(description !== undefined && { description }),
    parameters: prepared.parameters,
    tags: input.tags,
    capabilities: [...input.capabilities],
    ...(input.roleArn !== undefined && { roleArn: input.roleArn }),
    notificationArns: [...input.notificationArns],
  };
}

/** The part of a stack that an update changes, to bring it back. */
export function definitionOfStack(stack: StackRecord): StackDefinition {
  const { template, description, parameters, tags, capabilities, roleArn, notificationArns } = stack;
  return {
    template,
    ...(description !== undefined && { description }),
    parameters,
    tags,
    capabilities,
    ...(roleArn !== undefined && { roleArn }),
    notificationArns,
  };
}
