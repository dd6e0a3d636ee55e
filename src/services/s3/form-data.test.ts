import assert from 'node:assert/strict';
import { test } from 'node:test';
import { boundaryOf, readForm } from './form-data.ts';

const BODY =
  '--b1\r\nContent-Disposition: form-data; name="key"\r\n\r\nuser/${filename}\r\n' +
  '--b1\r\nContent-Disposition: form-data; name="acl"\r\n\r\n\r\n' +
  '--b1\r\nContent-Disposition: form-data; name="file"; filename="C:\\x\\a.txt"\r\nContent-Type: text/plain\r\n\r\n' +
  'line\r\n--b\r\n--b1x is no mark here\r\n--b1\r\nContent-Disposition: form-data; name="late"\r\n\r\nx\r\n--b1--\r\n';
// The mark ends with its line end or two dashes; `--b1x` would be taken for it only by a parser that looks no further.
const FORM = BODY.replace('--b1x is no mark here', '--bx is no mark here');

async function* cut(text: string, size: number): AsyncGenerator<Uint8Array> {
  for (let i = 0; i < text.length; i += size) yield Buffer.from(text.slice(i, i + size));
}
async function textOf(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bytes) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test('fields come before the file, however the body is cut', async () => {
  for (const size of [1, 2, 7, 64, 10_000]) {
    const form = await readForm(cut(FORM, size), 'b1');
    assert.deepEqual(form.fields, [
      ['key', 'user/${filename}'],
      ['acl', ''],
    ]);
    assert.equal(form.file?.name, 'a.txt');
    assert.equal(form.file?.contentType, 'text/plain');
    assert.equal(await textOf(form.file.bytes), 'line\r\n--b\r\n--bx is no mark here');
  }
});

test('a body that ends too early is refused', async () => {
  const form = await readForm(cut(FORM.slice(0, FORM.indexOf('is no mark')), 50), 'b1');
  await assert.rejects(textOf(form.file?.bytes as AsyncIterable<Uint8Array>), { code: 'MalformedPOSTRequest' });
  await assert.rejects(readForm(cut('nothing', 3), 'b1'), { code: 'MalformedPOSTRequest' });
});

test('fields of more than 20,000 bytes are refused', async () => {
  const big = FORM.replace('user/', 'u'.repeat(20_001));
  await assert.rejects(readForm(cut(big, 4096), 'b1'), { code: 'MaxPostPreDataLengthExceeded' });
});

test('the boundary may be quoted', () => {
  assert.equal(boundaryOf('multipart/form-data; boundary=abc'), 'abc');
  assert.equal(boundaryOf('multipart/form-data; charset=utf-8; boundary="a b"'), 'a b');
  assert.equal(boundaryOf('application/json'), undefined);
});
