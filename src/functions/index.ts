export type {
  FunctionSnapshot,
  Invocation,
  InvocationResult,
  IsolationMode,
  SandboxPool,
  SandboxPoolOptions,
} from './contract.ts';
export { type Check, probeFunctions } from './probe.ts';
export { createSandboxPool } from './pool.ts';
