import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseObjectUrl } from './template-url.ts';

test('every way to write the address of an object is understood', () => {
  const cases: [string, string, string][] = [
    ['s3://bucket/a/b.yaml', 'bucket', 'a/b.yaml'],
    ['https://s3.amazonaws.com/bucket/a/b.yaml', 'bucket', 'a/b.yaml'],
    ['https://s3.eu-west-1.amazonaws.com/bucket/k', 'bucket', 'k'],
    ['https://s3-eu-west-1.amazonaws.com/bucket/k', 'bucket', 'k'],
    ['https://bucket.s3.amazonaws.com/k', 'bucket', 'k'],
    ['https://my.dotted.bucket.s3.us-east-1.amazonaws.com/a%20b', 'my.dotted.bucket', 'a b'],
    ['https://bucket.s3-eu-west-1.amazonaws.com/k', 'bucket', 'k'],
    ['http://127.0.0.1:4566/bucket/k', 'bucket', 'k'],
    ['http://bucket.s3.localhost:4566/k', 'bucket', 'k'],
  ];
  for (const [url, bucket, key] of cases) assert.deepEqual(parseObjectUrl(url), { bucket, key }, url);
  assert.equal(parseObjectUrl('https://b.s3.amazonaws.com/k?versionId=3').versionId, '3');
});

test('what is no address is refused', () => {
  for (const url of ['nothing', 'ftp://x/y', 'https://s3.amazonaws.com/bucket', 's3://bucket']) {
    assert.throws(() => parseObjectUrl(url), { message: 'TemplateURL must be a supported URL.' });
  }
});
