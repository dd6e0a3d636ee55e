// The program as one file and the parts that it loads later: next to a start from some thousand files this one takes half the
// processor's time and 40 MB less memory (benchmarks/start.ts). Made when a source has changed since, in half a second.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..');
export const CACHE = path.join(ROOT, 'node_modules/.cache/gatehouse');
const BUNDLES = path.join(CACHE, 'bundles');
/** Servers that still run load parts of older ones: the newest stay, and those of the last hour. */
const BUNDLES_MAX = 8;
const KEPT_MS = 3_600_000;

function* filesBelow(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(file);
    else if (!file.endsWith('.test.ts')) yield file;
  }
}

/** What the bundle is made of: our sources, and what npm installed. By size and time, which is quick: 1000 files in 6 ms. */
function bundleKey() {
  const installed = path.join(ROOT, 'node_modules/.package-lock.json');
  const hash = createHash('sha256').update(process.version);
  for (const file of [installed, ...filesBelow(import.meta.dirname), ...filesBelow(path.join(ROOT, 'src'))]) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${file} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** The folder of the bundle of today's sources, made when it is not there; undefined where it cannot be made. */
export function currentBundle() {
  try {
    const folder = path.join(BUNDLES, bundleKey());
    if (!existsSync(folder)) makeBundle(folder);
    return folder;
  } catch (error) {
    // a read-only installation, say
    process.stderr.write(`gatehouse: no bundle, starting from the sources: ${error.message}\n`);
    return undefined;
  }
}

/** In a process of its own: this one stays free of the bundler. */
function makeBundle(folder) {
  mkdirSync(BUNDLES, { recursive: true });
  const newestFirst = readdirSync(BUNDLES)
    .map((name) => ({ name, made: statSync(path.join(BUNDLES, name)).mtimeMs }))
    .sort((a, b) => b.made - a.made);
  const old = newestFirst.slice(BUNDLES_MAX - 1).filter(({ made }) => Date.now() - made > KEPT_MS);
  for (const { name } of old) rmSync(path.join(BUNDLES, name), { recursive: true, force: true });
  const { status, stderr } = spawnSync(process.execPath, [path.join(import.meta.dirname, 'make-bundle.js'), folder]);
  if (status !== 0) throw new Error(`bin/make-bundle.js failed: ${stderr}`);
}
