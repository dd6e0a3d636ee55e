// The command line that builds one sandbox, per isolation mode.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { IsolationMode } from './contract.ts';
import type { Image } from './images/store.ts';
import { imageMounts } from './image-mounts.ts';
import { JAVA_INSIDE, type JavaMachine } from './java.ts';
import { CGROUPS_HERE } from './launcher-protocol.ts';
import { SANDBOX_PATH } from './environment.ts';
import { OPEN_FILES_MAX, PROCESSES_MAX } from './limits.ts';
import type { PythonInterpreter } from './python.ts';
import {
  AUTHORITY,
  BUNDLE,
  formatFstab,
  type Mount,
  PYTHON_INSIDE,
  type RootTemplate,
  temporaryOptions,
} from './root-template.ts';
import { nodeBinary, type Runtime, runtimeCommand, type RuntimeFamily, runtimeSupportFolder } from './runtimes.ts';

/** What must be known when a sandbox boots, before its function is. */
export interface SandboxKind {
  runtime: Runtime;
  memoryMb: number;
  temporaryMb: number;
  /** its runtime starts when its function is known, with its whole environment, after its extensions (supervise.sh) */
  late: boolean;
  /** a debugger may attach (inspect.ts) */
  inspect?: boolean;
  /** PackageType Image: its file tree becomes the root */
  image?: SandboxImage;
}

export interface SandboxImage extends Image {
  /** where the tree lies on the host */
  root: string;
}

export interface SandboxPlan {
  command: string[];
  environment: Record<string, string>;
  /** the runtime's view */
  taskRoot: string;
  /** what starts the runtime, in a sandbox that starts it late */
  runtime: string[];
}

export interface SandboxHost {
  mode: IsolationMode;
  template: RootTemplate;
  python?: PythonInterpreter | undefined;
  java?: JavaMachine | undefined;
  /** whether setting limits per user id is possible: we are root */
  root: boolean;
  filterLoader?: string[] | undefined;
  /** memory is limited by a control group, so that no limit per process is needed */
  cgroupMemory: boolean;
}

/** Host ids of sandboxes: one each, so that no two share what the kernel counts or permits per user. */
const FIRST_UID = 200_000;
const DIE_WITH_PARENT = ['setpriv', '--pdeathsig', 'KILL'];
const NAMESPACES = ['--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc', '--uts', '--cgroup'];
const LIBRARIES = '/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib';
/** read by Node and OpenSSL when they start; the rest of the names is set with the function's own environment */
const TRUST = { NODE_EXTRA_CA_CERTS: AUTHORITY, SSL_CERT_FILE: BUNDLE };
/** ports of the namespace that the platform answers: its names over TLS, over plain HTTP, and its endpoint */
interface Listeners {
  ports: [name: string, port: number][];
  host?: string;
  dns?: number;
}
const LISTENERS: Listeners = {
  ports: [
    ['tls', 443],
    ['http', 80],
    ['endpoint', 4566],
    // AWS_LAMBDA_RUNTIME_API (docs: runtimes-api)
    ['runtime', 9001],
  ],
  dns: 53,
};
/** where an inspected sandbox offers connections to debuggers; kept in step with rt/inspect.cjs */
const INSPECT_PORT = 9230;
/** writable address space of a runtime that does nothing: Node 24, which boots most of them, reserves 512 MB for code alone */
const DATA_BASE_MB: Record<RuntimeFamily, number> = { node: 640, python: 128, java: 1024, provided: 640, image: 1024 };

/** `folder` holds task/ and opt/, into which code is renamed. `slot` is this sandbox's number among the living. */
export async function planSandbox(
  host: SandboxHost,
  kind: SandboxKind,
  folder: string,
  slot: number,
): Promise<SandboxPlan> {
  return host.mode === 'process' ? planProcess(host, kind, folder) : planNamespaces(host, kind, folder, slot);
}

async function planNamespaces(
  host: SandboxHost,
  kind: SandboxKind,
  folder: string,
  slot: number,
): Promise<SandboxPlan> {
  const fstab = join(folder, 'fstab');
  await writeFile(fstab, formatFstab(host.template.path, sandboxMounts(host, kind, folder)));
  const runtime = runtimeCommand(kind.runtime, kind.memoryMb, {
    node: '/var/lang/bin/node',
    python: host.python,
    support: '/var/rapid',
    inspect: kind.inspect,
  });
  const unshare = ['unshare', ...(host.root ? [] : ['--user', '--map-root-user']), ...NAMESPACES];
  const command = [
    ...DIE_WITH_PARENT,
    ...unshare,
    'sh',
    join(runtimeSupportFolder(), 'setup.sh'),
    host.template.path,
    fstab,
    host.root ? String(FIRST_UID + slot) : '-',
    String(PROCESSES_MAX),
    String(OPEN_FILES_MAX),
    host.cgroupMemory ? 'unlimited' : String(dataBytes(kind)),
    CGROUPS_HERE,
    // an image's program loads the filter when it has its own root
    (kind.image ? [] : (host.filterLoader ?? [])).join(' '),
    kind.image ? ',+sys_chroot' : '',
    // without a filter each program enters the image by a user namespace of its own
    kind.image && !host.filterLoader ? String(1 + kind.image.extensions.length) : '0',
    ...withEnvironment({ PATH: SANDBOX_PATH, LD_LIBRARY_PATH: LIBRARIES, ...TRUST, ...bootEnvironment(host, kind) }),
    ...(kind.late ? supervised('/var/lang/bin/node', '/var/rapid') : runtime),
  ];
  return { command, environment: { PATH: hostPath() }, taskRoot: '/var/task', runtime };
}

function sandboxMounts(host: SandboxHost, kind: SandboxKind, folder: string): Mount[] {
  const readOnly = 'bind,ro,nosuid,nodev';
  const { brings } = kind.runtime;
  return [
    { from: host.template.path, to: '', options: readOnly },
    ...host.template.mounts,
    { from: nodeBinary(), to: 'var/lang/bin/node', options: readOnly },
    ...(host.python && kind.runtime.family === 'python' ? pythonMounts(host.python, readOnly) : []),
    ...(host.java && kind.runtime.family === 'java'
      ? [{ from: host.java.home, to: JAVA_INSIDE, options: readOnly }]
      : []),
    { from: runtimeSupportFolder(), to: 'var/rapid', options: readOnly },
    ...(brings ? [{ from: brings, to: 'var/runtime', options: readOnly }] : []),
    { from: join(folder, 'task'), to: 'var/task', options: readOnly },
    { from: join(folder, 'opt'), to: 'opt', options: readOnly },
    { from: 'tmpfs', to: 'tmp', options: temporaryOptions(kind.temporaryMb) },
    { from: 'proc', to: 'proc', options: 'nosuid,nodev,noexec' },
    ...(kind.image ? imageMounts(host.template, kind.image, kind.temporaryMb) : []),
  ];
}

function pythonMounts({ host, prefix }: PythonInterpreter, options: string): Mount[] {
  if (prefix === undefined) return [{ from: host, to: PYTHON_INSIDE, options }];
  return [
    { from: prefix, to: 'var/lang/python', options },
    // pyenv's interpreters look for libpython where they were installed, or in LIBRARIES
    { from: join(prefix, 'lib'), to: 'var/lang/lib', options },
  ];
}

function planProcess(host: SandboxHost, kind: SandboxKind, folder: string): SandboxPlan {
  const support = runtimeSupportFolder();
  const runtime = runtimeCommand(kind.runtime, kind.memoryMb, {
    node: nodeBinary(),
    python: host.python && { ...host.python, executable: host.python.host },
    support,
    inspect: kind.inspect,
  });
  const data = host.cgroupMemory ? 'unlimited' : String(dataBytes(kind));
  const limits = [`--nofile=${OPEN_FILES_MAX}`, '--core=0', `--data=${data}`];
  const linux = [...DIE_WITH_PARENT, 'prlimit', ...limits];
  return {
    command: [
      ...(process.platform === 'linux' ? linux : []),
      'sh',
      join(support, 'join.sh'),
      CGROUPS_HERE,
      ...withEnvironment(bootEnvironment(host, kind)),
      ...(kind.late ? supervised(nodeBinary(), support) : runtime),
    ],
    environment: { PATH: hostPath() },
    taskRoot: join(folder, 'task'),
    runtime,
  };
}

const dataBytes = ({ runtime, memoryMb }: SandboxKind): number =>
  (memoryMb + DATA_BASE_MB[runtime.family]) * 1024 * 1024;

/** The runtime's environment is set last, when every privilege is gone: LD_PRELOAD must not reach what runs before. */
function withEnvironment(environment: Record<string, string>): string[] {
  return ['env', ...Object.entries(environment).map(([name, value]) => `${name}=${value}`)];
}

const supervised = (node: string, support: string): string[] => ['sh', `${support}/supervise.sh`, node, support];

const hostPath = (): string => `${process.env['PATH'] ?? ''}:/usr/sbin:/usr/bin:/sbin:/bin`;

function bootEnvironment(host: SandboxHost, kind: SandboxKind): Record<string, string> {
  return {
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    GATEHOUSE_BOOT: JSON.stringify(bootSettings(host, kind)),
  };
}

function bootSettings({ mode }: SandboxHost, { inspect }: SandboxKind): object {
  const listeners = ({ ports, ...rest }: Listeners, inspectPort: number): Listeners => ({
    ports: inspect ? [...ports, ['inspect', inspectPort]] : ports,
    ...rest,
  });
  // plain processes share one network: each has a port of its own there
  if (mode === 'process') return { listeners: listeners({ ports: [['runtime', 0]], host: '127.0.0.1' }, 0) };
  return { listeners: listeners(LISTENERS, INSPECT_PORT) };
}
