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
import path from 'node:path';
import type { ImageStore } from './images/store.ts';
import type { Check } from './probe.ts';

export type { Check, ImageStore };
export { ImageRefused } from './images/refused.ts';
export { isNamed } from './inspect.ts';
export { createSandboxPool } from './pool.ts';

/** What this machine offers for running functions (`gatehouse doctor`). */
export const probeFunctions = async (): Promise<Check[]> => (await import('./probe.ts')).probeFunctions();

/** Which runtimes this machine runs (`gatehouse doctor`, `gatehouse runtime list`). */
export const listRuntimes = async (): Promise<Check[]> => (await import('./runtime-checks.ts')).listRuntimes();

/** Brings what Java functions need; answers where it is. */
export const addRuntime = async (from?: string): Promise<string> =>
  (await import('./java-runtime.ts')).addJavaRuntime(from);

/** The images of a data folder, whether a server runs on it or not. */
export const openImageStore = async (dataDir: string): Promise<ImageStore> =>
  new (await import('./images/store.ts')).ImageStore(path.join(dataDir, 'functions', 'images'));
