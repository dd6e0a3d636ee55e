// `gatehouse image load`, killed at any moment: an image is there whole or not at all, and loading it again succeeds.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { openImageStore } from '#functions/index.ts';
import { dockerArchive, tar } from '../image-archive.ts';

const FILES = 1500;
const ROUNDS = 8;
const PROGRAM = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
/** what is made for a sandbox's mounts: dev, etc with two files, proc, tmp, var with rapid */
const MADE = 8;

test('a load that is killed leaves nothing half done', async () => {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'gatehouse-image-crash-'));
  const store = await openImageStore(dataDir);
  const archive = path.join(dataDir, 'archive.tar');
  const files = Array.from({ length: FILES }, (_, index) => ({ path: `file-${index}`, content: 'x'.repeat(index) }));
  writeFileSync(
    archive,
    dockerArchive({ layers: [tar(files.slice(0, FILES / 2)), tar(files.slice(FILES / 2))] }, ['app:1']),
  );
  const load = () =>
    spawn(process.execPath, [PROGRAM, 'image', 'load', archive, '--data', dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });

  const began = performance.now();
  const [status] = (await once(load(), 'exit')) as [number];
  assert.equal(status, 0);
  const wholeMs = performance.now() - began;
  store.remove('app:1');

  let unfinished = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    const child = load();
    const ended = once(child, 'exit');
    await setTimeout((wholeMs * round) / ROUNDS);
    child.kill('SIGKILL');
    await ended;
    const images = store.list();
    for (const { image } of images) {
      assert.equal(readdirSync(store.rootOf(image.digest), { recursive: true }).length, FILES + MADE);
    }
    const named = store.search('app:1');
    if (named) store.remove('app:1');
    else unfinished += 1;
  }
  assert.ok(unfinished > 0, 'every load was over before it was killed');
  const [again] = (await once(load(), 'exit')) as [number];
  assert.equal(again, 0);
  assert.ok(store.search('app:1'));
  rmSync(dataDir, { recursive: true, force: true });
});
