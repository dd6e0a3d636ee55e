// What a checkpoint's updates must be. Rules and words are AWS's, as its own test runner repeats them
// (PyPI aws-durable-execution-sdk-python-testing 1.4.0, read 2026-11-21).
import type { OperationUpdate } from '@aws-sdk/client-lambda';
import { invalidParameter } from '../errors.ts';
import type { Change } from './change.ts';
import type { OperationRecord, OperationType } from './store.ts';

/** Lambda quotas, "Durable functions" (2026-11) */
export const OPERATIONS_MAX = 3000;
export const tooManyOperations = `Durable execution exceeds the limit of ${OPERATIONS_MAX} operations.`;
const EXECUTION_BYTES_MAX = 100 * 1024 * 1024;
export const PAYLOAD_BYTES_MAX = 1024 * 1024;

const ACTIONS: Record<OperationType, readonly string[]> = {
  STEP: ['START', 'FAIL', 'RETRY', 'SUCCEED'],
  CONTEXT: ['START', 'FAIL', 'SUCCEED'],
  WAIT: ['START', 'CANCEL'],
  CALLBACK: ['START'],
  CHAINED_INVOKE: ['START'],
  EXECUTION: ['SUCCEED', 'FAIL'],
};

/** All of them, before any is applied. */
export async function checkUpdates(change: Change, updates: readonly OperationUpdate[]): Promise<void> {
  checkExecutionUpdate(updates);
  await checkFamily(change, updates);
  for (const update of updates) {
    const current = await change.operation(update.Id ?? '');
    if (current) checkSame(current, update);
    checkSizes(update);
    if (!ACTIONS[update.Type as OperationType]?.includes(update.Action ?? '')) {
      throw invalidParameter('Invalid action for the given operation type.');
    }
    checkTransition(current, update);
  }
  await checkQuotas(change, updates);
}

function checkExecutionUpdate(updates: readonly OperationUpdate[]): void {
  const ends = updates.filter((update) => update.Type === 'EXECUTION');
  if (ends.length > 1) throw invalidParameter('Cannot checkpoint multiple EXECUTION updates.');
  if (ends.length === 1 && updates.at(-1)?.Type !== 'EXECUTION') {
    throw invalidParameter('EXECUTION checkpoint must be the last update.');
  }
}

/** A parent is a context, of before or of this batch; an operation is named once, or started and then moved on. */
async function checkFamily(change: Change, updates: readonly OperationUpdate[]): Promise<void> {
  const started = new Map<string, OperationUpdate>();
  const last = new Map<string, OperationUpdate>();
  for (const update of updates) {
    const id = update.Id ?? '';
    const before = last.get(id);
    if (before && !mayFollow(before, update)) {
      throw invalidParameter('Cannot checkpoint multiple operations with the same ID.');
    }
    if (update.ParentId !== undefined) {
      const type = started.get(update.ParentId)?.Type ?? (await change.operation(update.ParentId))?.type;
      if (type !== 'CONTEXT') throw invalidParameter('Invalid parent operation id.');
    }
    if (update.Action === 'START') started.set(id, update);
    last.set(id, update);
  }
}

const mayFollow = (before: OperationUpdate, update: OperationUpdate): boolean =>
  (before.Type === 'STEP' || before.Type === 'CONTEXT') && before.Action === 'START' && update.Action !== 'START';

function checkSame(current: OperationRecord, update: OperationUpdate): void {
  const differs = (given: string | undefined, known: string | undefined): boolean =>
    given !== undefined && given !== known;
  if (differs(update.Type, current.type)) throw invalidParameter('Inconsistent operation type.');
  if (differs(update.SubType, current.subType)) throw invalidParameter('Inconsistent operation subtype.');
  if (differs(update.Name, current.name)) throw invalidParameter('Inconsistent operation name.');
  if (differs(update.ParentId, current.parentId)) throw invalidParameter('Inconsistent parent operation id.');
}

const errorBytes = (update: OperationUpdate): number =>
  update.Error ? Buffer.byteLength(JSON.stringify(update.Error)) : 0;
const payloadBytes = (update: OperationUpdate): number =>
  update.Payload === undefined ? 0 : Buffer.byteLength(update.Payload);

function checkSizes(update: OperationUpdate): void {
  if (errorBytes(update) > PAYLOAD_BYTES_MAX) {
    throw invalidParameter(`Error object size must be less than ${PAYLOAD_BYTES_MAX} bytes.`);
  }
  if (update.Type === 'EXECUTION' || payloadBytes(update) <= PAYLOAD_BYTES_MAX) return;
  const which = update.Type === 'CHAINED_INVOKE' ? 'input' : 'output';
  throw invalidParameter(
    `${update.Type} ${which} payload size must be less than or equal to ${PAYLOAD_BYTES_MAX} bytes.`,
  );
}

function checkTransition(current: OperationRecord | undefined, update: OperationUpdate): void {
  const { Action: action } = update;
  if (action === 'FAIL' && update.Payload !== undefined) {
    throw invalidParameter('Cannot provide a Payload for FAIL action.');
  }
  if (action === 'SUCCEED' && update.Error !== undefined) {
    throw invalidParameter('Cannot provide an Error for SUCCEED action.');
  }
  switch (update.Type) {
    case 'STEP':
      return checkStep(current, update);
    case 'CONTEXT':
      if (action === 'START' && current) throw invalidParameter('Cannot start a CONTEXT that already exist.');
      if (action !== 'START' && current && current.status !== 'STARTED') {
        throw invalidParameter('Invalid current CONTEXT state to close.');
      }
      return;
    case 'WAIT':
      if (action === 'START' && current) throw invalidParameter('Cannot start a WAIT that already exist.');
      if (action === 'CANCEL' && current?.status !== 'STARTED') {
        throw invalidParameter('Cannot cancel a WAIT that does not exist or has already completed.');
      }
      if (action === 'START' && update.WaitOptions?.WaitSeconds === undefined) {
        throw invalidParameter('Invalid WaitOptions for the given action.');
      }
      return;
    case 'CALLBACK':
      if (current) throw invalidParameter('Cannot start a CALLBACK that already exist.');
      return;
    case 'CHAINED_INVOKE':
      if (current) throw invalidParameter('Cannot start a CHAINED_INVOKE operation that already exists.');
      if (!update.ChainedInvokeOptions) {
        throw invalidParameter('Update for CHAINED_INVOKE operation requires ChainedInvokeOptions.');
      }
  }
}

function checkStep(current: OperationRecord | undefined, update: OperationUpdate): void {
  const movable = current === undefined || current.status === 'STARTED' || current.status === 'READY';
  switch (update.Action) {
    case 'START':
      if (current && current.status !== 'READY') throw invalidParameter('Invalid current STEP state to start.');
      return;
    case 'RETRY':
      if (!movable) throw invalidParameter('Invalid current STEP state to re-attempt.');
      if (update.StepOptions?.NextAttemptDelaySeconds === undefined) {
        throw invalidParameter('Invalid StepOptions for the given action.');
      }
      if (update.Error !== undefined && update.Payload !== undefined) {
        throw invalidParameter('Cannot provide both error and payload to RETRY a STEP.');
      }
      return;
    default:
      if (!movable) throw invalidParameter('Invalid current STEP state to close.');
  }
}

async function checkQuotas(change: Change, updates: readonly OperationUpdate[]): Promise<void> {
  const { execution } = change;
  const fresh = new Set<string>();
  let retries = 0;
  let bytes = execution.bytes;
  for (const update of updates) {
    bytes += payloadBytes(update) + errorBytes(update);
    if (update.Action === 'RETRY') retries++;
    const id = update.Id ?? '';
    if (update.Type !== 'EXECUTION' && !(await change.operation(id))) fresh.add(id);
  }
  if (execution.operations + fresh.size + retries > OPERATIONS_MAX) {
    throw invalidParameter(tooManyOperations);
  }
  if (bytes > EXECUTION_BYTES_MAX) {
    throw invalidParameter(`Durable execution exceeds the limit of ${EXECUTION_BYTES_MAX} bytes of data.`);
  }
}
