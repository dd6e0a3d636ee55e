// What no SDK sends: names in the host, bodies of unknown length, broken requests.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startTestServer } from '../../harness.ts';
import { newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}
/** Sends to this server, whatever host the URL names. */
function send(
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
  body: (string | Buffer)[] = [],
): Promise<Answer> {
  const { host, pathname, search } = new URL(url);
  const { port } = new URL(server.endpoint);
  return new Promise((resolve, reject) => {
    const request = http.request(
      { host: '127.0.0.1', port, path: pathname + search, ...options, headers: { ...options.headers, host } },
      (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }));
      },
    );
    request.on('error', reject);
    for (const chunk of body) request.write(chunk);
    request.end();
  });
}

test('a bucket may be named by the host in every form', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'a/b c', Body: 'x' }));
  const { port } = new URL(server.endpoint);
  for (const host of ['s3.localhost', 's3.us-east-1.localhost', 'localhost', 's3.us-east-1.amazonaws.com']) {
    const virtual = new S3Client({ ...server.sdk, endpoint: `http://${host}:${port}`, forcePathStyle: false });
    const url = await getSignedUrl(virtual, new GetObjectCommand({ Bucket, Key: 'a/b c' }));
    assert.equal(new URL(url).hostname, `${Bucket}.${host}`);
    assert.deepEqual([(await send(url)).body, host], ['x', host]);
  }
});

test('a body of unknown length is refused', async () => {
  const Bucket = await newBucket(s3);
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'k' }));
  const answer = await send(url, { method: 'PUT' }, ['some', 'chunks']);
  assert.equal(answer.status, 411);
  assert.match(
    answer.body,
    /<Code>MissingContentLength<\/Code><Message>You must provide the Content-Length HTTP header\.<\/Message>/,
  );
});

test('an object of more than 5 GiB in one PUT is refused before its bytes come', async () => {
  const Bucket = await newBucket(s3);
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'k' }));
  const size = 5 * 1024 ** 3 + 1;
  const { host, pathname, search } = new URL(url);
  const answer = await new Promise<Answer>((resolve, reject) => {
    const request = http.request(
      {
        host: host.split(':')[0],
        port: host.split(':')[1],
        path: pathname + search,
        method: 'PUT',
        headers: { 'content-length': size },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => {
          request.destroy();
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
        });
      },
    );
    request.on('error', reject).flushHeaders();
  });
  assert.equal(answer.status, 400);
  assert.match(
    answer.body,
    new RegExp(
      `<Code>EntityTooLarge</Code>.*<ProposedSize>${size}</ProposedSize><MaxSizeAllowed>5368709120</MaxSizeAllowed>`,
    ),
  );
});

test('an upload that breaks off makes no object', async () => {
  const Bucket = await newBucket(s3);
  const url = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'broken' }));
  const { host, pathname, search } = new URL(url);
  await new Promise<void>((resolve) => {
    const request = http.request({
      host: host.split(':')[0],
      port: host.split(':')[1],
      path: pathname + search,
      method: 'PUT',
      headers: { 'content-length': 1_000_000 },
    });
    request.on('error', () => resolve());
    request.write(Buffer.alloc(500_000), () => request.destroy(new Error('gone')));
  });
  await assert.rejects(s3.send(new GetObjectCommand({ Bucket, Key: 'broken' })), { name: 'NoSuchKey' });
});

test('a method that means no operation is refused', async () => {
  const Bucket = await newBucket(s3);
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'k' }));
  const odd = await send(url, { method: 'PATCH' });
  assert.equal(odd.status, 405);
  assert.match(odd.body, /<Code>MethodNotAllowed<\/Code>/);
});
