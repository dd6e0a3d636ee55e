export type {
  FunctionSnapshot,
  Invocation,
  InvocationResult,
  InvocationStream,
  IsolationMode,
  SandboxPool,
  SandboxPoolOptions,
} from './contract.ts';
export { createSandboxPool } from './pool.ts';
