// Installs what the Lambda runtimes bring (the AWS SDKs), beside this file. Called by `npm start`; does nothing when all is there.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const NODE_FOLDERS = ['aws-sdk-v3', 'aws-sdk-v2'];
const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** `say` is told, a line at a time, what takes long. Rejects when an installation fails. */
export async function installRuntimes(say: (text: string) => void): Promise<void> {
  for (const folder of NODE_FOLDERS) await installNode(folder, say);
  await installPython(say);
}

async function installNode(folder: string, say: (text: string) => void): Promise<void> {
  const lock = here(`${folder}/package-lock.json`);
  const marker = here(`${folder}/node_modules/.gatehouse-installed`);
  if (isCurrent(lock, marker)) return;
  say(`Installing what the Node runtimes bring: ${folder} …`);
  await run(
    'npm',
    ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'],
    here(folder),
  );
  writeFileSync(marker, fingerprint(lock));
}

/** boto3 of the Python runtimes. Without pip on this machine Python functions have only what they bring themselves. */
async function installPython(say: (text: string) => void): Promise<void> {
  const requirements = here('python/requirements.txt');
  const target = here('python/site-packages');
  const marker = `${target}/.gatehouse-installed`;
  if (isCurrent(requirements, marker)) return;
  say('Installing what the Python runtimes bring: boto3 …');
  rmSync(target, { recursive: true, force: true });
  const options = ['--quiet', '--disable-pip-version-check', '--no-warn-conflicts', '--root-user-action=ignore'];
  try {
    await run('python3', ['-m', 'pip', 'install', ...options, '--target', target, '-r', requirements], here('python'));
  } catch (error) {
    rmSync(target, { recursive: true, force: true });
    say(`boto3 is not installed for Python functions (${(error as Error).message}); Node functions are not affected.`);
    return;
  }
  writeFileSync(marker, fingerprint(requirements));
}

const fingerprint = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');

const isCurrent = (file: string, marker: string): boolean =>
  existsSync(marker) && readFileSync(marker, 'utf8') === fingerprint(file);

function run(command: string, args: string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with status ${code}: ${errors.trim().split('\n').at(-1) ?? ''}`));
    });
  });
}
