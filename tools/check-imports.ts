// The arrows of the house: which room may import which (docs/architecture.md). Throws when it sees no files.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(import.meta.dirname, '..');
const below = ['core', 'protocol', 'store', 'kernel'];
const allowed: Record<string, string[]> = {
  core: [],
  store: ['core'],
  protocol: ['core'],
  kernel: ['core', 'store', 'protocol'],
  functions: below,
  gateway: below,
  deploy: below,
  cdn: below,
  // the control planes hand snapshots to their data planes; services reach each other by `call` alone
  services: [...below, 'functions', 'gateway', 'deploy', 'cdn'],
  server: [...below, 'functions', 'gateway', 'deploy', 'cdn', 'services'],
  cli: [...below, 'functions', 'gateway', 'deploy', 'cdn', 'services', 'server'],
  testing: [...below, 'server'],
};

const files = readdirSync(path.join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts') && !file.endsWith('.suite.ts'),
);
if (files.length === 0) throw new Error('check-imports saw no files');

const violations: string[] = [];
for (const file of files) {
  const [room = '', folder = ''] = file.split('/');
  const text = readFileSync(path.join(ROOT, 'src', file), 'utf8');
  for (const [, specifier = ''] of text.matchAll(/(?:from|import)\s*\(?\s*'((?:#|\.)[^']+)'/g)) {
    const target = specifier.startsWith('#')
      ? specifier.slice(1)
      : path.relative('src', path.join('src', path.dirname(file), specifier));
    const [toRoom = '', toFolder = ''] = target.split('/');
    if (room === toRoom) {
      if (room === 'services' && folder !== toFolder)
        violations.push(`${file}: a service imports another, ${specifier}`);
      continue;
    }
    if (!allowed[room]?.includes(toRoom)) violations.push(`${file}: ${room} may not import ${toRoom} (${specifier})`);
    if (toRoom === 'services' && !target.endsWith(`${toFolder}/index.ts`)) {
      violations.push(`${file}: a service is entered by its index.ts (${specifier})`);
    }
  }
}
if (violations.length > 0) {
  process.stderr.write(`${violations.join('\n')}\n`);
  process.exit(1);
}
process.stdout.write(`imports: ${files.length} files, every arrow points down\n`);
