import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseInput, serializeOutput, type WireRequest } from './codec.ts';
import { loadModel, type Protocol } from './model.ts';
import type { HttpResponse } from '#core/http.ts';

const EMPTY: WireRequest = { headers: {}, query: [], labels: {}, body: Buffer.alloc(0) };

function parse(
  service: string,
  name: string,
  request: Partial<WireRequest>,
  protocol?: Protocol,
): Record<string, unknown> {
  const model = loadModel(service);
  return parseInput(model.operations.get(name)!, protocol ?? model.protocols[0], { ...EMPTY, ...request });
}
function serialize(service: string, name: string, output: object, method = 'GET'): HttpResponse {
  const model = loadModel(service);
  return serializeOutput(model.operations.get(name)!, model.protocols[0], output, { requestId: 'id', method });
}
const header = (response: HttpResponse, name: string): string | undefined =>
  response.headers.find(([key]) => key === name)?.[1];

test('an older form of an operation: members of the body come from the query', () => {
  const query: [string, string][] = [
    ['PageSize', '5'],
    ['NextToken', 'n'],
  ];
  assert.deepEqual(parse('sesv2', 'ListEmailIdentities', { query, older: true }), { PageSize: 5, NextToken: 'n' });
});

test('query: repeated names are lists, an empty number is absent, an empty text is empty', () => {
  const query: [string, string][] = [
    ['tagKeys', 'a'],
    ['tagKeys', 'b'],
  ];
  assert.deepEqual(parse('lambda', 'UntagResource', { query, labels: { Resource: 'arn' } }), {
    Resource: 'arn',
    TagKeys: ['a', 'b'],
  });
  assert.deepEqual(
    parse('s3', 'ListObjectsV2', {
      query: [
        ['max-keys', ''],
        ['prefix', ''],
      ],
      labels: { Bucket: 'b' },
    }),
    {
      Bucket: 'b',
      Prefix: '',
    },
  );
});

test('headers: lists with quotes, HTTP dates, prefixes', () => {
  const parsed = parse('s3', 'GetObjectAttributes', {
    headers: { 'x-amz-object-attributes': 'ETag, "Checksum",ObjectSize' },
    labels: { Bucket: 'b', Key: 'k' },
  });
  assert.deepEqual(parsed['ObjectAttributes'], ['ETag', 'Checksum', 'ObjectSize']);
  const put = parse('s3', 'PutObject', {
    headers: {
      'x-amz-meta-a': '1',
      'x-amz-meta-b': '2',
      'x-amz-object-lock-retain-until-date': '2026-01-02T03:04:05.000Z',
    },
    labels: { Bucket: 'b', Key: 'k' },
  });
  assert.deepEqual(put['Metadata'], { a: '1', b: '2' });
  assert.deepEqual(put['ObjectLockRetainUntilDate'], new Date('2026-01-02T03:04:05Z'));
  const get = parse('s3', 'GetObject', { headers: { 'if-modified-since': 'Fri, 02 Jan 2026 03:04:05 GMT' } });
  assert.deepEqual(get['IfModifiedSince'], new Date('2026-01-02T03:04:05Z'));
});

test('a value of a header cannot end it', () => {
  const response = serialize('s3', 'GetObject', {
    ContentDisposition: 'a\r\nset-cookie: x',
    Metadata: { k: 'ü\u0000' },
  });
  assert.equal(header(response, 'content-disposition'), 'a??set-cookie: x');
  assert.equal(header(response, 'x-amz-meta-k'), 'ü?');
});

test('answers without content', () => {
  assert.deepEqual(serialize('s3', 'DeleteObject', {}).body, undefined);
  assert.equal(serialize('s3', 'DeleteObject', {}).status, 204);
  assert.equal(serialize('lambda', 'TagResource', {}).body, undefined);
  assert.equal(serialize('sesv2', 'DeleteEmailIdentity', {}).body, '{}');
  assert.match(
    String(serialize('route53', 'ChangeTagsForResource', {}).body),
    /<ChangeTagsForResourceResponse xmlns="[^"]+"><\//,
  );
  assert.equal(serialize('sqs', 'DeleteQueue', {}).body, undefined);
  assert.equal(serialize('s3', 'ListObjectsV2', { Name: 'b' }, 'HEAD').body, undefined);
});

test('the operation chooses the status where the model lets it', () => {
  const response = serialize('lambda', 'Invoke', { StatusCode: 202, Payload: '' });
  assert.equal(response.status, 202);
  assert.equal(header(response, 'content-type'), 'application/json');
});

test('times: whole seconds for IAM, always milliseconds for S3', () => {
  const when = new Date('2026-01-02T03:04:05.678Z');
  assert.match(
    String(serialize('iam', 'GetRole', { Role: { CreateDate: when } }).body),
    /<CreateDate>2026-01-02T03:04:05Z</,
  );
  const whole = new Date('2026-01-02T03:04:05Z');
  const buckets = serialize('s3', 'ListBuckets', { Buckets: [{ Name: 'b', CreationDate: whole }] });
  assert.match(String(buckets.body), /<CreationDate>2026-01-02T03:04:05.000Z</);
  assert.equal(serialize('apigateway', 'GetRestApi', { createdDate: when }).body, '{"createdDate":1767323045}');
});

test("attributes: S3's grantee says its type", () => {
  const Grants = [{ Grantee: { Type: 'CanonicalUser', ID: 'x' }, Permission: 'READ' }];
  const acl = String(serialize('s3', 'GetBucketAcl', { Grants }).body);
  assert.match(
    acl,
    /<Grantee xmlns:xsi="http:\/\/www.w3.org\/2001\/XMLSchema-instance" xsi:type="CanonicalUser"><ID>x<\/ID><\/Grantee>/,
  );
  const body = Buffer.from(acl.replace(/GetBucketAclOutput/g, 'AccessControlPolicy'));
  assert.deepEqual(parse('s3', 'PutBucketAcl', { body, labels: { Bucket: 'b' } })['AccessControlPolicy'], { Grants });
});
