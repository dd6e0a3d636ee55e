import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { randomIds } from '#core/ids.ts';
import { eventually } from '../eventually.ts';
import { answerOf, defineFunction, invoke, startPool, type PoolFixture } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => {
  fixture = await startPool();
});
after(() => fixture.stop());

const HANDLER = `import os
from lib import part

def handler(event, context):
    if event.get('fail'):
        part.fail()
    return [part.__cached__ and os.path.exists(part.__cached__), part.WORD]
`;
const PART = "WORD = 'part'\n\ndef fail():\n    raise ValueError('failed')\n";

test('modules are compiled once they are deployed, and their errors stay in the lines of the source', async () => {
  const snapshot = await defineFunction(
    { 'index.py': HANDLER, 'lib/__init__.py': '', 'lib/part.py': PART, 'lib/wrong.py': 'def (' },
    { runtime: 'python3.11' },
  );
  await fixture.pool.prepare(snapshot);
  const answer = await eventually(async () => {
    fixture.pool.retire(snapshot.arn);
    const now = answerOf(await invoke(fixture, { ...snapshot, revisionId: randomIds.uuid() }));
    return now[0] === true ? now : undefined;
  });
  assert.deepEqual(answer, [true, 'part']);
  const failed = answerOf(await invoke(fixture, { ...snapshot, revisionId: randomIds.uuid() }, { fail: true }));
  assert.match(failed.stackTrace.at(-1), /File "\/var\/task\/lib\/part\.py", line 4, in fail\n {4}raise ValueError/);
});
