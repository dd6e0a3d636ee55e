// What the store holds about stacks. Plain data; stacks/store.ts reads and writes it.
import type { OperationType, ResourceStatus, StackStatus } from '@aws-sdk/client-cloudformation';
import type { Principal } from '#core/principal.ts';
import type { Attributes, Properties } from '../resources/contract.ts';
import type { JsonObject } from '../template/document.ts';
import type { ParameterValue } from '../template/parameters.ts';
import type { RetentionPolicy } from '../template/blueprint.ts';

export interface StackKey {
  accountId: string;
  region: string;
  /** the UUID at the end of the stack's ARN */
  uuid: string;
}

/** What the work of an operation carries. */
export interface OperationPayload extends StackKey {
  operationId: string;
}

export interface OutputRecord {
  key: string;
  value: string;
  description?: string;
  exportName?: string;
}

/** What an update changes and a rollback brings back. */
export interface StackDefinition {
  /** number of the stored template */
  template: number;
  description?: string;
  parameters: ParameterValue[];
  tags: Record<string, string>;
  capabilities: string[];
  roleArn?: string;
  notificationArns: string[];
}

export type OperationKind = 'CREATE' | 'UPDATE' | 'DELETE';

export interface OperationRecord {
  id: string;
  kind: OperationKind;
  phase: 'forward' | 'cleanup' | 'rollback' | 'rollback-cleanup' | 'delete';
  startedAt: number;
  clientRequestToken?: string;
  /** whose rights the calls to services have, unless a role is given */
  principal: Principal;
  previous?: StackDefinition;
  onFailure: 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';
  retainExceptOnCreate?: boolean;
  /** ms since the epoch */
  timeoutAt?: number;
  /** logical ids that a deletion leaves, or a continued rollback skips */
  skip?: string[];
  force?: boolean;
  /** CancelUpdateStack */
  cancelled?: boolean;
  /** stack policy for this update alone */
  stackPolicyDuringUpdate?: string;
  /** why the operation is being rolled back */
  failure?: string;
  lenient?: boolean;
  /** over, but kept so that ContinueUpdateRollback or RollbackStack can take it up */
  ended?: boolean;
  /** what clients know the running part of it by, when that is not `id`: going back is an operation of its own to them */
  shownId?: string;
}

export interface StackRecord extends StackDefinition {
  stackId: string;
  name: string;
  uuid: string;
  accountId: string;
  region: string;
  status: StackStatus;
  statusReason?: string;
  creationTime: number;
  lastUpdatedTime?: number;
  deletionTime?: number;
  disableRollback: boolean;
  timeoutMinutes?: number;
  terminationProtection: boolean;
  retainExceptOnCreate?: boolean;
  outputs: OutputRecord[];
  stackPolicy?: string;
  parentId?: string;
  rootId?: string;
  changeSetId?: string;
  /** newest first: the last operation, and what it went back from */
  lastOperations?: { type: OperationType; id: string }[];
  /** number given to the last stored template */
  templates: number;
  operation?: OperationRecord;
  /** the last operation's client token and kind, for repeated requests */
  lastToken?: { token: string; kind: OperationKind };
}

/** A physical resource and what it was made of. */
export interface DeployedRecord {
  physicalId: string;
  properties: Properties;
  attributes: Attributes;
}

export interface ResourceStep {
  operationId: string;
  action: 'create' | 'update' | 'replace' | 'restore' | 'delete';
  physicalName: string;
  token: string;
  startedAt: number;
  /** what the step deploys */
  properties: Properties;
  /** as soon as the service has named it */
  physicalId?: string;
}

export interface ResourceRecord {
  logicalId: string;
  type: string;
  status: ResourceStatus;
  statusReason?: string;
  timestamp: number;
  /** absent until the first creation answered */
  deployed?: DeployedRecord;
  dependencies: string[];
  deletionPolicy?: RetentionPolicy;
  updateReplacePolicy?: RetentionPolicy;
  metadata?: JsonObject;
  description?: string;
  /** the properties as its events show them */
  shown?: string;
  /** under way, written before anything is called */
  step?: ResourceStep;
  /** `operation/phase` that has dealt with it */
  done?: string;
  /** the operation that made it, while that runs */
  createdBy?: string;
  /** as it was before the running operation changed it */
  before?: ResourceBefore;
  /** replaced or given up: cleanup deletes it */
  discard?: DeployedRecord;
  /** the type is unknown here and --lenient let it pass */
  ignored?: boolean;
}

export interface ResourceBefore {
  operationId: string;
  deployed: DeployedRecord;
  /** a new physical resource stands in its place now */
  replaced?: boolean;
  dependencies: string[];
  deletionPolicy?: RetentionPolicy;
  updateReplacePolicy?: RetentionPolicy;
  metadata?: JsonObject;
  description?: string;
  shown?: string;
}

export interface EventRecord {
  eventId: string;
  logicalId: string;
  physicalId?: string;
  type: string;
  timestamp: number;
  status: string;
  reason?: string;
  properties?: string;
  token?: string;
  operationId?: string;
}

export const isInProgress = (status: string): boolean => status.endsWith('_IN_PROGRESS');
