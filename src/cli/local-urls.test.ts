import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Platform } from '#kernel/platform.ts';
import { localUrls } from './local-urls.ts';

const platform = { config: { domain: 'localhost', host: '127.0.0.1', port: 4566 } } as Platform;

test('data plane addresses of AWS become local ones, everything else stays', () => {
  const expected: [string, string][] = [
    [
      'https://abc123.execute-api.us-east-1.amazonaws.com/test/x',
      'http://abc123.execute-api.us-east-1.localhost:4566/test/x',
    ],
    ['http://site.s3-website-us-east-1.amazonaws.com', 'http://site.s3-website-us-east-1.localhost:4566'],
    ['http://site.s3-website.eu-central-1.amazonaws.com/a', 'http://site.s3-website.eu-central-1.localhost:4566/a'],
    ['https://xyz.lambda-url.us-east-1.on.aws/', 'http://xyz.lambda-url.us-east-1.localhost:4566/'],
    ['arn:aws:s3:::bucket', 'arn:aws:s3:::bucket'],
    ['https://sqs.us-east-1.amazonaws.com/000000000000/q', 'http://127.0.0.1:4566/000000000000/q'],
    ['https://email.us-east-1.amazonaws.com/', 'https://email.us-east-1.amazonaws.com/'],
  ];
  for (const [text, local] of expected) assert.equal(localUrls(text, platform), local);
});
