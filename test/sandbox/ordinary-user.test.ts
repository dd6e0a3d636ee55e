// The escape suite as an ordinary user, where user namespaces allow it: no capability of root helps the platform there.
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

test('an ordinary user’s sandboxes hold as well', { skip: offered ? false : 'needs root and user namespaces' }, () => {
  const suite = fileURLToPath(new URL('escape.test.ts', import.meta.url));
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const run = spawnSync(SETPRIV, [...asUser, process.execPath, '--test', '--test-reporter=tap', suite], {
    env: { ...environment, HOME: '/tmp', TMPDIR: '/tmp' },
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stdout);
  assert.match(run.stdout, /^# pass [1-9]/m);
});
