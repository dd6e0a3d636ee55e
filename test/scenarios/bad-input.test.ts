// What no SDK sends, against the whole server: each answer is AWS's, and the server goes on.
import assert from 'node:assert/strict';
import net from 'node:net';
import { after, afterEach, before, test } from 'node:test';
import { CreateBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { startTestServer } from '../harness.ts';
import { send, signedFor, type RawAnswer, type RawRequest } from '../protocol/raw-request.ts';

const server = await startTestServer();
const s3 = new S3Client(server.sdk);
const Bucket = 'bad-input';
before(() => s3.send(new CreateBucketCommand({ Bucket })));
after(() => server.stop());
afterEach(async () => {
  await s3.send(new ListObjectsV2Command({ Bucket })); // the server goes on
});

const ask = (service: string, request: RawRequest): Promise<RawAnswer> =>
  send(server.endpoint, { ...request, headers: { ...signedFor(service), ...request.headers } });
const form = (service: string, body: string): Promise<RawAnswer> =>
  ask(service, { headers: { 'content-type': 'application/x-www-form-urlencoded' }, body });
const logs = (operation: string, body: string): Promise<RawAnswer> =>
  ask('logs', {
    headers: { 'x-amz-target': `Logs_20140328.${operation}`, 'content-type': 'application/x-amz-json-1.1' },
    body,
  });
const object = (path: string, request: RawRequest = {}): Promise<RawAnswer> =>
  ask('s3', { method: 'PUT', path: `/${Bucket}${path}`, ...request });

const element = (name: string, { body }: RawAnswer): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1];
const codeAndStatus = (answer: RawAnswer): [string | undefined, number] => [element('Code', answer), answer.status];

test('JSON that is none, of another shape, or for no operation', async () => {
  const answers: [RawAnswer, object][] = [
    [await logs('DescribeLogGroups', '{"a":'), { __type: 'SerializationException' }],
    [
      await logs('DescribeLogGroups', '[]'),
      { __type: 'SerializationException', Message: 'Start of list found where not expected' },
    ],
    [
      await logs('DescribeLogGroups', '{"limit":"x"}'),
      { __type: 'SerializationException', Message: 'STRING_VALUE can not be converted to an Integer' },
    ],
    [await logs('Nope', '{}'), { __type: 'UnknownOperationException' }],
  ];
  for (const [answer, expected] of answers) {
    assert.equal(answer.status, 400);
    assert.deepEqual(JSON.parse(answer.body), expected);
  }
  const deep = await logs('DescribeLogGroups', '{"a":'.repeat(20_000) + '1' + '}'.repeat(20_000));
  assert.equal(deep.status, 200, 'unknown members are passed over, however deep');
});

test('forms without an action that there is, or with values of another type', async () => {
  const unknown = await form('iam', 'Action=Foo&Version=2010-05-08');
  assert.deepEqual(codeAndStatus(unknown), ['InvalidAction', 400]);
  assert.equal(element('Message', unknown), 'Could not find operation Foo for version 2010-05-08');
  const none = await form('iam', 'Version=2010-05-08');
  assert.deepEqual(codeAndStatus(none), ['InvalidAction', 400]);
  const number = await form('iam', 'Action=ListUsers&Version=2010-05-08&MaxItems=abc');
  assert.deepEqual(codeAndStatus(number), ['MalformedInput', 400]);
});

test('templates that are no templates', async () => {
  const validate = async (template: string): Promise<string | undefined> => {
    const answer = await form(
      'cloudformation',
      `Action=ValidateTemplate&Version=2010-05-15&TemplateBody=${encodeURIComponent(template)}`,
    );
    assert.deepEqual(codeAndStatus(answer), ['ValidationError', 400]);
    return element('Message', answer);
  };
  assert.equal(await validate('a: ['), 'Template format error: YAML not well-formed. (line 1, column 5)');
  assert.equal(await validate('just text'), 'Template format error: unsupported structure.');
  assert.equal(await validate('{}'), 'Template format error: At least one Resources member must be defined.');
  const aliases = 'a: &a [x,x]\nb: &b [*a,*a]\nResources: {A: {Type: AWS::S3::Bucket, Metadata: *b}}';
  assert.match((await validate(aliases)) ?? '', /YAML aliases are not allowed in CloudFormation templates/);
});

test('paths and bodies of Lambda and API Gateway that nothing answers to', async () => {
  const rest = async (service: string, method: string, path: string, body = ''): Promise<unknown[]> => {
    const answer = await ask(service, { method, path, body });
    return [answer.headers['x-amzn-errortype'], answer.status];
  };
  assert.deepEqual(await rest('lambda', 'GET', '/2015-03-31/nothing'), ['UnknownOperationException', 404]);
  assert.deepEqual(await rest('lambda', 'PATCH', '/2015-03-31/functions'), ['UnknownOperationException', 404]);
  const malformed = await rest('lambda', 'POST', '/2015-03-31/functions', '{"FunctionName":');
  assert.deepEqual(malformed, ['InvalidRequestContentException', 400]);
  assert.deepEqual(await rest('apigateway', 'POST', '/restapis', '{'), ['SerializationException', 400]);
});

test('keys are names, not paths', async () => {
  assert.equal((await object('/../../../etc/passwd', { body: 'x' })).status, 200);
  const inside = await object('/%2e%2e/%2e%2e/etc/passwd', { method: 'GET' });
  assert.deepEqual([...codeAndStatus(inside), element('Key', inside)], ['NoSuchKey', 404, '../../etc/passwd']);
  assert.deepEqual(codeAndStatus(await object('/%ZZ', { method: 'GET' })), ['InvalidURI', 400]);
  assert.deepEqual(codeAndStatus(await object('/%ff%fe', { body: 'x' })), ['InvalidURI', 400]);
  assert.deepEqual(codeAndStatus(await object(`/${'a'.repeat(1025)}`, { body: 'x' })), ['KeyTooLongError', 400]);
});

test('XML of S3 that is none, another document, or full of entities', async () => {
  const bomb =
    '<!DOCTYPE x [<!ENTITY a "Enabled">]><VersioningConfiguration><Status>&a;</Status></VersioningConfiguration>';
  for (const body of ['<Versioning', '<Foo/>', bomb]) {
    assert.deepEqual(codeAndStatus(await object('?versioning', { body })), ['MalformedXML', 400], body);
  }
});

test('numbers in S3 queries that are none are named', async () => {
  const list = await object('?list-type=2&max-keys=abc', { method: 'GET' });
  assert.deepEqual(codeAndStatus(list), ['InvalidArgument', 400]);
  assert.deepEqual(
    ['Message', 'ArgumentName', 'ArgumentValue'].map((name) => element(name, list)),
    ['Provided max-keys not an integer or within integer range', 'max-keys', 'abc'],
  );
  const part = await object('/k?partNumber=x', { method: 'GET' });
  assert.equal(element('Message', part), 'Part number must be an integer between 1 and 10000, inclusive');
});

test('chunks that are not framed as they should be, and trailers that were announced and did not come', async () => {
  const upload = async (body: string): Promise<unknown[]> =>
    codeAndStatus(
      await object('/chunked', {
        headers: {
          'content-encoding': 'aws-chunked',
          'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
          'x-amz-decoded-content-length': '5',
          'x-amz-trailer': 'x-amz-checksum-crc32',
        },
        body,
      }),
    );
  const whole = '5\r\nhello\r\n0\r\n';
  assert.deepEqual(await upload('zz\r\nhello\r\n0\r\n\r\n'), ['InvalidChunkSizeError', 400]);
  assert.deepEqual(await upload('5\r\nhel'), ['IncompleteBody', 400]);
  assert.deepEqual(await upload('4\r\nhell\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'), ['IncompleteBody', 400]);
  assert.deepEqual(await upload(`${whole}x-amz-checksum-crc32:AAAAAA==\r\n\r\n`), ['BadDigest', 400]);
  assert.deepEqual(await upload(`${whole}\r\n`), ['MalformedTrailerError', 400]);
  assert.deepEqual(await upload(`${whole}x-amz-checksum-crc32:NhCmhg==\r\n\r\n`), [undefined, 200]);
});

test('bodies of no or of impossible length', async () => {
  const digest = await object('/k', { headers: { 'content-md5': 'abc' }, body: 'x' });
  assert.deepEqual(codeAndStatus(digest), ['InvalidDigest', 400]);
  const unknown = await object('/k', { headers: { 'transfer-encoding': 'chunked' } });
  assert.deepEqual(codeAndStatus(unknown), ['MissingContentLength', 411]);
  const large = await logs('PutLogEvents', JSON.stringify({ logGroupName: 'a'.repeat(11 * 1024 * 1024) }));
  assert.equal(large.status, 413);
});

test('authorization headers that say nothing', async () => {
  const answers = await Promise.all(
    ['AWS4-HMAC-SHA256 nonsense', 'Basic abc'].map((authorization) =>
      object('', { method: 'GET', headers: { authorization } }),
    ),
  );
  assert.deepEqual(answers.map(codeAndStatus), [
    ['AuthorizationHeaderMalformed', 400],
    ['InvalidArgument', 400],
  ]);
});

test('what is no HTTP is refused and the connection closed', async () => {
  const { port, hostname } = new URL(server.endpoint);
  const say = (bytes: string | Buffer): Promise<string> =>
    new Promise((resolve, reject) => {
      let heard = '';
      const socket = net.connect(Number(port), hostname, () => socket.write(bytes));
      socket.on('data', (chunk: Buffer) => (heard += chunk.toString('latin1')));
      socket.on('close', () => resolve(heard.split('\r\n')[0] ?? ''));
      socket.on('error', reject);
    });
  assert.equal(await say(Buffer.from('1603010200010001fc0303', 'hex')), 'HTTP/1.1 400 Bad Request');
  const both = 'POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n';
  assert.equal(await say(both), 'HTTP/1.1 400 Bad Request');
  const large = `GET / HTTP/1.1\r\nHost: x\r\nX-Large: ${'a'.repeat(20_000)}\r\n\r\n`;
  assert.equal(await say(large), 'HTTP/1.1 431 Request Header Fields Too Large');
});
