// ProvisionedConcurrencyConfig of versions and aliases: a step of a stack is done when the environments are initialised.
import { setTimeout } from 'node:timers/promises';
import { Cancelled, ResourceFailure } from '../engine/failure.ts';
import type { Properties, ResourceContext } from './contract.ts';

const LOOK_MS = 100;

export async function putProvisioned(
  context: ResourceContext,
  { FunctionName, ProvisionedConcurrencyConfig }: Properties,
  Qualifier: string,
): Promise<void> {
  const amount = ProvisionedConcurrencyConfig?.ProvisionedConcurrentExecutions;
  if (amount === undefined) return;
  await context.call('lambda', 'PutProvisionedConcurrencyConfig', {
    FunctionName,
    Qualifier,
    ProvisionedConcurrentExecutions: Number(amount),
  });
  await untilProvisioned(context, FunctionName, Qualifier);
}

export async function untilProvisioned(
  { call, signal }: ResourceContext,
  FunctionName: string,
  Qualifier: string,
): Promise<void> {
  for (;;) {
    const { Status, StatusReason } = await call('lambda', 'GetProvisionedConcurrencyConfig', {
      FunctionName,
      Qualifier,
    });
    if (Status === 'READY') return;
    if (Status === 'FAILED') {
      throw new ResourceFailure(
        `Resource handler returned message: "Provisioned Concurrency configuration failed to be applied. Reason: ${StatusReason}"`,
      );
    }
    await setTimeout(LOOK_MS, undefined, { signal }).catch(() => {
      throw new Cancelled('cancelled');
    });
  }
}
