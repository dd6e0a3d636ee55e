// What sandboxes must hold, as an ordinary user, where user namespaces allow it: no capability of root helps the platform there.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const USER = '65534';
const SETPRIV = 'setpriv';
const asUser = ['--reuid', USER, '--regid', USER, '--clear-groups', '--inh-caps=-all'];
const probe = ['unshare', '--user', '--map-root-user', '--mount', '--pid', '--fork', 'true'];
const isRoot = process.getuid?.() === 0;
const offered = isRoot && spawnSync(SETPRIV, [...asUser, ...probe]).status === 0;

for (const suite of ['escape.test.ts', 'image.test.ts', 'api-abuse.test.ts', 'channel.test.ts']) {
  test(
    `an ordinary user’s sandboxes hold as well: ${suite}`,
    {
      skip: offered ? false : 'needs root and user namespaces',
    },
    () => {
      const file = fileURLToPath(new URL(suite, import.meta.url));
      const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
      const run = spawnSync(SETPRIV, [...asUser, process.execPath, '--test', '--test-reporter=tap', file], {
        env: { ...environment, HOME: '/tmp', TMPDIR: '/tmp' },
        encoding: 'utf8',
      });
      assert.equal(run.status, 0, run.stdout);
      assert.match(run.stdout, /^# pass [1-9]/m);
    },
  );
}
