// `npm run check`: types, lint, format, unused code, import boundaries. Runs all, fails if one did.
import { spawnSync } from 'node:child_process';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const checks: [name: string, command: string, args: string[]][] = [
  ['types', 'tsc', ['-p', '.']],
  ['lint', 'oxlint', ['--type-aware', '--deny-warnings', 'src', 'bin', 'tools', 'test', 'benchmarks']],
  ['format', 'oxfmt', ['--check', 'src', 'bin', 'tools', 'test', 'benchmarks', 'setup.mjs']],
  ['unused', 'knip', ['--no-progress']],
  ['imports', process.execPath, ['tools/check-imports.ts']],
  ['coverage', process.execPath, ['tools/coverage.ts', '--check']],
];
const bin = path.join(ROOT, 'node_modules', '.bin');
let failed = false;
for (const [name, command, args] of checks) {
  process.stdout.write(`— ${name}\n`);
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${bin}${path.delimiter}${process.env['PATH']}` },
  });
  if (status !== 0) failed = true;
}
process.exit(failed ? 1 : 0);
