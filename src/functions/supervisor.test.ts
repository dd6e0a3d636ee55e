import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { quote, Supervisor } from './supervisor.ts';

test('a word of any characters is one word of shell on one line', () => {
  const words = ['plain', "it's", 'a b', '', '$(false) `x` "y" \\', 'two\nlines\n', '-n', 'ä€'];
  const orders = words.map(quote);
  for (const order of orders) assert.ok(!order.includes('\n'));
  const script = `nl='\n'\nfor word in ${orders.join(' ')}; do printf '%s\\0' "$word"; done`;
  assert.deepEqual(execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0').slice(0, -1), words);
});

test('reports are taken apart, whatever else is said', () => {
  const heard: unknown[] = [];
  const socket = new PassThrough();
  new Supervisor(socket as never, {
    runtimeEnded: (status) => heard.push(status),
    extensionEnded: (name, status) => heard.push([name, status]),
  });
  socket.emit('data', 'extension 3 a name\nnoise\nrunt');
  socket.emit('data', `ime 137\nruntime 1x\n${'x'.repeat(10_000)}`);
  assert.deepEqual(heard, [['a name', 3], 137]);
});
