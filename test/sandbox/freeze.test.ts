// Between invocations nothing in a sandbox runs (docs: lambda-runtime-environment): proven by the counter of a process that a
// function, a custom runtime or an extension leaves behind, which each invocation reads.
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, test } from 'node:test';
import type { FunctionSnapshot } from '#functions/index.ts';
import { bashExtension, extensionLayer } from './extension-fixture.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

/** counts every 10 ms into a file */
const COUNT = (file: string): string => `N=0; while sleep 0.01; do N=$((N+1)); echo $N > ${file}; done`;
const READ = `const read = () => { try { return Number(require('fs').readFileSync(file, 'utf8')) } catch { return 0 } };
  const counted = async () => { const before = read(); let now = before; while (now < before + 3) { await new Promise((resolve) => setTimeout(resolve, 5)); now = read() || now } return now };`;

const functions: Record<string, (file: string) => Promise<FunctionSnapshot>> = {
  'a child process of a Node function': (file) =>
    defineFunction({
      'index.js': `const file = '${file}'; ${READ}
        let child; exports.handler = async () => { child ??= require('child_process').spawn('sh', ['-c', ${JSON.stringify(COUNT(file))}], { stdio: 'ignore' }); return { before: read(), after: await counted() } }`,
    }),
  'a worker thread of a Node function': (file) =>
    defineFunction(
      {
        'index.js': `const file = '${file}'; ${READ}
        let worker; exports.handler = async () => {
          worker ??= new (require('worker_threads').Worker)("let n = 0; setInterval(() => require('fs').writeFileSync('${file}', String(++n)), 10)", { eval: true });
          return { before: read(), after: await counted() } }`,
      },
      { memoryMb: 512 },
    ),
  'a worker thread that takes the name of one of Node’s own': (file) =>
    defineFunction(
      {
        'index.js': `const file = '${file}'; ${READ}
        let worker; exports.handler = async () => {
          worker ??= new (require('worker_threads').Worker)(\`const fs = require('fs');
            for (const id of fs.readdirSync('/proc/self/task')) try { fs.writeFileSync('/proc/self/task/' + id + '/comm', 'V8Worker') } catch {}
            let n = 0; setInterval(() => fs.writeFileSync('${file}', String(++n)), 10)\`, { eval: true });
          return { before: read(), after: await counted() } }`,
      },
      { memoryMb: 512 },
    ),
  'a thread of a Python function': () =>
    defineFunction(
      {
        'index.py': `import threading, time
n = 0
def count():
  global n
  while True:
    time.sleep(0.01)
    n += 1
threading.Thread(target=count, daemon=True).start()
def handler(event, context):
  before = n
  while n < before + 3:
    time.sleep(0.005)
  return {"before": before, "after": n}`,
      },
      { runtime: 'python3.12' },
    ),
  'a custom runtime': (file) =>
    defineFunction(
      {
        bootstrap: `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
( ${COUNT(file)} ) &
while true; do
  ID=$(curl -sS -o /dev/null -D - "$API/invocation/next" | grep -i '^Lambda-Runtime-Aws-Request-Id:' | tr -d '\\r' | cut -d' ' -f2)
  BEFORE=$(cat ${file}); sleep 0.1; AFTER=$(cat ${file}); [ -n "$AFTER" ] || { sleep 0.005; AFTER=$(cat ${file}); }
  curl -sS -X POST "$API/invocation/$ID/response" -d "{\\"before\\":\${BEFORE:-0},\\"after\\":\${AFTER:-0}}" > /dev/null
done`,
      },
      { runtime: 'provided.al2023' },
    ),
  'an extension': async (file) =>
    defineFunction(
      {
        'index.js': `const file = '${file}'; ${READ} exports.handler = async () => ({ before: read(), after: await counted() })`,
      },
      {
        layers: [await extensionLayer({ counter: bashExtension('["INVOKE"]', '', `( ${COUNT(file)} ) &`) })],
      },
    ),
};

/** Seen by plain processes in this machine's own /tmp. */
const files: string[] = [];
function counterFile(name: string): string {
  const file = `/tmp/freeze-${process.pid}-${name}`;
  files.push(file);
  return file;
}
after(() => Promise.all(files.map((file) => rm(file, { force: true }))));

for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  describe(`in mode ${mode}`, { concurrency: true }, () => {
    let fixture: PoolFixture;
    before(async () => (fixture = await startPool({ isolation: mode })));
    after(() => fixture.stop());

    for (const [name, define] of Object.entries(functions)) {
      test(`${name} stops between invocations and goes on in the next`, async () => {
        const snapshot = await define(counterFile(`${mode}-${name.replaceAll(' ', '-')}`));
        const first = answerOf(await invoke(fixture, snapshot));
        // the time itself is what is tested: a counter that went on would be further by 80
        await sleep(1200);
        const second = answerOf(await invoke(fixture, snapshot));
        assert.ok(second.before - first.after < 40, JSON.stringify([first, second]));
        assert.ok(second.after > second.before, JSON.stringify([first, second]));
      });
    }

    test('a frozen sandbox ends like any other', async () => {
      const define = functions['a child process of a Node function'];
      assert.ok(define);
      const snapshot = await define(counterFile(`${mode}-end`));
      await invoke(fixture, snapshot);
      await sleep(300);
      fixture.pool.retire(snapshot.arn);
      assert.ok(answerOf(await invoke(fixture, snapshot)).after > 0);
    });
  });
}
