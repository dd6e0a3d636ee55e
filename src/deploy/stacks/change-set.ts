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
  /** nested stacks that exist have change sets of their own */
  includeNestedStacks?: boolean;
  /** of a nested stack: the ids of the change sets above */
  parentChangeSetId?: string;
  rootChangeSetId?: string;
  /** it failed because there is nothing to change */
  hasNoChanges?: boolean;
  clientToken?: string;
  importExisting?: boolean;
}
