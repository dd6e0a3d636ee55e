import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomInt } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { rootPrincipal } from '#core/principal.ts';
import type { Platform } from '#kernel/platform.ts';
import { createPlatform } from '#server/create-platform.ts';
import { s3 } from '#services/s3/index.ts';

const ROUNDS = Number(process.env['CRASH_ROUNDS'] ?? 4);
const WRITER = new URL('crash-writer.ts', import.meta.url).pathname;
const accountId = '000000000000';
const at = { as: rootPrincipal(accountId), accountId, region: 'us-east-1' };

/** Runs the writer and kills it; answers what it said. */
function killedWriter(directory: string, round: number): Promise<string[]> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [WRITER, directory, String(round)], { stdio: ['ignore', 'pipe', 'inherit'] });
    let said = '';
    let timer: NodeJS.Timeout | undefined;
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.startsWith('ready')) timer ??= setTimeout(() => child.kill('SIGKILL'), 100 + randomInt(500));
    });
    child.on('close', () => resolve(said.slice(0, said.lastIndexOf('\n')).split('\n')));
  });
}

/** What each key may hold: the last acknowledged state, or one that was under way after it. */
function expectations(lines: readonly string[]): Map<string, Set<string>> {
  const states = new Map<string, Set<string>>();
  for (const line of lines) {
    const [verb = '', key, digest = 'nothing'] = line.split(' ');
    if (key === undefined) continue;
    if (verb === 'put' || verb === 'deleted') states.set(key, new Set([digest]));
    else states.set(key, (states.get(key) ?? new Set(['nothing'])).add(digest));
  }
  return states;
}

async function digestOf(platform: Platform, Key: string): Promise<string> {
  const output = await platform
    .call('s3', 'GetObject', { Bucket: 'crash', Key }, at)
    .catch((error: { code?: string }) => {
      if (error.code === 'NoSuchKey') return undefined;
      throw error;
    });
  if (!output) return 'nothing';
  const { Body } = output as unknown as { Body: Uint8Array | AsyncIterable<Uint8Array> };
  const hash = createHash('md5');
  for await (const chunk of Body instanceof Uint8Array ? [Body] : Body) hash.update(chunk);
  return hash.digest('hex');
}

/** Ids of the blobs that something names. */
async function namedBlobs(platform: Platform): Promise<string[]> {
  const named: string[] = [];
  for (const kind of ['o', 'v', 'p', 'm']) {
    const prefix = [accountId, 'us-east-1', 's3', kind];
    for (
      let page = await platform.store.list({ prefix });
      page.length > 0;
      page = await platform.store.list({ prefix }, { after: page.at(-1)?.key })
    ) {
      for (const { value } of page) {
        for (const match of JSON.stringify(value).matchAll(/"in":"blob","id":"([^"]+)"/g)) named.push(match[1] ?? '');
      }
    }
  }
  return named.toSorted();
}
const blobFiles = (directory: string): string[] =>
  readdirSync(path.join(directory, 'blobs'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();

test('after kill -9 every acknowledged object is readable and no blob is left over', async () => {
  const directory = mkdtempSync(path.join(tmpdir(), 's3-crash-'));
  let acknowledged = 0;
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const lines = await killedWriter(directory, round);
      const { platform, stop } = await createPlatform({ config: { dataDir: directory }, services: [s3] });
      for (const [key, allowed] of expectations(lines)) {
        const found = await digestOf(platform, key);
        assert.ok(allowed.has(found), `${key} holds ${found}, not one of ${[...allowed].join(', ')}`);
      }
      acknowledged += lines.filter((line) => line.startsWith('put ')).length;
      await platform.work.idle();
      assert.deepEqual(blobFiles(directory), await namedBlobs(platform));
      await stop();
    }
    assert.ok(acknowledged > ROUNDS * 5, `only ${acknowledged} objects were acknowledged`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
