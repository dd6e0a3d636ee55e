import type { ChangeSetStatus, ExecutionStatus, ResourceChange } from '@aws-sdk/client-cloudformation';
import type { StackDefinition } from '../engine/records.ts';

export interface ChangeSetRecord extends StackDefinition {
  uuid: string;
  name: string;
  id: string;
  type: 'CREATE' | 'UPDATE';
  description?: string;
  creationTime: number;
  status: ChangeSetStatus;
  statusReason?: string;
  executionStatus: ExecutionStatus;
  changes: ResourceChange[];
  onStackFailure?: 'ROLLBACK' | 'DELETE' | 'DO_NOTHING';
  /** asked for; nested stacks show in the parent's changes and have no change sets of their own */
  includeNestedStacks?: boolean;
  clientToken?: string;
  importExisting?: boolean;
}
