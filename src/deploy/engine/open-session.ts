import type { Call, CallOptions } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';
import * as store from '../stacks/store.ts';
import { blueprintOf } from '../stacks/stored-blueprint.ts';
import { operationPrincipal } from './principal.ts';
import type { StackKey } from './records.ts';
import type { Session } from './session.ts';

export interface OpenSession {
  session: Session;
  abort: AbortController;
  close: () => void;
}

/** Reads everything a running operation needs. Undefined when another operation took its place. */
export async function openSession(
  platform: Platform,
  key: StackKey & { operationId: string },
): Promise<OpenSession | undefined> {
  const stack = await store.getStack(platform.store, key);
  const operation = stack?.operation;
  if (!stack || !operation || operation.id !== key.operationId || operation.ended) return undefined;
  const abort = new AbortController();
  const signal = AbortSignal.any([abort.signal, platform.signal]);
  const principal = await operationPrincipal(platform, stack, operation);
  const base = { as: principal, accountId: stack.accountId, region: stack.region };
  const call = ((service: never, name: never, input: never, options?: Partial<CallOptions>) =>
    platform.call(service, name, input, { ...base, ...options })) as Call;
  const [resources, exports, blueprint] = await Promise.all([
    store.listResources(platform.store, stack),
    store.listExports(platform.store, stack),
    operation.phase === 'delete' ? undefined : blueprintOf(platform, stack),
  ]);
  const session: Session = {
    platform,
    stack,
    operation,
    ...(blueprint && { blueprint }),
    resources: new Map(resources.map((record) => [record.logicalId, record])),
    exports: new Map(exports.map((record) => [record.name, record])),
    imported: new Set(),
    ignored: new Map(),
    call,
    principal,
    signal,
  };
  // A deletion, or CancelUpdateStack, is written into the stack's record by somebody else.
  const unwatch = store.watchStack(platform.store, stack, () => {
    void store.getStack(platform.store, stack).then(
      (current) => {
        if (current?.operation?.id !== operation.id) abort.abort('superseded');
        else if (current.operation.cancelled && session.operation.phase === 'forward') {
          session.operation = { ...session.operation, cancelled: true };
          abort.abort('cancelled');
        }
      },
      () => undefined,
    );
  });
  return { session, abort, close: unwatch };
}
