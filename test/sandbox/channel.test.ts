// The channel's other end is untrusted: whatever it sends ends that sandbox at most.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

/** A handler that writes these bytes to its channel, then waits. `frame(type, sequence, payload, length)` builds one. */
const attack = (body: string): string => `
  const fs = require('fs');
  const frame = (type, sequence, payload = '', length = Buffer.byteLength(payload)) => {
    const head = Buffer.alloc(8); head.writeUInt32LE(length, 0); head[4] = type; head.writeUIntLE(sequence, 5, 3);
    return Buffer.concat([head, Buffer.from(payload)]);
  };
  const answer = (type, sequence, text) => frame(type, sequence, Buffer.concat([Buffer.alloc(4), Buffer.from(text)]));
  const write = (bytes) => { for (let at = 0; at < bytes.length; ) at += fs.writeSync(3, bytes, at) };
  exports.handler = async (event) => { ${body}; await new Promise((resolve) => setTimeout(resolve, event.attack ? 2000 : 0)); return 'survived' };`;

const ends: Record<string, string> = {
  'random bytes': `write(require('crypto').randomBytes(4096))`,
  'an unknown type': 'write(frame(99, 1))',
  'a frame of 4 GB': `write(frame(11, 1, 'x', 0xffffffff))`,
  'a frame just above the limit': `write(frame(11, 1, 'x', 7 * 1024 * 1024))`,
  'a platform frame sent back': `write(frame(2, 1, '{}'))`,
  'an answer to an invocation that is not running': `write(answer(11, 7, '"forged"'))`,
  'an answer without its head': 'write(frame(11, 1))',
  'a second boot': 'write(frame(9, 1))',
  'a second ready': 'write(frame(10, 1))',
  'a stream head that is no JSON': `write(frame(13, 1, '{'))`,
};
for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    before(async () => (fixture = await startPool({ isolation: mode })));
    after(() => fixture.stop());

    for (const [name, body] of Object.entries(ends)) {
      test(`${name} ends the sandbox`, async () => {
        const snapshot = await defineFunction({ 'index.js': attack(`if (event.attack) { ${body} }`) });
        const result = await invoke(fixture, snapshot, { attack: true });
        assert.equal(result.functionError, 'Unhandled');
        assert.match(answerOf(result).errorMessage, /^RequestId: .* Error: Runtime exited with error: signal: killed$/);
        assert.equal(answerOf(await invoke(fixture, snapshot)), 'survived');
      });
    }

    test('a forged answer of the running invocation is only that invocation’s answer', async () => {
      const forge = `if (event.forge) { write(answer(11, 1, '"forged"')); write(answer(11, 1, '"twice"')) }`;
      const snapshot = await defineFunction({ 'index.js': attack(forge) });
      assert.equal(answerOf(await invoke(fixture, snapshot, { forge: true })), 'forged');
      // the second one was unasked: it ends that sandbox, now or within the next invocation, and never answers for another
      await eventually(async () => {
        const next = answerOf(await invoke(fixture, snapshot));
        assert.notEqual(next, 'twice');
        return next === 'survived';
      });
    });

    test('half a frame is waited for no longer than the function may run', async () => {
      const snapshot = await defineFunction(
        { 'index.js': attack(`write(frame(11, 1, 'x', 100)); for (;;);`) },
        { timeoutSeconds: 1 },
      );
      assert.equal(answerOf(await invoke(fixture, snapshot)).errorType, 'Sandbox.Timedout');
    });

    test('closing the channel ends the sandbox', async () => {
      const snapshot = await defineFunction({ 'index.js': attack('fs.closeSync(3)') });
      const result = await invoke(fixture, snapshot);
      assert.match(answerOf(result).errorMessage, /Runtime exited/);
    });

    test('log frames of any content are text', async () => {
      const snapshot = await defineFunction(
        { 'index.js': attack(`write(frame(16, 1, Buffer.from([0xff, 0xfe, 0, 10, 13]))); return 1`) },
        { name: 'odd-log' },
      );
      assert.equal(answerOf(await invoke(fixture, snapshot)), 1);
      assert.ok(fixture.logs.get('odd-log')?.some((message) => message.includes('\ufffd')));
    });
  });
}
