// Brings what this clone needs, when it is missing or stale: `node setup.mjs` to run, `node setup.mjs dev` to develop and
// test. Runs on any Node from 20 on, before the repository's own Node (node_modules/.bin/node) is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(fileURLToPath(import.meta.url));
const wanted = process.argv[2] === 'dev' ? 'dev' : 'run';

/** What was installed last in this folder: the lock file it came from and, for the root, with or without the development tools. */
function install(folder, kind) {
  const stampFile = path.join(folder, 'node_modules', '.gatehouse-setup');
  const lock = createHash('sha256')
    .update(readFileSync(path.join(folder, 'package-lock.json')))
    .update(`${process.platform} ${process.arch}`)
    .digest('hex');
  const [stampedLock, stampedKind] = existsSync(stampFile) ? readFileSync(stampFile, 'utf8').split(' ') : [];
  if (stampedLock === lock && (stampedKind === kind || stampedKind === 'dev')) return;
  console.log(`gatehouse: installing ${path.relative(root, folder) || 'dependencies'} …`);
  const keep = kind === 'dev' || stampedKind === 'dev' ? [] : ['--omit=dev'];
  const args = ['ci', '--loglevel=error', ...keep];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) {
    console.error(
      `gatehouse: npm ${args.join(' ')} failed in ${folder}; see the lines above, then run the command again`,
    );
    process.exit(1);
  }
  writeFileSync(stampFile, `${lock} ${keep.length ? 'run' : 'dev'}`);
}

install(root, wanted);

// What AWS's runtimes bring along (the SDKs): functions find these as on AWS, without packing them.
const brought = {
  'aws-sdk-v2/node_modules': 'aws-sdk-v2/package-lock.json',
  'aws-sdk-v3/node_modules': 'aws-sdk-v3/package-lock.json',
  'python/site-packages': 'python/requirements.txt',
};
const isCurrent = ([folder, source]) => {
  const marker = path.join(root, 'runtimes', folder, '.gatehouse-installed');
  const wantedMarker = createHash('sha256')
    .update(readFileSync(path.join(root, 'runtimes', source)))
    .digest('hex');
  return existsSync(marker) && readFileSync(marker, 'utf8') === wantedMarker;
};
if (!Object.entries(brought).every(isCurrent)) {
  const script = `import('./runtimes/install.ts').then((m) => m.installRuntimes((text) => console.log('gatehouse: ' + text)))`;
  const { status } = spawnSync(path.join(root, 'node_modules', '.bin', 'node'), ['-e', script], {
    cwd: root,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(1);
}
