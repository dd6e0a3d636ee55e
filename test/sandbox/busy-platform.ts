// A platform to be killed: runs a function that never ends and says when it does (leftovers.test.ts).
import type { IsolationMode } from '#functions/index.ts';
import { defineFunction, invoke, startPool } from './pool-fixture.ts';

const [mode = 'namespaces', directory = '', word = ''] = process.argv.slice(2);
const fixture = await startPool({ isolation: mode as IsolationMode, directory });
const snapshot = await defineFunction(
  {
    'index.js': `require('child_process').spawn('sleep', ['${word}'], { detached: true });
      exports.handler = async (event) => { while (event.loop); return 1 }`,
  },
  { timeoutSeconds: 600 },
);
await invoke(fixture, snapshot);
console.log('running');
await invoke(fixture, snapshot, { loop: true });
