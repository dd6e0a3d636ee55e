// examples/multipart-upload under IAM: every byte of a form's files arrives in the bucket, and comes back.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { startApplication, type Application } from './application.ts';

let app: Application;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/multipart-upload/template.yaml');
  app = await startApplication(template, { iam: 'enforce' });
});
after(() => app?.stop());

/** all bytes there are, and lines that look like a boundary's */
const PICTURE = Buffer.concat([
  Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
  Buffer.from('\r\n--boundary--\r\n'),
  Buffer.alloc(300_000, 'é\xff', 'latin1'),
]);
const upload = (form: FormData | string, headers = {}): Promise<Response> =>
  fetch(app.local('FilesUrl'), { method: 'POST', body: form, headers });

test('a form with two files and a field is kept byte for byte, and a picture comes back as bytes', async () => {
  const form = new FormData();
  form.set('title', 'Käse & "more"');
  form.set('picture', new File([PICTURE], 'cat 1.png', { type: 'image/png' }));
  form.set('note', new File(['plain'], 'note.txt', { type: 'text/plain' }));
  const answer = await upload(form);
  assert.equal(answer.status, 201, await answer.clone().text());
  assert.deepEqual(await answer.json(), {
    kept: [
      { name: 'cat 1.png', type: 'image/png', bytes: PICTURE.length },
      { name: 'note.txt', type: 'text/plain', bytes: 5 },
    ],
  });
  const s3 = new S3Client(app.sdk);
  const Bucket = app.outputs['Bucket'];
  const { Body, ContentType, Metadata } = await s3.send(new GetObjectCommand({ Bucket, Key: 'cat 1.png' }));
  assert.ok(PICTURE.equals(await Body!.transformToByteArray()));
  assert.deepEqual([ContentType, Metadata?.['title']], ['image/png', encodeURIComponent('Käse & "more"')]);
  const asBytes = await fetch(`${app.local('FilesUrl')}/cat%201.png`, { headers: { accept: 'image/png' } });
  assert.equal(asBytes.headers.get('content-type'), 'image/png');
  assert.ok(PICTURE.equals(Buffer.from(await asBytes.arrayBuffer())));
});

test('who accepts no binary media type gets the base64 text', async () => {
  const form = new FormData();
  form.set('dot', new File([Buffer.from([0, 255])], 'dot.png', { type: 'image/png' }));
  assert.equal((await upload(form)).status, 201);
  const answer = await fetch(`${app.local('FilesUrl')}/dot.png`, { headers: { accept: 'application/json' } });
  assert.equal(await answer.text(), 'AP8=');
});

test('other media types are text and no form; what is not there is said so', async () => {
  const refused = await upload('{"a":1}', { 'content-type': 'application/json' });
  assert.deepEqual([refused.status, await refused.json()], [415, { message: 'Send a form' }]);
  assert.equal((await fetch(`${app.local('FilesUrl')}/nothing.png`)).status, 404);
});
