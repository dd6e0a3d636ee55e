// The file tree that every sandbox has as its root: mount points, a few files of /etc, nothing of the host. Made once per
// start; sandboxes see it read-only.
import { copyFile, cp, lstat, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compileFilter } from './seccomp.ts';
import { toTrustStore } from './trust-store.ts';

/** Folders of the host that hold programs and libraries. Not /usr as a whole: people keep source trees below it. */
const SYSTEM_FOLDERS = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'libexec', 'share'];
const MOUNT_POINTS = [
  'dev',
  'etc',
  'old',
  'opt',
  'proc',
  'tmp',
  'var/lang/bin',
  'var/lang/image',
  'var/lang/java',
  'var/lang/lib',
  'var/lang/python/bin',
  'var/rapid',
  'var/runtime',
  'var/task',
];
export const PYTHON_INSIDE = 'var/lang/python/bin/python3';
const DEVICES = ['null', 'zero', 'full', 'random', 'urandom'];
/** where distributions keep the bundle of trusted roots; the first that exists is taken */
const HOST_BUNDLES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt', '/etc/ssl/cert.pem'];
/** what is trusted, in every form that programs read */
export const TRUST_FOLDER = '/etc/pki/tls/certs';
export const BUNDLE = `${TRUST_FOLDER}/ca-bundle.crt`;
/** for Java */
export const TRUST_STORE = `${TRUST_FOLDER}/cacerts`;
/** our authority alone, for clients that bring their own roots and take more */
export const AUTHORITY = `${TRUST_FOLDER}/gatehouse-ca.crt`;
const BUNDLE_COPIES = ['/etc/ssl/certs/ca-certificates.crt', '/etc/ssl/cert.pem'];

export interface Mount {
  from: string;
  /** below the root */
  to: string;
  options: string;
}

/** a file takes a page of memory at least */
const FILES_PER_MB = 256;

/** How /tmp is mounted: what it holds and how many files are both bounded, as files without content take memory too. */
export const temporaryOptions = (megabytes: number): string =>
  `size=${megabytes}m,nr_inodes=${megabytes * FILES_PER_MB},mode=1777,nosuid,nodev`;

export interface RootTemplate {
  path: string;
  mounts: Mount[];
}

const READ_ONLY = 'bind,ro,nosuid,nodev';

export async function makeRootTemplate(path: string, caCertificate: string): Promise<RootTemplate> {
  await rm(path, { recursive: true, force: true });
  for (const folder of MOUNT_POINTS) await mkdir(join(path, folder), { recursive: true, mode: 0o755 });
  await writeFile(join(path, 'var/lang/bin/node'), '', { mode: 0o755 });
  await linkPython(path);
  if (process.arch === 'x64' || process.arch === 'arm64') {
    await writeFile(join(path, 'var/lang/filter'), compileFilter(process.arch));
  }
  const mounts = [...(await linkSystem(path)), ...(await linkDevices(path))];
  await linkModules(path);
  await writeEtc(join(path, 'etc'));
  await writeBundle(path, caCertificate);
  return { path, mounts };
}

/** The names that scripts of Python functions start the runtime's interpreter by; for others they lead to nothing that runs. */
async function linkPython(path: string): Promise<void> {
  await writeFile(join(path, PYTHON_INSIDE), '', { mode: 0o644 });
  const minors = ['8', '9', '10', '11', '12', '13', '14'];
  for (const name of ['python', 'python3', ...minors.map((minor) => `python3.${minor}`)]) {
    await symlink(`/${PYTHON_INSIDE}`, join(path, 'var/lang/bin', name));
  }
}

async function linkSystem(path: string): Promise<Mount[]> {
  const mounts: Mount[] = [];
  for (const folder of SYSTEM_FOLDERS) {
    const merged = await lstat(`/${folder}`).catch(() => undefined);
    if (await isFolder(`/usr/${folder}`)) {
      await mkdir(join(path, 'usr', folder), { recursive: true });
      mounts.push({ from: `/usr/${folder}`, to: `usr/${folder}`, options: READ_ONLY });
    }
    if (merged?.isSymbolicLink()) await symlink(`usr/${folder}`, join(path, folder));
    else if (merged?.isDirectory() && folder !== 'share') {
      await mkdir(join(path, folder));
      mounts.push({ from: `/${folder}`, to: folder, options: READ_ONLY });
    }
  }
  return mounts;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;

async function linkDevices(path: string): Promise<Mount[]> {
  for (const device of DEVICES) await writeFile(join(path, 'dev', device), '');
  await symlink('/proc/self/fd', join(path, 'dev/fd'));
  for (const [index, name] of ['stdin', 'stdout', 'stderr'].entries()) {
    await symlink(`/proc/self/fd/${index}`, join(path, 'dev', name));
  }
  return DEVICES.map((device) => ({ from: `/dev/${device}`, to: `dev/${device}`, options: 'bind,nosuid,noexec' }));
}

/** ES modules do not look at NODE_PATH, yet on Lambda they find layers and the SDK: here by walking up from /var/task. */
async function linkModules(path: string): Promise<void> {
  await symlink('/opt/nodejs/node_modules', join(path, 'var/node_modules'));
  await symlink('/var/runtime/node_modules', join(path, 'node_modules'));
}

/** The function's user is Lambda's own: sbx_user1051, 993:990. */
async function writeEtc(etc: string): Promise<void> {
  const user = 'sbx_user1051:x:993:990::/home/sbx_user1051:/sbin/nologin';
  const files: Record<string, string> = {
    passwd: `root:x:0:0:root:/root:/sbin/nologin\n${user}\n`,
    group: 'root:x:0:\nsbx_user1051:x:990:\n',
    // the host's own name, by which extensions listen (docs: telemetry-api)
    hosts: '127.0.0.1 localhost localhost.localdomain sandbox.localdomain sandbox\n::1 localhost6\n',
    'nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    'resolv.conf': 'nameserver 127.0.0.1\noptions timeout:2 attempts:2\n',
    'os-release': 'NAME="Gatehouse function sandbox"\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(etc, name), text);
  // Debian's JVMs have their settings here
  const settings = (await readdir('/etc')).filter((name) => /^java-\d+-openjdk$/.test(name));
  for (const name of settings) {
    // what cannot be read is not worth a start without functions
    await cp(join('/etc', name), join(etc, name), { recursive: true, dereference: true }).catch(() => {});
  }
  // without the cache the linker would search every folder at every start
  await copyFile('/etc/ld.so.cache', join(etc, 'ld.so.cache')).catch(() => {});
}

async function writeBundle(path: string, caCertificate: string): Promise<void> {
  let system = '';
  for (const bundle of HOST_BUNDLES) {
    system = await readFile(bundle, 'utf8').catch(() => '');
    if (system !== '') break;
  }
  for (const file of [BUNDLE, ...BUNDLE_COPIES]) {
    await mkdir(join(path, file, '..'), { recursive: true });
    await writeFile(join(path, file), `${system}\n${caCertificate}\n`);
  }
  await writeFile(join(path, AUTHORITY), caCertificate);
  await writeFile(join(path, TRUST_STORE), toTrustStore(`${system}\n${caCertificate}`));
}

/** The table that `mount -a` reads. Spaces and the like are written in octal (fstab(5)). */
export function formatFstab(root: string, mounts: readonly Mount[]): string {
  const escape = (text: string): string =>
    text.replace(/[\s\\#]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`);
  return mounts
    .map(({ from, to, options }) => {
      const kind = options.startsWith('bind') ? 'none' : from;
      return `${escape(from)} ${escape(to === '' ? root : join(root, to))} ${kind} ${options} 0 0\n`;
    })
    .join('');
}
