export type {
  FunctionImage,
  FunctionSnapshot,
  Invocation,
  InvocationResult,
  IsolationMode,
  ProvisionedState,
  SandboxPool,
  SandboxPoolOptions,
} from './contract.ts';
import type { Check } from './probe.ts';

export type { Check };
export { createSandboxPool } from './pool.ts';

/** What this machine offers for running functions (`gatehouse doctor`). */
export const probeFunctions = async (): Promise<Check[]> => (await import('./probe.ts')).probeFunctions();
