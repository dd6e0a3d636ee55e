// Messages between the platform and its launcher process (node IPC). Handles travel beside 'handle' messages.

export interface LaunchRequest {
  type: 'launch';
  id: string;
  command: string[];
  /** complete: nothing is inherited */
  environment: Record<string, string>;
  directory: string;
  cgroup?: CgroupLimits;
  /** plain process without namespaces: its process group must be killed by hand */
  group: boolean;
  /** its process 1 takes orders on descriptor 5; what extensions write goes to descriptor 6 */
  supervised: boolean;
}
/** a word of the command in whose place the launcher puts the sandbox's cgroup.procs files, or `-` */
export const CGROUPS_HERE = '@cgroups@';
export interface KillRequest {
  type: 'kill';
  id: string;
}
/** asks for sockets of the sandbox's network namespace, given as handles named 'dial' */
export interface SocketsRequest {
  type: 'sockets';
  id: string;
}
export type ToLauncher = LaunchRequest | KillRequest | SocketsRequest;

export interface CgroupLimits {
  memoryBytes: number;
  processes: number;
  cpuShares: number;
}

export type FromLauncher =
  /** first of all: which limits control groups give here */
  | { type: 'ready'; controllers: string[] }
  | { type: 'handle'; id: string; name: string }
  | { type: 'started'; id: string; pid: number; memoryStat?: string; freezable?: string }
  | { type: 'exit'; id: string; exit: SandboxExit };

export interface SandboxExit {
  /** exit status; 128 + n when process 1 reports a signal */
  code: number | null;
  signal: string | null;
  outOfMemory: boolean;
  /** what was said on standard error before the function began: why a sandbox could not be built */
  stderr: string;
}
