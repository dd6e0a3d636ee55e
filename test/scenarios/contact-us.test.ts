// The shipped example as a visitor, a stranger's page and an impatient client see it.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium, type Browser } from 'playwright-core';
import { browserOptions } from '../browser.ts';
import { eventually } from '../harness.ts';
import { startApplication, type Application } from './application.ts';

let app: Application;
let browser: Browser;
before(async () => {
  app = await startApplication(path.resolve(import.meta.dirname, '../../examples/contact-us/template.yaml'));
  browser = await chromium.launch(await browserOptions());
});
after(async () => {
  await browser?.close();
  await app?.stop();
});

interface Mail {
  id: string;
  subject: string;
  to: string[];
}
const inbox = async (): Promise<Mail[]> => (await fetch(`${app.endpoint}/_gatehouse/inbox`)).json() as Promise<Mail[]>;
const post = (body: string, type = 'application/json'): Promise<Response> =>
  fetch(app.local('SendEmailUrl'), { method: 'POST', headers: { 'content-type': type }, body });

test('a visitor fills in the form and the mail is in the inbox', async () => {
  const page = await browser.newPage();
  await page.goto(app.outputs['SiteUrl'] ?? '');
  await page.fill('[name=fullname]', "Ann O'Neil");
  await page.fill('[name=emailid]', 'ann@example.com');
  await page.fill('[name=company]', 'ACME & Sons');
  await page.click('button');
  await page.getByText('Thank you, your message is on its way.').waitFor();
  const mail = await eventually(async () =>
    (await inbox()).find((each) => each.subject === "Contact request from Ann O'Neil"),
  );
  assert.deepEqual(mail.to, ['owner@example.com']);
  assert.match(await (await fetch(`${app.endpoint}/_gatehouse/inbox/${mail.id}`)).text(), /Company: ACME & Sons/);
  await page.close();
});

test('a form of the old kind sends the same event', async () => {
  const answer = await post(
    'fullname=Bob+B%C3%BChler&emailid=bob%40example.com&company=A%26B',
    'application/x-www-form-urlencoded',
  );
  assert.equal(answer.status, 200);
  await eventually(async () => (await inbox()).find((each) => each.subject === 'Contact request from Bob Bühler'));
});

test('another origin is refused by the browser', async () => {
  const page = await browser.newPage();
  await page.goto(`${app.endpoint}/_gatehouse/health`);
  const outcome = await page.evaluate(
    (url) =>
      fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }).then(
        () => 'answered',
        () => 'refused',
      ),
    app.outputs['SendEmailUrl'] ?? '',
  );
  assert.equal(outcome, 'refused');
  await page.close();
});

test('a media type without a template is refused', async () => {
  const answer = await post('<x/>', 'application/xml');
  assert.equal(answer.status, 415);
  assert.deepEqual(await answer.json(), { message: 'Unsupported Media Type' });
});

test('a checked failure answers the static error and reveals nothing', async () => {
  const answer = await eventually(async () => {
    const tried = await post('{"fullname":"Nobody"}');
    return tried.status === 429 ? undefined : tried;
  });
  assert.equal(answer.status, 500);
  assert.equal(await answer.text(), '{"message": "The message could not be sent."}');
});

test('a burst is throttled and recovers; preflights are not counted', async () => {
  await eventually(async () => (await post('{"fullname":"x"}')).status !== 429);
  const statuses = await Promise.all(Array.from({ length: 13 }, async () => (await post('{"fullname":"x"}')).status));
  assert.ok(statuses.includes(429), statuses.join(' '));
  const refused = await eventually(async () => {
    const answer = await post('{"fullname":"x"}');
    return answer.status === 429 ? answer : undefined;
  });
  assert.deepEqual(await refused.json(), { message: 'Too Many Requests' });
  assert.equal(refused.headers.get('access-control-allow-origin'), app.outputs['SiteUrl']);
  const preflight = await fetch(app.local('SendEmailUrl'), { method: 'OPTIONS' });
  assert.equal(preflight.status, 200);
  await eventually(async () => (await post('{"fullname":"x"}')).status === 500);
});
