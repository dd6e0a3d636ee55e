import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import {
  DeleteBucketWebsiteCommand,
  DeletePublicAccessBlockCommand,
  GetBucketWebsiteCommand,
  PutBucketPolicyCommand,
  PutBucketWebsiteCommand,
  PutObjectCommand,
  S3Client,
  type WebsiteConfiguration,
} from '@aws-sdk/client-s3';
import { startTestServer } from '../../harness.ts';
import { awsError, newBucket } from './fixture.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
after(() => server.stop());

interface Answer {
  status: number;
  headers: http.IncomingHttpHeaders;
  body: string;
}
/** As a browser: any host name leads here. */
function visit(
  host: string,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { port } = new URL(server.endpoint);
  return new Promise((resolve, reject) => {
    const request = http.request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: options.method ?? 'GET',
        headers: { ...options.headers, host: `${host}:${port}` },
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    request.on('error', reject).end();
  });
}

async function site(
  website: WebsiteConfiguration,
  objects: Record<string, string>,
  actions: string[] = ['s3:GetObject', 's3:ListBucket'],
): Promise<string> {
  const Bucket = await newBucket(s3);
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  const Resource = [`arn:aws:s3:::${Bucket}`, `arn:aws:s3:::${Bucket}/*`];
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: actions, Resource }],
  });
  await s3.send(new PutBucketPolicyCommand({ Bucket, Policy }));
  await s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: website }));
  for (const [Key, Body] of Object.entries(objects))
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'text/html' }));
  return Bucket;
}
const INDEX = { IndexDocument: { Suffix: 'index.html' } };
const hostOf = (bucket: string): string => `${bucket}.s3-website-us-east-1.localhost`;

test('a folder answers its index document, by host and by path', async () => {
  const Bucket = await site(INDEX, { 'index.html': 'home', 'docs/index.html': 'docs', 'a b.html': 'space' });
  for (const host of [hostOf(Bucket), `${Bucket}.s3-website.us-east-1.localhost`]) {
    const home = await visit(host, '/');
    assert.deepEqual([home.status, home.body, home.headers['content-type']], [200, 'home', 'text/html']);
    assert.equal((await visit(host, '/docs/?x=1')).body, 'docs');
    assert.equal((await visit(host, '/a%20b.html')).body, 'space');
  }
  assert.equal((await visit('127.0.0.1', `/_aws/s3-website/${Bucket}/docs/`)).body, 'docs');
  assert.equal((await visit('127.0.0.1', `/_aws/s3-website/${Bucket}`)).body, 'home');
});

test('a folder without its slash is redirected to it', async () => {
  const Bucket = await site(INDEX, { 'docs/index.html': 'docs' });
  const answer = await visit(hostOf(Bucket), '/docs');
  assert.deepEqual([answer.status, answer.headers.location], [302, '/docs/']);
  const byPath = await visit('127.0.0.1', `/_aws/s3-website/${Bucket}/docs`);
  assert.equal(byPath.headers.location, `/_aws/s3-website/${Bucket}/docs/`);
});

test("what is missing answers S3's page with 404, with escaped names", async () => {
  const Bucket = await site(INDEX, {});
  const answer = await visit(hostOf(Bucket), '/%3Cscript%3E');
  assert.equal(answer.status, 404);
  assert.match(answer.headers['content-type'] ?? '', /^text\/html/);
  assert.match(
    answer.body,
    /<h1>404 Not Found<\/h1>\n<ul>\n<li>Code: NoSuchKey<\/li>\n<li>Message: The specified key does not exist\.<\/li>\n<li>Key: &lt;script&gt;<\/li>/,
  );
});

test('the error document is shown with the status of the error', async () => {
  const Bucket = await site(
    { ...INDEX, ErrorDocument: { Key: 'error.html' } },
    { 'index.html': 'home', 'error.html': 'sorry' },
  );
  const answer = await visit(hostOf(Bucket), '/missing');
  assert.deepEqual([answer.status, answer.body, answer.headers['x-amz-error-code']], [404, 'sorry', 'NoSuchKey']);
  const without = await site({ ...INDEX, ErrorDocument: { Key: 'gone.html' } }, {});
  assert.match(
    (await visit(hostOf(without), '/missing')).body,
    /An Error Occurred While Attempting to Retrieve a Custom Error Document/,
  );
});

test('a site is as public as its bucket', async () => {
  const Bucket = await newBucket(s3);
  await s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: INDEX }));
  await s3.send(new PutObjectCommand({ Bucket, Key: 'index.html', Body: 'home' }));
  const answer = await visit(hostOf(Bucket), '/');
  assert.equal(answer.status, 403);
  assert.match(answer.body, /<li>Code: AccessDenied<\/li>/);
});

test('only GET and HEAD are allowed', async () => {
  const Bucket = await site(INDEX, { 'index.html': 'home' });
  const head = await visit(hostOf(Bucket), '/', { method: 'HEAD' });
  assert.deepEqual([head.status, head.body, head.headers['content-length']], [200, '', '4']);
  for (const method of ['POST', 'PUT', 'DELETE']) {
    const answer = await visit(hostOf(Bucket), '/', { method });
    assert.equal(answer.status, 405);
    assert.match(answer.body, /<li>Code: MethodNotAllowed<\/li>/);
  }
});

test('a browser that has the page gets 304, one that wants a part 206', async () => {
  const Bucket = await site(INDEX, { 'index.html': 'home' });
  const { headers } = await visit(hostOf(Bucket), '/');
  const again = await visit(hostOf(Bucket), '/', { headers: { 'if-none-match': headers.etag ?? '' } });
  assert.deepEqual([again.status, again.body, again.headers.etag], [304, '', headers.etag]);
  const partial = await visit(hostOf(Bucket), '/', { headers: { range: 'bytes=1-2' } });
  assert.deepEqual([partial.status, partial.body, partial.headers['content-range']], [206, 'om', 'bytes 1-2/4']);
});

test('redirects: of an object, by routing rules, of a whole site', async () => {
  const RoutingRules = [
    { Condition: { KeyPrefixEquals: 'old/' }, Redirect: { ReplaceKeyPrefixWith: 'new/' } },
    {
      Condition: { HttpErrorCodeReturnedEquals: '404' },
      Redirect: { HostName: 'other.example', ReplaceKeyPrefixWith: '#!/', HttpRedirectCode: '302' },
    },
  ];
  const Bucket = await site({ ...INDEX, RoutingRules }, {});
  await s3.send(
    new PutObjectCommand({ Bucket, Key: 'moved', Body: 'x'.repeat(200_000), WebsiteRedirectLocation: '/there' }),
  );
  const host = hostOf(Bucket);
  const { port } = new URL(server.endpoint);
  const location = async (path: string): Promise<[number, string | undefined]> => {
    const answer = await visit(host, path);
    return [answer.status, answer.headers.location];
  };
  assert.deepEqual(await location('/moved'), [301, '/there']);
  assert.deepEqual(await location('/old/page'), [301, `http://${host}:${port}/new/page`]);
  assert.deepEqual(await location('/none'), [302, 'http://other.example/#!/none']);
  const all = await site({ RedirectAllRequestsTo: { HostName: 'www.example', Protocol: 'https' } }, {});
  const answer = await visit(hostOf(all), '/a/b');
  assert.deepEqual([answer.status, answer.headers.location], [301, 'https://www.example/a/b']);
});

test('no bucket and no website are 404 pages', async () => {
  assert.match((await visit(hostOf('there-is-no-such-bucket'), '/')).body, /<li>Code: NoSuchBucket<\/li>/);
  assert.match((await visit(hostOf(await newBucket(s3)), '/')).body, /<li>Code: NoSuchWebsiteConfiguration<\/li>/);
});

test('the configuration is checked and given back', async () => {
  const Bucket = await newBucket(s3);
  const put = (website: WebsiteConfiguration): Promise<unknown> =>
    s3.send(new PutBucketWebsiteCommand({ Bucket, WebsiteConfiguration: website }));
  await assert.rejects(
    put({ IndexDocument: { Suffix: 'a/b' } }),
    awsError('InvalidArgument', 400, { message: 'The IndexDocument Suffix is not well formed' }),
  );
  await assert.rejects(put({ ErrorDocument: { Key: 'e' } }), awsError('InvalidArgument', 400));
  await assert.rejects(put({ ...INDEX, RedirectAllRequestsTo: { HostName: 'x' } }), awsError('InvalidArgument', 400));
  await assert.rejects(
    put({ ...INDEX, RoutingRules: [{ Redirect: { HttpRedirectCode: '200' } }] }),
    awsError('InvalidRequest', 400),
  );
  const website = {
    ...INDEX,
    ErrorDocument: { Key: 'e' },
    RoutingRules: [{ Condition: { KeyPrefixEquals: 'a' }, Redirect: { HostName: 'x' } }],
  };
  await put(website);
  const { $metadata: _, ...got } = await s3.send(new GetBucketWebsiteCommand({ Bucket }));
  assert.deepEqual(got, website);
  await s3.send(new DeleteBucketWebsiteCommand({ Bucket }));
  await assert.rejects(s3.send(new GetBucketWebsiteCommand({ Bucket })), awsError('NoSuchWebsiteConfiguration', 404));
});

test('without leave to list, what is missing answers 403, as on AWS', async () => {
  const Bucket = await site({ ...INDEX, ErrorDocument: { Key: 'error.html' } }, { 'error.html': 'sorry' }, [
    's3:GetObject',
  ]);
  const answer = await visit(hostOf(Bucket), '/missing');
  assert.deepEqual([answer.status, answer.body], [403, 'sorry']);
});
