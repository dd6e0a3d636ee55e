// examples/websocket-chat under IAM: two people in their browsers, one who is not in the list, one who vanishes.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { chromium, type Browser, type Page } from 'playwright-core';
import { WebSocket } from 'ws';
import { browserOptions } from '../browser.ts';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

let app: Application;
let browser: Browser;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/websocket-chat/template.yaml');
  app = await startApplication(template, { iam: 'enforce' });
  browser = await chromium.launch(await browserOptions());
});
after(async () => {
  await browser?.close();
  await app?.stop();
});

async function enter(name: string): Promise<Page> {
  const page = await browser.newPage();
  await page.goto(app.outputs['SiteUrl'] ?? '');
  await page.fill('[name=name]', name);
  await page.getByRole('button', { name: 'Enter' }).click();
  await page.getByText(`You are ${name}.`).waitFor();
  return page;
}
const people = async (): Promise<string[]> => {
  const { Contents = [] } = await new S3Client(app.sdk).send(
    new ListObjectsV2Command({ Bucket: app.outputs['PeopleBucket'] }),
  );
  return Contents.map(({ Key = '' }) => decodeURIComponent(Key.split('/')[2] ?? '')).toSorted();
};
/** By the path form: a client that cannot resolve names below localhost. */
const connect = (query: string): WebSocket => {
  const { host, pathname } = new URL(app.local('ChatUrl').replace(/^ws/, 'http'));
  return new WebSocket(`ws://${host}${pathname}${query}`);
};

test('what one says, the other reads; who asks is answered alone; who leaves is missed', async () => {
  const ann = await enter('Ann');
  const bob = await enter('Bob & Söhne');
  await ann.getByText('Bob & Söhne has entered').waitFor();
  await ann.fill('[name=text]', 'Hello <b>Bob</b>');
  await ann.getByRole('button', { name: 'Say' }).click();
  await bob.getByText('Ann: Hello <b>Bob</b>').waitFor();
  await ann.getByText('Ann: Hello <b>Bob</b>').waitFor();
  await bob.getByRole('button', { name: 'Who is there?' }).click();
  await bob.getByText('Here are Ann, Bob & Söhne').waitFor();
  assert.equal(await ann.getByText('Here are').count(), 0);
  assert.deepEqual(await people(), ['Ann', 'Bob & Söhne']);
  await bob.close();
  await ann.getByText('Bob & Söhne has left').waitFor();
  assert.deepEqual(await people(), ['Ann']);
  await ann.close();
  await eventually(async () => (await people()).length === 0);
});

test('who has no name does not come in; what has no route is Forbidden', async () => {
  const status = await new Promise((resolve) => {
    const nameless = connect('');
    nameless.on('unexpected-response', (_request, response) => resolve(response.statusCode));
    nameless.on('error', () => {});
  });
  assert.equal(status, 400);
  const socket = connect('?name=Cleo');
  const answer = new Promise<string>((resolve) => socket.once('message', (data: Buffer) => resolve(data.toString())));
  socket.once('open', () => socket.send('{"action":"shout"}'));
  assert.match(await answer, /^\{"message": "Forbidden", "connectionId":"[^"]+", "requestId":"[^"]+"\}$/);
  socket.close();
  await eventually(async () => (await people()).length === 0);
});

test('who is in the list and not connected is struck off by the next message', async () => {
  const Key = 'people/AAAAAAAAAAAAAAA=/Ghost';
  await new S3Client(app.sdk).send(new PutObjectCommand({ Bucket: app.outputs['PeopleBucket'], Key }));
  const dora = await enter('Dora');
  assert.deepEqual(await people(), ['Dora']);
  await dora.close();
});
