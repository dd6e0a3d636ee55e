// What browsers do: preflight, cross-origin requests, presigned URLs and forms.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  DeletePublicAccessBlockCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutBucketCorsCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { startTestServer } from '../../harness.ts';
import { newBucket, textOf } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

async function corsBucket(): Promise<string> {
  const Bucket = await newBucket(s3);
  const CORSRules = [
    {
      AllowedMethods: ['GET', 'PUT'],
      AllowedOrigins: ['http://page.example'],
      AllowedHeaders: ['content-*'],
      ExposeHeaders: ['ETag'],
      MaxAgeSeconds: 60,
    },
  ];
  await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules } }));
  return Bucket;
}
const preflight = (path: string, headers: Record<string, string>): Promise<Response> =>
  fetch(`${server.endpoint}/${path}`, { method: 'OPTIONS', headers });

test('a preflight that a rule allows is answered by that rule', async () => {
  const Bucket = await corsBucket();
  const response = await preflight(`${Bucket}/k`, {
    origin: 'http://page.example',
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'Content-Type, content-md5',
  });
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('access-control-allow-origin'), 'http://page.example');
  assert.equal(response.headers.get('access-control-allow-methods'), 'GET, PUT');
  assert.equal(response.headers.get('access-control-allow-headers'), 'content-type, content-md5');
  assert.equal(response.headers.get('access-control-max-age'), '60');
  assert.equal(response.headers.get('access-control-expose-headers'), 'ETag');
});

test("any other preflight is forbidden, in S3's words", async () => {
  const Bucket = await corsBucket();
  const ask = { origin: 'http://page.example', 'access-control-request-method': 'PUT' };
  for (const headers of [
    { ...ask, origin: 'http://evil.example' },
    { ...ask, 'access-control-request-method': 'DELETE' },
    { ...ask, 'access-control-request-headers': 'authorization' },
  ]) {
    const response = await preflight(`${Bucket}/k`, headers);
    assert.equal(response.status, 403);
    assert.match(
      await response.text(),
      /<Code>AccessForbidden<\/Code><Message>CORSResponse: This CORS request is not allowed\./,
    );
    assert.equal(response.headers.get('access-control-allow-origin'), null);
  }
  const none = await preflight(`${await newBucket(s3)}/k`, ask);
  assert.match(await none.text(), /CORSResponse: CORS is not enabled for this bucket\./);
});

test('answers to an allowed origin carry its headers, refusals included', async () => {
  const Bucket = await corsBucket();
  await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
  const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'k' }));
  const got = await fetch(url, { headers: { origin: 'http://page.example' } });
  assert.deepEqual([got.status, got.headers.get('access-control-allow-origin')], [200, 'http://page.example']);
  const refused = await fetch(`${server.endpoint}/${Bucket}/k`, { headers: { origin: 'http://page.example' } });
  assert.deepEqual([refused.status, refused.headers.get('access-control-allow-origin')], [403, 'http://page.example']);
  const other = await fetch(url, { headers: { origin: 'http://evil.example' } });
  assert.equal(other.headers.get('access-control-allow-origin'), null);
});

test('presigned URLs read and write', async () => {
  const Bucket = await newBucket(s3);
  const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'a b/ü', ContentType: 'text/plain' }), {
    expiresIn: 60,
  });
  const stored = await fetch(put, { method: 'PUT', body: 'signed', headers: { 'content-type': 'text/plain' } });
  assert.equal(stored.status, 200);
  const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'a b/ü', ResponseContentType: 'text/html' }), {
    expiresIn: 60,
  });
  const got = await fetch(get);
  assert.deepEqual([await got.text(), got.headers.get('content-type')], ['signed', 'text/html']);
  const virtual = new S3Client({
    ...server.sdk,
    endpoint: server.endpoint.replace('127.0.0.1', 's3.localhost'),
    forcePathStyle: false,
  });
  assert.match(
    await getSignedUrl(virtual, new GetObjectCommand({ Bucket, Key: 'k' })),
    new RegExp(`^http://${Bucket}\\.s3\\.localhost:`),
  );
});

function form(fields: Record<string, string>, file = 'content'): FormData {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) data.append(name, value);
  data.append('file', new Blob([file], { type: 'text/plain' }), 'name.txt');
  return data;
}
async function publicBucket(): Promise<string> {
  const Bucket = await newBucket(s3);
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: { Effect: 'Allow', Principal: '*', Action: 's3:PutObject', Resource: `arn:aws:s3:::${Bucket}/*` },
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  return Bucket;
}
const post = (Bucket: string, body: FormData): Promise<Response> =>
  fetch(`${server.endpoint}/${Bucket}`, { method: 'POST', body, redirect: 'manual' });

test('a form stores its file under the key, with ${filename} replaced', async () => {
  const Bucket = await publicBucket();
  const response = await post(
    Bucket,
    form({ key: 'user/${filename}', 'Content-Type': 'text/x', 'x-amz-meta-tag': 'v', 'Cache-Control': 'no-cache' }),
  );
  assert.equal(response.status, 204);
  const got = await s3.send(new GetObjectCommand({ Bucket, Key: 'user/name.txt' }));
  assert.deepEqual(
    [await textOf(got.Body), got.ContentType, got.Metadata, got.CacheControl],
    ['content', 'text/x', { tag: 'v' }, 'no-cache'],
  );
});

test('a form may ask for a redirect or for a document', async () => {
  const Bucket = await publicBucket();
  const redirected = await post(Bucket, form({ key: 'k', success_action_redirect: 'http://page.example/done?x=1' }));
  assert.equal(redirected.status, 303);
  assert.match(
    redirected.headers.get('location') ?? '',
    new RegExp(`^http://page.example/done\\?x=1&bucket=${Bucket}&key=k&etag=%22`),
  );
  const created = await post(Bucket, form({ key: 'k', success_action_status: '201' }));
  assert.equal(created.status, 201);
  assert.match(
    await created.text(),
    new RegExp(`<PostResponse><Location>.*/${Bucket}/k</Location><Bucket>${Bucket}</Bucket><Key>k</Key>`),
  );
});

test('a form without permission, key or file is refused', async () => {
  const closed = await newBucket(s3);
  assert.equal((await post(closed, form({ key: 'k' }))).status, 403);
  const Bucket = await publicBucket();
  assert.match(
    await (await post(Bucket, form({}))).text(),
    /<Code>InvalidArgument<\/Code>.*<ArgumentName>key<\/ArgumentName>/s,
  );
  const fileless = new FormData();
  fileless.append('key', 'k');
  assert.match(await (await post(Bucket, fileless)).text(), /POST requires exactly one file upload per request\./);
  await assert.rejects(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' })));
});
