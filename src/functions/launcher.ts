// The launcher: a small process that forks sandboxes, because forking from the platform's large heap would stop its event
// loop for milliseconds (runtime.md 0.3). It hands each sandbox's channel and listening sockets to the platform and keeps
// nothing. When the platform goes, however it goes, every sandbox goes.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { closeCgroups, createCgroup, type Cgroup, openCgroups } from './cgroup.ts';
import {
  CGROUPS_HERE,
  type FromLauncher,
  type LaunchRequest,
  type SandboxExit,
  type ToLauncher,
} from './launcher-protocol.ts';
import { type OutputPipe, PipeStock } from './pipe-stock.ts';

const REMOVAL_TRIES = 20;
const REMOVAL_WAIT_MS = 10;
const STDERR_CHARACTERS_MAX = 4096;
/** the names of handles that a sandbox may pass out, each once */
const HANDLES: ReadonlySet<string> = new Set(['tls', 'http', 'endpoint', 'runtime', 'inspect', 'dns']);

interface Running {
  child: ChildProcess;
  /** kills what the child started and a dead parent does not take along; only for plain processes */
  killRest: () => void;
  ended: Promise<void>;
}

const STANDARD_ERROR = 2;
/** a subscriber that closes its connection after each batch of telemetry takes one a batch */
const SOCKETS_AT_ONCE = 16;
const NSENTER = 'nsenter';
const hostPath = { PATH: process.env['PATH'] ?? '/usr/sbin:/usr/bin:/sbin:/bin' };
/** O_CLOEXEC of fcntl.h, the same on x64 and arm64 */
const CLOSE_ON_EXEC = 0o2000000;

const running = new Map<string, Running>();
const hierarchies = openCgroups();
const pipes = new PipeStock(process.argv[2] ?? '');

const say = (message: FromLauncher): void => {
  if (process.connected) process.send?.(message, () => {});
};

/** Passes a handle on and closes the copy here. */
function give(message: FromLauncher, handle: { close(): void }): void {
  if (process.connected) process.send?.(message, handle as never, {}, () => handle.close());
  else handle.close();
}

function launch({ id, command, environment, directory, cgroup: limits, group, supervised }: LaunchRequest): void {
  const cgroup = limits && hierarchies.length > 0 ? createCgroup(hierarchies, id, limits) : undefined;
  const [file = '', ...args] = command.map((word) => (word === CGROUPS_HERE ? (cgroup?.procs.join(' ') ?? '-') : word));
  const output = pipes.take();
  const extensions = supervised ? pipes.take() : undefined;
  const child = spawn(file, args, {
    cwd: directory,
    env: environment,
    // its own session: a Ctrl-C in the terminal is for the platform alone
    detached: true,
    stdio: [
      'ignore',
      output.writer,
      'pipe',
      'pipe',
      'ipc',
      ...(extensions ? ['pipe' as const, extensions.writer] : []),
    ],
  });
  const killRest = group ? (): void => killProcesses(child, cgroup) : (): void => {};
  running.set(id, { child, killRest, ended: watch(id, child, cgroup) });
  closeSync(output.writer);
  if (extensions) closeSync(extensions.writer);
  if (child.pid === undefined) {
    closeSync(output.reader);
    if (extensions) closeSync(extensions.reader);
    return;
  }
  say({
    type: 'started',
    id,
    pid: child.pid,
    ...(cgroup?.memoryStat && { memoryStat: cgroup.memoryStat }),
    ...(cgroup?.freezable && { freezable: cgroup.freezable }),
  });
  giveSocket(id, 'channel', child.stdio[3] as Socket);
  giveSocket(id, 'output', toSocket(output));
  if (extensions) {
    giveSocket(id, 'orders', (child.stdio as unknown as Socket[])[5] as Socket);
    giveSocket(id, 'extensions', toSocket(extensions));
  }
  const expected = new Set(HANDLES);
  child.on('message', (message, handle) => {
    const name = (message as { handle?: unknown } | null)?.handle;
    if (!handle) return;
    if (typeof name === 'string' && expected.delete(name)) give({ type: 'handle', id, name }, handle as never);
    else (handle as unknown as { close(): void }).close();
  });
}

const toSocket = ({ reader }: OutputPipe): Socket => new Socket({ fd: reader, readable: true, writable: false });

function giveSocket(id: string, name: string, socket: Socket): void {
  const handle = (socket as Socket & { _handle?: { readStop(): void } })._handle;
  // node begins to read at once; what it read here would be lost to the platform
  handle?.readStop();
  if (!process.connected) return;
  process.send?.({ type: 'handle', id, name } satisfies FromLauncher, handle as never, {}, () => socket.destroy());
}

/** Resolves when the child has ended and the platform was told. */
function watch(id: string, child: ChildProcess, cgroup: Cgroup | undefined): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(0, STDERR_CHARACTERS_MAX);
  });
  let ended = false;
  const end = (code: number | null, signal: string | null): void => {
    if (ended) return;
    ended = true;
    const exit: SandboxExit = { code, signal, outOfMemory: cgroup?.outOfMemory() ?? false, stderr };
    running.get(id)?.killRest();
    running.delete(id);
    removeCgroup(cgroup, REMOVAL_TRIES);
    say({ type: 'exit', id, exit });
    resolve();
  };
  child.on('error', (error) => {
    stderr += error.message;
    if (child.pid === undefined) end(127, null);
  });
  child.on('exit', end);
  return promise;
}

/** The kernel lets go of a group a moment after its last process. */
function removeCgroup(cgroup: Cgroup | undefined, tries: number): void {
  if (!cgroup) return;
  if (!cgroup.remove() && tries > 0) setTimeout(removeCgroup, REMOVAL_WAIT_MS, cgroup, tries - 1).unref();
}

/** Without a process namespace: the process group, and whoever left it but not the control group. */
function killProcesses(child: ChildProcess, cgroup: Cgroup | undefined): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // nobody left
  }
  cgroup?.kill();
}

function kill(id: string): void {
  const sandbox = running.get(id);
  if (!sandbox) return;
  sandbox.killRest();
  // without its parent (unshare --kill-child) the sandbox's process 1 dies, and with it its whole process namespace
  sandbox.child.kill('SIGKILL');
}

/** Makes sockets in a sandbox's network namespace: a process of ours goes in there, and nowhere else. */
function openSockets(id: string): void {
  const pid = running.get(id)?.child.pid;
  if (pid === undefined) return;
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? [] : ['--user', '--preserve-credentials'];
  const script = fileURLToPath(new URL('rt/sockets.cjs', import.meta.url));
  const command = ['--target', String(pid), ...user, '--net', process.execPath, script, String(SOCKETS_AT_ONCE)];
  const child = spawn(NSENTER, command, { env: hostPath, stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  child.on('error', () => {});
  child.on('message', (_message, handle) => {
    if (handle) give({ type: 'handle', id, name: 'dial' }, handle as never);
  });
}

/** Takes the control groups along, which the kernel lets go of a moment after their last process. */
function leave(tries: number): void {
  if (closeCgroups(hierarchies) || tries === 0) process.exit(0);
  setTimeout(leave, REMOVAL_WAIT_MS, tries - 1);
}

/** Descriptors that whoever started the platform left open are not for functions. Node's own close by themselves. */
function closeInherited(): void {
  if (process.platform !== 'linux') return;
  const own = (process.channel as { fd?: number } | undefined)?.fd;
  for (const name of readdirSync('/proc/self/fd')) {
    const fd = Number(name);
    if (fd <= STANDARD_ERROR || fd === own) continue;
    try {
      const flags = /^flags:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'latin1'))?.[1];
      if (flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) closeSync(fd);
    } catch {
      // it was the one that lists
    }
  }
}

let stopping = false;

function stop(): void {
  stopping = true;
  const left = [...running.values()].map(({ ended }) => ended);
  for (const id of running.keys()) kill(id);
  void Promise.all(left).then(() => leave(REMOVAL_TRIES));
}

closeInherited();
say({ type: 'ready', controllers: hierarchies.flatMap((hierarchy) => hierarchy.controllers) });
process.on('message', (message) => {
  const request = message as ToLauncher;
  if (request.type === 'kill') kill(request.id);
  else if (request.type === 'sockets') openSockets(request.id);
  else if (!stopping) launch(request);
});
// The platform holds the other end of standard input. IPC's own 'disconnect' does not always come when handles are on
// their way (seen with Node 24.21).
process.stdin.on('close', stop).resume();
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
