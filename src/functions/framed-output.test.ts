import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FramedOutput } from './framed-output.ts';

function frame(text: string, length: number = Buffer.byteLength(text)): Buffer {
  const header = Buffer.alloc(16);
  header.writeUInt32BE(0xa55a0003);
  header.writeUInt32BE(length, 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

/** what comes out, in order, of bytes that come in pieces of a size */
function read(bytes: Buffer, size: number): { plain: string; records: string[] } {
  const found = { plain: '', records: [] as string[] };
  const output = new FramedOutput({
    plain: (part) => (found.plain += part.toString('latin1')),
    record: (text) => found.records.push(text),
  });
  for (let at = 0; at < bytes.length; at += size) output.take(bytes.subarray(at, at + size));
  return found;
}

test('records come out whole and in order, however the bytes are cut', () => {
  const bytes = Buffer.concat([
    Buffer.from('before\n'),
    frame('one\ntwo\n'),
    frame(''),
    Buffer.from('between'),
    frame('grüße'),
    Buffer.from('after'),
  ]);
  for (const size of [1, 2, 7, 16, 1000]) {
    assert.deepEqual(
      read(bytes, size),
      { plain: 'before\nbetweenafter', records: ['one\ntwo', '', 'grüße'] },
      `${size}`,
    );
  }
});

test('a frame that claims too much is output like any other, and nothing is held for it', () => {
  const { plain, records } = read(Buffer.concat([frame('text', 0xffffffff), frame('next')]), 5);
  assert.ok(plain.endsWith('text'));
  assert.deepEqual(records, ['next']);
});
