// Standard output and error as programs open them by name, and what else a function finds open when it starts.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

const NAMES = ['/dev/stdout', '/dev/stderr', '/proc/self/fd/1', '/proc/self/fd/2'];

const functions: Record<string, () => Promise<FunctionSnapshot>> = {
  Node: () =>
    defineFunction({
      'index.js': `exports.handler = async (names) => names.forEach((name) => require('fs').appendFileSync(name, 'to ' + name + '\\n'))`,
    }),
  Python: () =>
    defineFunction(
      {
        'index.py':
          'def handler(names, context):\n  for name in names:\n    with open(name, "w") as file:\n      file.write("to " + name + "\\n")',
      },
      { runtime: 'python3.12' },
    ),
  bash: () =>
    defineFunction(
      {
        bootstrap: `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
while true; do
  ID=$(curl -sS -o /dev/null -D - "$API/invocation/next" | grep -i '^Lambda-Runtime-Aws-Request-Id:' | tr -d '\\r' | cut -d' ' -f2)
  for NAME in ${NAMES.join(' ')}; do echo "to $NAME" > $NAME; done
  curl -sS -X POST "$API/invocation/$ID/response" -d null > /dev/null
done`,
      },
      { runtime: 'provided.al2023' },
    ),
};

for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    before(async () => (fixture = await startPool({ isolation: mode })));
    after(() => fixture.stop());

    for (const [language, define] of Object.entries(functions)) {
      test(`a ${language} function opens them by name, and its lines are logged`, async () => {
        const snapshot = await define();
        const result = await invoke(fixture, snapshot, NAMES);
        assert.equal(result.functionError, undefined, result.payload.toString());
        const wanted = NAMES.map((name) => `to ${name}\n`);
        await eventually(() => wanted.every((line) => fixture.logs.get(snapshot.name)?.includes(line)));
      });
    }

    test('a child process that lists its descriptors finds the standard ones alone', async () => {
      const snapshot = await defineFunction({
        'index.js': `exports.handler = async () => require('child_process').execSync('ls -l /proc/self/fd', { stdio: ['ignore', 'pipe', 'inherit'] }).toString()`,
      });
      const listing: string = answerOf(await invoke(fixture, snapshot));
      const left = listing.split('\n').filter((line) => / (?!0|1|2)\d+ -> (?!\/proc\/)/.test(line));
      assert.deepEqual(left, []);
    });

    test('a function has the channel open, and nothing else that the platform made', async () => {
      const node = await defineFunction({
        'index.js': `const fs = require('fs'); const see = (fd) => { try { return fs.readlinkSync('/proc/self/fd/' + fd) } catch { return '' } };
          exports.handler = async () => fs.readdirSync('/proc/self/fd').map(see).filter((target) => /^socket:|^\\//.test(target) && target !== '/dev/null' && !target.startsWith('/proc/'))`,
      });
      assert.equal(answerOf(await invoke(fixture, node)).filter((to: string) => to.startsWith('socket:')).length, 1);
      const python = await defineFunction(
        {
          'index.py':
            'import os\ndef handler(event, context):\n  found = []\n  for fd in os.listdir("/proc/self/fd"):\n    if int(fd) > 2:\n      try:\n        found.append(os.readlink("/proc/self/fd/" + fd))\n      except OSError:\n        pass\n  return found',
        },
        { runtime: 'python3.12' },
      );
      const open: string[] = answerOf(await invoke(fixture, python));
      assert.equal(open.length, 1, open.join());
      assert.match(open[0] ?? '', /^socket:/);
    });
  });
}
