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
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...keep];
  const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`gatehouse: npm ${args.join(' ')} failed in ${folder}; see the lines above, then run the command again`);
    process.exit(1);
  }
  writeFileSync(stampFile, `${lock} ${keep.length ? 'run' : 'dev'}`);
}

install(root, wanted);
// What AWS's Node runtimes bring along: functions find these as on AWS, without packing them.
for (const name of ['aws-sdk-v2', 'aws-sdk-v3']) install(path.join(root, 'runtimes', name), 'run');
