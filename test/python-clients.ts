// A virtual environment with the AWS CLI and boto3, made once per clone.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const PACKAGES = ['awscli==1.45.11', 'boto3==1.43.11'];
const CACHE = new URL('../node_modules/.cache/gatehouse/', import.meta.url).pathname;

/** The environment's bin folder; undefined where there is no Python. */
export async function pythonClients(): Promise<string | undefined> {
  const folder = path.join(CACHE, `python-${PACKAGES.join('-').replaceAll('==', '-')}`);
  const bin = path.join(folder, 'bin');
  if (existsSync(folder)) return bin;
  const made = `${folder}.${process.pid}`;
  mkdirSync(CACHE, { recursive: true });
  try {
    await run('python3', ['-m', 'venv', made]);
  } catch {
    return undefined;
  }
  // By `python -m`: the scripts of an environment name the folder in which it was made.
  await run(path.join(made, 'bin', 'python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    ...PACKAGES,
  ]);
  try {
    renameSync(made, folder);
  } catch {
    rmSync(made, { recursive: true, force: true }); // another test was faster
  }
  return bin;
}
