// Durable functions: executions that are replayed from their checkpoints. What the rest of Lambda may use of this folder.
import type { Platform } from '#kernel/platform.ts';
import type { Authorize, Operations } from '#kernel/service.ts';
import type { WorkKind } from '#kernel/work.ts';
import type { Snapshots } from '../snapshots.ts';
import { onCallback, onExecution } from './access.ts';
import * as callbacks from './callbacks.ts';
import { chainedWork } from './chained.ts';
import { createCheckpoint } from './checkpoint.ts';
import * as executions from './executions.ts';
import { getDurableExecutionHistory } from './history.ts';
import { invocationWork } from './invocations.ts';
import { getDurableExecutionState } from './state.ts';
import { timerWork } from './timer.ts';

export const durableOperations = (snapshotsOf: (platform: Platform) => Snapshots) =>
  ({
    CheckpointDurableExecution: createCheckpoint(snapshotsOf),
    GetDurableExecution: executions.getDurableExecution,
    GetDurableExecutionHistory: getDurableExecutionHistory,
    GetDurableExecutionState: getDurableExecutionState,
    ListDurableExecutionsByFunction: executions.listDurableExecutionsByFunction,
    SendDurableExecutionCallbackFailure: callbacks.sendDurableExecutionCallbackFailure,
    SendDurableExecutionCallbackHeartbeat: callbacks.sendDurableExecutionCallbackHeartbeat,
    SendDurableExecutionCallbackSuccess: callbacks.sendDurableExecutionCallbackSuccess,
    StopDurableExecution: executions.stopDurableExecution,
  }) satisfies Operations<'lambda'>;

/** ListDurableExecutionsByFunction asks for the function, like all others. */
export const durableAuthorize: Record<string, Authorize> = {
  CheckpointDurableExecution: onExecution('CheckpointDurableExecution'),
  GetDurableExecution: onExecution('GetDurableExecution'),
  GetDurableExecutionHistory: onExecution('GetDurableExecutionHistory'),
  GetDurableExecutionState: onExecution('GetDurableExecutionState'),
  SendDurableExecutionCallbackFailure: onCallback('SendDurableExecutionCallbackFailure'),
  SendDurableExecutionCallbackHeartbeat: onCallback('SendDurableExecutionCallbackHeartbeat'),
  SendDurableExecutionCallbackSuccess: onCallback('SendDurableExecutionCallbackSuccess'),
  StopDurableExecution: onExecution('StopDurableExecution'),
};

export const durableWork: Record<string, WorkKind> = { ...invocationWork, ...timerWork, ...chainedWork };

export { invokeDurable } from './start.ts';
