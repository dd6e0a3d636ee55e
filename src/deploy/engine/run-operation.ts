// A stack operation from its first step to its last. Every phase is written down, so that it goes on after a crash.
import type { StackStatus } from '@aws-sdk/client-cloudformation';
import { ServiceError } from '#core/errors.ts';
import type { Platform } from '#kernel/platform.ts';
import { Postpone, type WorkItem } from '#kernel/work.ts';
import * as store from '../stacks/store.ts';
import { TemplateError } from '../template/error.ts';
import { importNames } from '../template/imports.ts';
import { deleteDiscarded, deleteResource } from './delete-resource.ts';
import { failOperation } from './fail-operation.ts';
import { failureSummary } from './failure.ts';
import { reverseDependencies, runGraph } from './graph.ts';
import { openSession } from './open-session.ts';
import { computeOutputs, exchangeExports } from './outputs.ts';
import type { OperationPayload, ResourceRecord, StackRecord } from './records.ts';
import { needsRestoring, restoreResource } from './restore-resource.ts';
import { commitStack, FORGET_WORK, STEPS_MAX, Superseded, type Session } from './session.ts';
import { checkStackPolicy } from './stack-policy.ts';
import { updateResource } from './update-resource.ts';

/** The program stops: the operation goes on at the next start. */
class Interrupted extends Error {}

/** One operation of a stack at a time in this process: a deletion waits until what it interrupts has let go. */
const running = new WeakMap<Platform, Map<string, Promise<unknown>>>();

export async function runOperation(item: WorkItem<OperationPayload>, platform: Platform): Promise<void | Postpone> {
  const active = running.get(platform) ?? new Map<string, Promise<unknown>>();
  running.set(platform, active);
  const { uuid } = item.payload;
  const mine = (active.get(uuid) ?? Promise.resolve()).then(() => drive(item.payload, platform));
  const settled = mine.catch(() => undefined).finally(() => active.get(uuid) === settled && active.delete(uuid));
  active.set(uuid, settled);
  try {
    await mine;
  } catch (error) {
    if (error instanceof Superseded) return;
    if (error instanceof Interrupted) return new Postpone(platform.clock.now());
    throw error;
  }
}

async function drive(payload: OperationPayload, platform: Platform): Promise<void> {
  const opened = await openOrFail(payload, platform);
  if (!opened) return;
  const { session, close } = opened;
  try {
    for (;;) {
      const { phase, id } = session.operation;
      await phases[phase](session, opened.abort);
      const { operation } = session.stack;
      if (operation?.id !== id || operation.ended) return;
    }
  } finally {
    close();
  }
}

/** A role that is gone, a stored template that no longer fits: the operation fails with that reason. */
async function openOrFail(payload: OperationPayload, platform: Platform): ReturnType<typeof openSession> {
  try {
    return await openSession(platform, payload);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    await failOperation(platform, payload, error.message);
    return undefined;
  }
}

const phases: Record<
  NonNullable<StackRecord['operation']>['phase'],
  (session: Session, abort: AbortController) => Promise<void>
> = {
  forward,
  cleanup,
  rollback,
  'rollback-cleanup': rollbackCleanup,
  delete: deleteStack,
};

function checkInterrupted(session: Session): void {
  if (session.platform.signal.aborted) throw new Interrupted();
}

/** Starts the next phase under a new status. */
function enter(
  session: Session,
  phase: Session['operation']['phase'],
  status: StackStatus,
  reason?: string,
): Promise<void> {
  return commitStack(session, { status, operation: { ...session.operation, phase } }, { reason });
}

async function forward(session: Session, abort: AbortController): Promise<void> {
  const { platform, operation } = session;
  const endTimeout =
    operation.timeoutAt === undefined
      ? undefined
      : platform.clock.at(operation.timeoutAt, () => abort.abort('timeout'));
  let reason: string | undefined;
  try {
    checkImports(session);
    checkDeletions(session);
    const { resources } = session.blueprint!;
    const ok = await runGraph({
      ids: [...resources.keys()],
      dependenciesOf: (id) => resources.get(id)!.dependencies,
      step: (id) => isDone(session, id, 'forward') || updateResource(session, resources.get(id)!),
      concurrency: STEPS_MAX,
      signal: session.signal,
    });
    checkInterrupted(session);
    if (ok && !session.signal.aborted) return await finishForward(session);
    reason = forwardFailure(session, abort);
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error;
    reason = error.message;
  } finally {
    endTimeout?.();
  }
  await turnBack(session, reason);
}

const isDone = (session: Session, id: string, phase: string): Promise<boolean> | false =>
  session.resources.get(id)?.done === `${session.operation.id}/${phase}` ? Promise.resolve(true) : false;

function checkImports(session: Session): void {
  // References to exports are resolved where they are used; a missing one stops the stack before anything is made.
  for (const name of importNames(session.blueprint!)) {
    if (!session.exports.has(name)) throw new TemplateError(`No export named ${name} found.`);
    session.imported.add(name);
  }
}

function checkDeletions(session: Session): void {
  if (session.operation.kind !== 'UPDATE') return;
  for (const record of session.resources.values()) {
    if (session.blueprint!.resources.has(record.logicalId)) continue;
    try {
      checkStackPolicy(session, record, 'Update:Delete');
    } catch (error) {
      throw new TemplateError((error as Error).message, undefined, error);
    }
  }
}

function forwardFailure(session: Session, abort: AbortController): string {
  if (session.operation.cancelled) return 'User Initiated';
  if (abort.signal.reason === 'timeout') return 'Stack creation time exceeded the specified timeout. ';
  const of = (status: string): string[] =>
    [...session.resources.values()].filter((record) => record.status === status).map((record) => record.logicalId);
  return failureSummary({ create: of('CREATE_FAILED'), update: of('UPDATE_FAILED'), delete: [] });
}

async function finishForward(session: Session): Promise<void> {
  const outputs = await computeOutputs(session);
  const also = async (tx: Parameters<typeof exchangeExports>[0], stack: StackRecord): Promise<void> => {
    await exchangeExports(tx, session.stack, outputs);
    await store.setImports(tx, stack, session.imported);
  };
  if (session.operation.kind === 'CREATE') return end(session, 'CREATE_COMPLETE', { outputs }, undefined, also);
  await commitStack(
    session,
    { status: 'UPDATE_COMPLETE_CLEANUP_IN_PROGRESS', outputs, operation: { ...session.operation, phase: 'cleanup' } },
    { also },
  );
}

/** The operation failed: what happens now depends on what the caller wanted. */
async function turnBack(session: Session, failure: string): Promise<void> {
  const { kind, onFailure } = session.operation;
  const shownId = session.platform.ids.uuid();
  const operation = { ...session.operation, failure, shownId };
  const lastOperations: StackRecord['lastOperations'] = [
    { type: 'ROLLBACK', id: shownId },
    ...(session.stack.lastOperations ?? []),
  ];
  if (kind === 'CREATE') {
    if (onFailure === 'DO_NOTHING') return end(session, 'CREATE_FAILED', {}, failure);
    const deleting = onFailure === 'DELETE';
    const reason = `${withBlank(failure)}${deleting ? 'Delete' : 'Rollback'} requested by user.`;
    return commitStack(
      session,
      {
        status: deleting ? 'DELETE_IN_PROGRESS' : 'ROLLBACK_IN_PROGRESS',
        operation: { ...operation, phase: deleting ? 'delete' : 'rollback' },
        lastOperations,
        ...(deleting && { deletionTime: session.platform.clock.now() }),
      },
      { reason },
    );
  }
  if (onFailure === 'DO_NOTHING' && !session.operation.cancelled) return end(session, 'UPDATE_FAILED', {}, failure);
  const previous = session.operation.previous!;
  await commitStack(
    session,
    {
      ...previous,
      roleArn: previous.roleArn,
      description: previous.description,
      status: 'UPDATE_ROLLBACK_IN_PROGRESS',
      operation: { ...operation, phase: 'rollback' },
      lastOperations,
    },
    { reason: failure },
  );
}

const withBlank = (text: string): string => (text.endsWith(' ') ? text : `${text} `);

const deletionOrder = (records: readonly ResourceRecord[]): ((id: string) => Iterable<string>) => {
  const byId = new Map(records.map((record) => [record.logicalId, record]));
  return reverseDependencies([...byId.keys()], (id) => {
    const record = byId.get(id)!;
    return [...record.dependencies, ...(record.before?.dependencies ?? [])];
  });
};

/** Deletes in the order of the graph, from its leaves. Answers the ids that could not be deleted. */
async function deleteAll(
  session: Session,
  records: readonly ResourceRecord[],
  step: (record: ResourceRecord) => Promise<boolean>,
): Promise<string[]> {
  const byId = new Map(records.map((record) => [record.logicalId, record]));
  const failed: string[] = [];
  await runGraph({
    ids: [...byId.keys()],
    dependenciesOf: deletionOrder(records),
    async step(id) {
      const ok = await step(byId.get(id)!);
      if (!ok) failed.push(id);
      return ok;
    },
    concurrency: STEPS_MAX,
    goOn: true,
    signal: session.platform.signal,
  });
  checkInterrupted(session);
  return failed;
}

/** After a successful update: what was removed or replaced goes. */
async function cleanup(session: Session): Promise<void> {
  const { resources } = session.blueprint!;
  const leaving = [...session.resources.values()].filter(
    (record) => !resources.has(record.logicalId) || record.before?.replaced,
  );
  const failed = await deleteAll(session, leaving, (record) =>
    resources.has(record.logicalId)
      ? deleteDiscarded(session, record, record.before!.deployed)
      : deleteResource(session, record, true),
  );
  const reason = failed.length > 0 ? 'Update successful. One or more resources could not be deleted.' : undefined;
  await end(session, 'UPDATE_COMPLETE', {}, reason);
}

async function rollback(session: Session): Promise<void> {
  if (session.operation.kind === 'CREATE') return rollbackCreation(session);
  const records = new Map([...session.resources].filter(([, record]) => needsRestoring(session, record)));
  await runGraph({
    ids: [...records.keys()],
    dependenciesOf: (id) => records.get(id)!.before?.dependencies ?? [],
    step: (id) =>
      session.operation.skip?.includes(id) ? Promise.resolve(true) : restoreResource(session, records.get(id)!),
    concurrency: STEPS_MAX,
    goOn: true,
    signal: session.platform.signal,
  });
  checkInterrupted(session);
  const failed = [...records.values()].filter(
    (record) =>
      record.status === 'UPDATE_FAILED' &&
      needsRestoring(session, record) &&
      !session.operation.skip?.includes(record.logicalId),
  );
  if (failed.length > 0) {
    const reason = failureSummary({ create: [], update: failed.map((record) => record.logicalId), delete: [] });
    return end(session, 'UPDATE_ROLLBACK_FAILED', {}, reason);
  }
  await enter(session, 'rollback-cleanup', 'UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS');
}

async function rollbackCleanup(session: Session): Promise<void> {
  const made = (record: ResourceRecord): boolean => record.createdBy === session.operation.id;
  const leaving = [...session.resources.values()].filter((record) => made(record) || record.discard);
  await deleteAll(session, leaving, (record) =>
    made(record) ? deleteResource(session, record, true) : deleteDiscarded(session, record, record.discard!),
  );
  await end(session, 'UPDATE_ROLLBACK_COMPLETE', {});
}

async function rollbackCreation(session: Session): Promise<void> {
  const failed = await deleteResources(session);
  if (failed.length > 0) {
    return end(session, 'ROLLBACK_FAILED', {}, failureSummary({ create: [], update: [], delete: failed }));
  }
  await end(session, 'ROLLBACK_COMPLETE', { outputs: [] });
}

function deleteResources(session: Session): Promise<string[]> {
  const left = [...session.resources.values()].filter((record) => {
    // What never got a physical id has nothing to delete, and keeps its CREATE_FAILED.
    if (!record.deployed && !record.step?.physicalId && record.status === 'CREATE_FAILED') return false;
    return record.status !== 'DELETE_COMPLETE' && record.status !== 'DELETE_SKIPPED';
  });
  return deleteAll(session, left, (record) => deleteResource(session, record, false));
}

async function deleteStack(session: Session): Promise<void> {
  const failed = await deleteResources(session);
  if (failed.length > 0 && !session.operation.force) {
    return end(session, 'DELETE_FAILED', {}, failureSummary({ create: [], update: [], delete: failed }));
  }
  await end(session, 'DELETE_COMPLETE', { outputs: [] }, undefined, async (tx, stack) => {
    await exchangeExports(tx, session.stack, []);
    await store.setImports(tx, stack, new Set());
    const holder = await store.findUuid(tx, stack, stack.name);
    if (holder === stack.uuid) store.deleteName(tx, stack);
    session.platform.work.enqueue(
      tx,
      FORGET_WORK,
      { accountId: stack.accountId, region: stack.region, uuid: stack.uuid },
      { at: session.platform.clock.now() + store.DELETED_STACK_MS },
    );
  });
}

/** The last write of an operation: its status, and no trace of it in the resources, unless it may be continued. */
async function end(
  session: Session,
  status: StackStatus,
  change: Partial<StackRecord>,
  reason?: string,
  also?: NonNullable<Parameters<typeof commitStack>[2]>['also'],
): Promise<void> {
  const resumable = status === 'UPDATE_ROLLBACK_FAILED' || status === 'UPDATE_FAILED' || status === 'CREATE_FAILED';
  await commitStack(
    session,
    { ...change, status, operation: resumable ? { ...session.operation, ended: true } : undefined },
    {
      reason,
      async also(tx, stack) {
        await also?.(tx, stack);
        if (resumable) return;
        for (const record of session.resources.values()) {
          for (const key of ['before', 'createdBy', 'discard', 'done', 'step'] as const) delete record[key];
          await store.putResource(tx, stack, record);
        }
        if (status === 'UPDATE_COMPLETE' && session.operation.previous) {
          store.deleteTemplate(tx, stack, session.operation.previous.template);
        }
      },
    },
  );
}
