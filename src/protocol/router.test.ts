import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadModel, serviceSummaries } from './model.ts';
import { restRouter } from './rest-router.ts';
import { bucketOfHost, findRoute, UnknownService, type Route, type RouteRequest } from './router.ts';

const domains = ['localhost', 'amazonaws.com'];
const signed = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIA/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`;

function route(request: Partial<RouteRequest> & { signedFor?: string; agent?: string }): Route {
  const { signedFor, agent, headers, ...rest } = request;
  return findRoute({
    method: 'GET',
    path: '/',
    query: [],
    host: '127.0.0.1',
    domains,
    ...rest,
    headers: {
      ...(signedFor && { authorization: signed(signedFor) }),
      ...(agent && { 'user-agent': agent }),
      ...headers,
    },
  });
}
const named = ({ service, operation }: Route): string => `${service.id}:${operation?.name}`;

test('every REST operation of every service is reached by its own method and path', () => {
  let routes = 0;
  for (const { id, protocols } of serviceSummaries) {
    if (!protocols[0].startsWith('rest')) continue;
    const service = loadModel(id);
    const find = restRouter(service);
    for (const operation of service.operations.values()) {
      const [path = '', text = ''] = operation.http!.uri.replaceAll(/\{[^}]+\}/g, 'x').split('?');
      const query = text
        .split('&')
        .filter(Boolean)
        .map((pair): [string, string] => [pair.split('=')[0]!, pair.split('=')[1] ?? '']);
      const headers: Record<string, string> = {};
      for (const member of operation.input.kind === 'structure' ? operation.input.members : []) {
        if (!member.required) continue;
        if (member.traits.httpQuery) query.push([member.traits.httpQuery, 'x']);
        if (member.traits.httpHeader) headers[member.traits.httpHeader.toLowerCase()] = 'x';
      }
      const match = find({ method: operation.http!.method, path, query, headers });
      assert.equal(match?.operation.name, operation.name, `${id} ${operation.http!.method} ${operation.http!.uri}`);
      routes++;
    }
  }
  assert.ok(routes > 1200);
});

test('S3 without x-id: the query and headers decide', () => {
  const s3 = (
    method: string,
    path: string,
    query: [string, string][] = [],
    headers: Record<string, string> = {},
  ): string => named(route({ signedFor: 's3', method, path, query, headers }));
  assert.equal(s3('GET', '/'), 's3:ListBuckets');
  assert.equal(s3('GET', '/b'), 's3:ListObjects');
  assert.equal(s3('GET', '/b/'), 's3:ListObjects');
  assert.equal(s3('GET', '/b', [['list-type', '2']]), 's3:ListObjectsV2');
  assert.equal(s3('GET', '/b', [['location', '']]), 's3:GetBucketLocation');
  assert.equal(s3('PUT', '/b'), 's3:CreateBucket');
  assert.equal(s3('PUT', '/b/k'), 's3:PutObject');
  assert.equal(s3('PUT', '/b/k', [], { 'x-amz-copy-source': 'a/b' }), 's3:CopyObject');
  const part: [string, string][] = [
    ['partNumber', '1'],
    ['uploadId', 'u'],
  ];
  assert.equal(s3('PUT', '/b/k', part), 's3:UploadPart');
  assert.equal(s3('PUT', '/b/k', part, { 'x-amz-copy-source': 'a/b' }), 's3:UploadPartCopy');
  assert.equal(s3('DELETE', '/b/k'), 's3:DeleteObject');
  assert.equal(s3('DELETE', '/b/k', [['uploadId', 'u']]), 's3:AbortMultipartUpload');
  assert.equal(s3('GET', '/b/k', [['attributes', '']]), 's3:GetObjectAttributes');
  assert.equal(s3('POST', '/b/k'), 's3:undefined');
  assert.equal(s3('POST', '/b/k', [['uploads', '']]), 's3:CreateMultipartUpload');
});

test('services that share a signing name', () => {
  assert.equal(named(route({ signedFor: 'apigateway', path: '/restapis' })), 'apigateway:GetRestApis');
  assert.equal(named(route({ signedFor: 'apigateway', path: '/v2/apis' })), 'apigatewayv2:GetApis');
  const listed = { signedFor: 'ses', method: 'POST', path: '/v2/email/list-identities' };
  assert.equal(named(route(listed)), 'sesv2:ListEmailIdentities');
  const older = route({ signedFor: 'ses', path: '/v2/email/identities' });
  assert.deepEqual([named(older), older.older], ['sesv2:ListEmailIdentities', true]);
  const form: [string, string][] = [
    ['Action', 'ListIdentities'],
    ['Version', '2010-12-01'],
  ];
  assert.equal(named(route({ signedFor: 'ses', method: 'POST', form })), 'ses:ListIdentities');
  assert.equal(named(route({ signedFor: 's3', path: '/v20180820/jobs' })), 's3control:ListJobs');
  const target = { 'x-amz-target': 'DynamoDBStreams_20120810.ListStreams' };
  assert.equal(named(route({ signedFor: 'dynamodb', method: 'POST', headers: target })), 'dynamodbstreams:ListStreams');
  const connection = { signedFor: 'execute-api', method: 'POST', path: '/@connections/abc%3D' };
  assert.equal(named(route(connection)), 'apigatewaymanagementapi:PostToConnection');
  assert.equal(route(connection).labels['ConnectionId'], 'abc=');
});

test('without a signature: version, host, user agent, versioned path; else S3', () => {
  const form: [string, string][] = [
    ['Action', 'AssumeRoleWithWebIdentity'],
    ['Version', '2011-06-15'],
  ];
  assert.equal(named(route({ method: 'POST', form })), 'sts:AssumeRoleWithWebIdentity');
  assert.equal(
    named(route({ path: '/restapis', host: 'apigateway.eu-west-1.amazonaws.com' })),
    'apigateway:GetRestApis',
  );
  const agent = 'aws-sdk-js/3.1 ua/2.1 os/linux lang/js api/api_gateway#3.1';
  assert.equal(named(route({ path: '/restapis', agent })), 'apigateway:GetRestApis');
  assert.equal(named(route({ path: '/2015-03-31/functions/' })), 'lambda:ListFunctions');
  assert.equal(named(route({ path: '/bucket/key' })), 's3:GetObject');
});

test('SQS and CloudWatch speak the query protocol beside JSON', () => {
  const form: [string, string][] = [
    ['Action', 'ListQueues'],
    ['Version', '2012-11-05'],
  ];
  const found = route({ signedFor: 'sqs', method: 'POST', path: '/000000000000/q', form });
  assert.deepEqual([named(found), found.protocol], ['sqs:ListQueues', 'awsQuery']);
});

test('an unknown service is named in the error', () => {
  const unknown = (what: RegExp) => (error: unknown) => error instanceof UnknownService && what.test(error.service);
  assert.throws(
    () => route({ signedFor: 'glue', headers: { 'x-amz-target': 'AWSGlue.GetTables' } }),
    unknown(/^glue$/),
  );
  assert.throws(() => route({ headers: { 'x-amz-target': 'AWSGlue.GetTables' } }), unknown(/^AWSGlue$/));
  assert.throws(() => route({ signedFor: 'rds', method: 'POST', form: [['Action', 'X']] }), unknown(/^rds$/));
  assert.throws(() => route({ signedFor: 'polly', path: '/v1/voices' }), unknown(/^polly$/));
});

test("nobody's form without a version means the service of its host", () => {
  const form: [string, string][] = [
    ['Action', 'SendMessage'],
    ['MessageBody', 'hi'],
  ];
  const path = '/000000000000/queue';
  const host = 'sqs.us-east-1.amazonaws.com';
  assert.equal(named(route({ host, path, query: form })), 'sqs:SendMessage');
  assert.equal(named(route({ method: 'POST', host, path, form })), 'sqs:SendMessage');
  assert.equal(named(route({ path, query: form })), 's3:GetObject');
});

test('buckets in host names', () => {
  const bucket = (host: string): string | undefined => bucketOfHost(host, domains);
  assert.equal(bucket('b.s3.localhost'), 'b');
  assert.equal(bucket('my.dotted.bucket.s3.localhost'), 'my.dotted.bucket');
  assert.equal(bucket('b.s3.eu-west-1.amazonaws.com'), 'b');
  assert.equal(bucket('b.s3-eu-west-1.amazonaws.com'), 'b');
  assert.equal(bucket('b.s3.dualstack.us-gov-west-1.amazonaws.com'), 'b');
  assert.equal(bucket('b.localhost'), 'b');
  for (const host of [
    's3.localhost',
    's3.us-east-1.amazonaws.com',
    'localhost',
    '127.0.0.1',
    'lambda.us-east-1.amazonaws.com',
  ]) {
    assert.equal(bucket(host), undefined, host);
  }
});
