import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';

const BIN = path.resolve(import.meta.dirname, '../bin');

test('the bundle is made, runs, and holds the files that are threads and processes of their own', () => {
  const parent = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-bundle-'));
  const folder = path.join(parent, 'bundle');
  try {
    execFileSync(process.execPath, [path.join(BIN, 'make-bundle.js'), folder]);
    const usage = execFileSync(process.execPath, [path.join(folder, 'cli/main.mjs'), 'start', '--help'], {
      encoding: 'utf8',
    });
    assert.match(usage, /^gatehouse start /);
    for (const entry of ['functions/launcher.mjs', 'store/embedded/thread.mjs'])
      assert.ok(existsSync(path.join(folder, entry)), entry);
  } finally {
    rmSync(parent, { recursive: true });
  }
});
