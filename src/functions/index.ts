export type {
  FunctionSnapshot,
  Invocation,
  InvocationResult,
  InvocationStream,
  IsolationMode,
  SandboxPool,
  SandboxPoolOptions,
} from './contract.ts';
export { type Check, probeFunctions } from './probe.ts';
export { createSandboxPool } from './pool.ts';
