// examples/cors-two-origins in a browser: a page of the allowed origin, with cookies and preflights, and one of another.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { chromium, type Browser, type Page } from 'playwright-core';
import { browserOptions } from '../browser.ts';
import { startApplication, type Application } from './application.ts';

let app: Application;
let browser: Browser;
before(async () => {
  app = await startApplication(path.resolve(import.meta.dirname, '../../examples/cors-two-origins/template.yaml'));
  browser = await chromium.launch(await browserOptions());
});
after(async () => {
  await browser?.close();
  await app?.stop();
});

interface Visit {
  page: Page;
  /** what the browser said on its console */
  console: string[];
  press: (button: string) => Promise<string>;
}
async function visit(output: string): Promise<Visit> {
  const page = await browser.newPage();
  const console: string[] = [];
  page.on('console', (message) => console.push(message.text()));
  await page.goto(app.outputs[output]!);
  return {
    page,
    console,
    async press(button) {
      await page.getByRole('button', { name: button }).click();
      await page.waitForFunction("!['', '…'].includes(document.getElementById('said').textContent)");
      return page.innerText('#said');
    },
  };
}

test('the shop puts things into its cart after a preflight, and its cookie comes back', async () => {
  const { press, page } = await visit('ShopUrl');
  assert.equal(await press('Put tea into the cart'), '1 in the cart: tea');
  assert.equal(await press('What is in the cart?'), '1 in the cart: tea');
  await page.close();
});

test('the browser refuses both requests of another origin, and says why', async () => {
  const { press, console, page } = await visit('StrangerUrl');
  assert.match(await press('Put tea into the cart'), /^The browser refused: Failed to fetch/);
  assert.match(await press('What is in the cart?'), /^The browser refused: Failed to fetch/);
  const [preflight = '', simple = ''] = console.filter((text) => text.includes('CORS policy'));
  assert.match(preflight, /preflight.*No 'Access-Control-Allow-Origin' header/);
  assert.match(simple, /No 'Access-Control-Allow-Origin' header/);
  await page.close();
});

test('the answers that the browsers judged, as bytes', async () => {
  const preflight = async (origin: string): Promise<Record<string, string>> => {
    const answer = await fetch(app.local('CartUrl'), {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PUT',
        'access-control-request-headers': 'content-type,x-cart',
      },
    });
    assert.equal(answer.status, 204);
    return Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('access-control-')));
  };
  const origin = new URL(app.outputs['ShopUrl']!).origin;
  assert.deepEqual(await preflight(origin), {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-allow-methods': 'GET,PUT',
    'access-control-allow-headers': 'content-type,x-cart',
    'access-control-max-age': '600',
  });
  assert.deepEqual(await preflight(new URL(app.outputs['StrangerUrl']!).origin), {});
});
