import { existsSync } from 'node:fs';
import chromiumBinary from '@sparticuz/chromium';
import type { LaunchOptions } from 'playwright-core';

/** The browser that comes inside an npm package; a test machine needs none of its own. */
export async function browserOptions(): Promise<LaunchOptions> {
  const packed = await chromiumBinary.executablePath();
  return {
    executablePath: existsSync(packed) ? packed : '/usr/bin/chromium',
    headless: true,
    args: [
      '--no-sandbox', // root may not run with it, and the pages are our own
      '--no-first-run',
      '--disable-gpu',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  };
}
