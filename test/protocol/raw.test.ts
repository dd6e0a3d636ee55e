// What a client sees on the wire, byte by byte: answers, refusals, and that the server goes on after each.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import net from 'node:net';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { decodeCbor, encodeCbor } from '#protocol/cbor.ts';
import { send, signedFor, type RawAnswer, type RawRequest } from './raw-request.ts';
import { startToyServer, type ToyServer } from './toy-server.ts';

let server: ToyServer;
before(async () => {
  server = await startToyServer();
});
after(() => server.stop());

const ask = (request: RawRequest): Promise<RawAnswer> => send(server.endpoint, request);

afterEach(async () => {
  const alive = await form('sts', 'Action=GetCallerIdentity&Version=2011-06-15');
  assert.equal(alive.status, 200, 'the server goes on');
});

const form = (service: string, body: string): Promise<RawAnswer> =>
  ask({ headers: { ...signedFor(service), 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, body });

const json = (target: string, body: string, service = 'dynamodb', version = '1.0'): Promise<RawAnswer> =>
  ask({
    headers: { ...signedFor(service), 'x-amz-target': target, 'content-type': `application/x-amz-json-${version}` },
    body,
  });
const putItem = (body: string): Promise<RawAnswer> => json('DynamoDB_20120810.PutItem', body);

const rest = (
  service: string,
  method: string,
  path: string,
  body = '',
  headers: Record<string, string> = {},
): Promise<RawAnswer> => ask({ method, path, headers: { ...signedFor(service), ...headers }, body });

const errorCode = (answer: RawAnswer): string | undefined => /<Code>([^<]*)<\/Code>/.exec(answer.body)?.[1];
const errorMessage = (answer: RawAnswer): string | undefined => /<Message>([^<]*)<\/Message>/.exec(answer.body)?.[1];

describe('awsJson', () => {
  test('headers: request id, content type, CRC32 of DynamoDB', async () => {
    const answer = await putItem('{"TableName":"t","Item":{}}');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'application/x-amz-json-1.0');
    assert.match(answer.headers['x-amzn-requestid']!, /^[0-9a-f-]{36}$/);
    assert.equal(answer.headers['x-amz-crc32'], String(crc32(answer.bytes)));
    assert.equal(answer.headers['content-length'], String(answer.bytes.length));
    assert.ok(answer.headers['date']);
  });

  test('modelled errors carry the namespace that DynamoDB sends', async () => {
    const answer = await putItem('{"TableName":"missing","Item":{}}');
    assert.equal(answer.status, 400);
    assert.equal(
      answer.body,
      '{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException","message":"Requested resource not found"}',
    );
  });

  for (const body of ['{bad', '', '{"a":', 'null', '[]', '"x"', '{"TableName":"t"} x']) {
    if (body === '') continue;
    test(`refuses ${JSON.stringify(body)}`, async () => {
      const answer = await putItem(body);
      assert.equal(answer.status, 400);
      assert.match(JSON.parse(answer.body).__type, /#SerializationException$/);
    });
  }

  for (const [value, message] of [
    ['{"TableName":123}', 'NUMBER_VALUE can not be converted to a String'],
    ['{"TableName":true}', 'TRUE_VALUE can not be converted to a String'],
    ['{"TableName":{"a":1}}', 'Start of structure or map found where not expected.'],
    ['{"TableName":["a"]}', 'Start of list found where not expected'],
    ['{"Item":[]}', 'Start of list found where not expected'],
    ['{"Item":"x"}', 'Unexpected field type'],
    ['{"Item":{"a":{"BOOL":"true"}}}', 'STRING_VALUE can not be converted to a Boolean'],
    ['{"Item":{"a":{"SS":"x"}}}', 'Expected list or null'],
    [
      '{"Item":{"a":{"B":"abc"}}}',
      "'abc' can not be converted to a Blob: Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    ],
    ['{"Item":{"a":{"B":"ab-_"}}}', "'ab-_' can not be converted to a Blob: Invalid Base64 character: '-'"],
    [
      '{"Item":{"a":{"B":"AB=="}}}',
      "'AB==' can not be converted to a Blob: Invalid last non-pad Base64 character dectected",
    ],
  ] as const) {
    test(`refuses ${value}: ${message}`, async () => {
      const answer = await putItem(value);
      assert.equal(answer.status, 400);
      assert.deepEqual(JSON.parse(answer.body), {
        __type: 'com.amazon.coral.service#SerializationException',
        Message: message,
      });
    });
  }

  test('null members are absent, unknown members ignored, __proto__ is a plain key', async () => {
    const answer = await putItem(
      '{"TableName":"t","Nope":{"x":[1]},"ReturnValues":null,"Item":{"__proto__":{"S":"x"}}}',
    );
    assert.equal(answer.status, 200);
    const { Item, ...others } = server.seen['PutItem'];
    assert.deepEqual(others, { TableName: 't' });
    assert.deepEqual(Object.keys(Item), ['__proto__']);
    assert.equal(Object.getPrototypeOf(Item), Object.prototype);
    assert.match(answer.body, /"Attributes":\{"__proto__":\{"S":"x"\}\}/);
  });

  test('a value nested deeper than the stack is refused', async () => {
    const depth = 200_000;
    const answer = await putItem(`{"Item":{"a":${'{"M":{"a":'.repeat(depth)}1${'}}'.repeat(depth)}}}`);
    assert.equal(answer.status, 400);
    assert.match(answer.body, /SerializationException/);
  });

  test('an unknown operation, an unknown service', async () => {
    const operation = await json('DynamoDB_20120810.Nope', '{}');
    assert.equal(operation.status, 400);
    assert.deepEqual(JSON.parse(operation.body), { __type: 'com.amazon.coral.service#UnknownOperationException' });
    const short = await json('AWSEvents.Nope', '{}', 'events', '1.1');
    assert.deepEqual(JSON.parse(short.body), { __type: 'UnknownOperationException' });
    const service = await json('AWSGlue.GetTables', '{}', 'glue', '1.1');
    assert.equal(service.status, 501);
    assert.match(JSON.parse(service.body).message, /glue/);
  });

  test('SQS: x-amzn-query-mode brings the old code in a header', async () => {
    const answer = await ask({
      headers: {
        ...signedFor('sqs'),
        'x-amz-target': 'AmazonSQS.SendMessage',
        'content-type': 'application/x-amz-json-1.0',
        'x-amzn-query-mode': 'true',
      },
      body: '{"QueueUrl":"missing","MessageBody":"x"}',
    });
    assert.equal(answer.headers['x-amzn-query-error'], 'AWS.SimpleQueueService.NonExistentQueue;Sender');
    assert.equal(JSON.parse(answer.body).__type, 'com.amazonaws.sqs#QueueDoesNotExist');
  });

  test('a request without a signature is refused', async () => {
    const answer = await ask({
      headers: { 'x-amz-target': 'DynamoDB_20120810.PutItem', 'content-type': 'application/x-amz-json-1.0' },
      body: '{}',
    });
    assert.equal(answer.status, 400);
    assert.match(answer.body, /MissingAuthenticationTokenException/);
  });
});

describe('opt-in validation', () => {
  const putRecord = (input: unknown): Promise<RawAnswer> =>
    json('Kinesis_20131202.PutRecord', JSON.stringify(input), 'kinesis', '1.1');

  test('answers in the words of AWS, all violations at once', async () => {
    const answer = await putRecord({ StreamName: 'bad name!', PartitionKey: '' });
    assert.equal(answer.status, 400);
    assert.deepEqual(JSON.parse(answer.body), {
      __type: 'ValidationException',
      message:
        "3 validation errors detected: Value null at 'data' failed to satisfy constraint: Member must not be null; " +
        "Value 'bad name!' at 'streamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; " +
        "Value '' at 'partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
    });
  });

  test('lets through what satisfies the model', async () => {
    assert.equal((await putRecord({ StreamName: 'ok', PartitionKey: 'p', Data: 'eA==' })).status, 200);
  });
});

describe('required members', () => {
  test('are asked for in every service, in its words', async () => {
    const table = await putItem('{"TableName":"t"}');
    assert.equal(table.status, 400);
    assert.deepEqual(JSON.parse(table.body), {
      __type: 'com.amazon.coral.validate#ValidationException',
      message:
        "1 validation error detected: Value null at 'item' failed to satisfy constraint: Member must not be null",
    });
    const role = await form('iam', 'Action=CreateRole&Version=2010-05-08&RoleName=r');
    assert.deepEqual(
      [errorCode(role), errorMessage(role)],
      [
        'ValidationError',
        "1 validation error detected: Value null at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must not be null",
      ],
    );
    const message = await form('sqs', 'Action=SendMessage&Version=2012-11-05&QueueUrl=u');
    assert.deepEqual(
      [errorCode(message), errorMessage(message)],
      ['MissingParameter', 'The request must contain the parameter MessageBody.'],
    );
  });
});

describe('awsQuery', () => {
  test('answers name the action and carry the request id in body and header', async () => {
    const answer = await form('sns', 'Action=Publish&Version=2010-03-31&Message=m&TopicArn=t');
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['content-type'], 'text/xml');
    const id = answer.headers['x-amzn-requestid'];
    assert.equal(
      answer.body,
      `<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m</MessageId></PublishResult><ResponseMetadata><RequestId>${id}</RequestId></ResponseMetadata></PublishResponse>\n`,
    );
    const unit = await form('sns', 'Action=DeleteTopic&Version=2010-03-31&TopicArn=t');
    assert.match(unit.body, /^<DeleteTopicResponse [^>]*><ResponseMetadata>/);
  });

  test('SQS still speaks it: flattened lists and maps, GET, its own error codes', async () => {
    const names = 'AttributeName.1=All&AttributeName.2=QueueArn';
    const answer = await form('sqs', `Action=GetQueueAttributes&Version=2012-11-05&QueueUrl=u&${names}`);
    assert.deepEqual(server.seen['GetQueueAttributes'].AttributeNames, ['All', 'QueueArn']);
    assert.match(answer.body, /<Attribute><Name>VisibilityTimeout<\/Name><Value>30<\/Value><\/Attribute>/);
    const got = await ask({
      method: 'GET',
      path: '/?Action=GetQueueAttributes&Version=2012-11-05&QueueUrl=by%20get',
      headers: signedFor('sqs'),
    });
    assert.equal(got.status, 200);
    assert.equal(server.seen['GetQueueAttributes'].QueueUrl, 'by get');
    const both = await ask({
      path: '/?Action=GetQueueAttributes&Version=2012-11-05',
      headers: { ...signedFor('sqs'), 'content-type': 'application/x-www-form-urlencoded' },
      body: 'QueueUrl=by%20both',
    });
    assert.equal(both.status, 200);
    assert.equal(server.seen['GetQueueAttributes'].QueueUrl, 'by both');
    const error = await form('sqs', 'Action=SendMessage&Version=2012-11-05&QueueUrl=missing&MessageBody=x');
    assert.equal(error.status, 400);
    assert.match(
      error.body,
      /^<ErrorResponse [^>]*><Error><Type>Sender<\/Type><Code>AWS.SimpleQueueService.NonExistentQueue<\/Code><Message>The specified queue does not exist.<\/Message><\/Error><RequestId>[0-9a-f-]{36}<\/RequestId><\/ErrorResponse>\n$/,
    );
  });

  test('an empty parameter is an empty list; items in the order of their numbers', async () => {
    await form('iam', 'Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=x&Tags=');
    assert.deepEqual(server.seen['CreateRole'].Tags, []);
    const tags = 'Tags.member.10.Key=b&Tags.member.10.Value=2&Tags.member.2.Key=a&Tags.member.2.Value=1';
    await form('iam', `Action=CreateRole&Version=2010-05-08&RoleName=r+s&AssumeRolePolicyDocument=%2B&${tags}`);
    assert.deepEqual(server.seen['CreateRole'], {
      RoleName: 'r s',
      AssumeRolePolicyDocument: '+',
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    });
  });

  test('a flattened list of one needs no number', async () => {
    await form('sqs', 'Action=GetQueueAttributes&Version=2012-11-05&QueueUrl=one&AttributeName=All');
    assert.deepEqual(server.seen['GetQueueAttributes'], { QueueUrl: 'one', AttributeNames: ['All'] });
  });

  for (const [parameters, message] of [
    ['MaxSessionDuration=abc', 'STRING_VALUE can not be converted to an Integer'],
    ['Tags=abc', 'Unexpected list element termination'],
    ['Tags.member.1=abc', 'Unexpected complex element termination'],
    ['RoleName.member.1=a', 'Start of list found where not expected'],
  ] as const) {
    test(`refuses ${parameters}: ${message}`, async () => {
      const answer = await form('iam', `Action=CreateRole&Version=2010-05-08&${parameters}`);
      assert.equal(answer.status, 400);
      assert.deepEqual([errorCode(answer), errorMessage(answer)], ['MalformedInput', message]);
    });
  }

  test('unknown action, wrong and missing version, broken encoding', async () => {
    const unknown = await form('iam', 'Action=Nope&Version=2010-05-08');
    assert.equal(unknown.status, 400);
    assert.deepEqual(
      [errorCode(unknown), errorMessage(unknown)],
      ['InvalidAction', 'Could not find operation Nope for version 2010-05-08'],
    );
    const wrong = await form('iam', 'Action=ListRoles&Version=2009-01-01');
    assert.equal(errorMessage(wrong), 'Could not find operation ListRoles for version 2009-01-01');
    const none = await form('iam', 'Action=ListRoles');
    assert.equal(errorMessage(none), 'Could not find operation ListRoles for version NO_VERSION_SPECIFIED');
    const broken = await form('iam', 'Action=ListRoles&Version=%E0%A4%A');
    assert.equal(broken.status, 400);
    const ec2 = await form('ec2', 'Action=Nope&Version=2016-11-15');
    assert.deepEqual(
      [errorCode(ec2), errorMessage(ec2)],
      ['InvalidAction', 'The action Nope is not valid for this web service.'],
    );
    assert.match(
      ec2.body,
      /<Response><Errors><Error>.*<\/Error><\/Errors><RequestID>[0-9a-f-]{36}<\/RequestID><\/Response>$/s,
    );
  });

  test('ec2Query: an operation without output says that it is done', async () => {
    const answer = await form('ec2', 'Action=DeleteVpc&Version=2016-11-15&VpcId=v');
    assert.match(answer.body, /<requestId>[0-9a-f-]{36}<\/requestId><return>true<\/return><\/DeleteVpcResponse>$/);
    assert.equal(answer.headers['content-type'], 'text/xml;charset=UTF-8');
  });
});

describe('CBOR', () => {
  const rpc = (body: Uint8Array): Promise<RawAnswer> =>
    ask({
      path: '/service/GraniteServiceVersion20100801/operation/GetMetricStatistics',
      headers: { ...signedFor('monitoring'), 'smithy-protocol': 'rpc-v2-cbor', 'content-type': 'application/cbor' },
      body,
    });

  test('rpcv2Cbor by hand', async () => {
    const StartTime = new Date(1_700_000_000_500);
    const answer = await rpc(
      encodeCbor({ Namespace: 'n', MetricName: 'm', Period: 60, StartTime, EndTime: StartTime }),
    );
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['smithy-protocol'], 'rpc-v2-cbor');
    assert.equal(answer.headers['content-type'], 'application/cbor');
    assert.deepEqual(server.seen['GetMetricStatistics'].StartTime, StartTime);
    assert.equal((decodeCbor(answer.bytes) as any).Datapoints[0].Average, 1.5);
  });

  for (const [name, bytes] of [
    ['a truncated map', Buffer.from('a161', 'hex')],
    ['bytes after the end', Buffer.from('a0a0', 'hex')],
    ['a list', Buffer.from('80', 'hex')],
    ['a length of 2^64', Buffer.from('bbffffffffffffffff', 'hex')],
    ['deep nesting', Buffer.alloc(5000, 0x81)],
    ['a number for a string', encodeCbor({ Namespace: 5 })],
    ['a reserved head', Buffer.from('1c', 'hex')],
  ] as const) {
    test(`refuses ${name}`, async () => {
      const answer = await rpc(bytes);
      assert.equal(answer.status, 400);
      assert.equal((decodeCbor(answer.bytes) as any).__type, 'SerializationException');
    });
  }

  test("Kinesis' older CBOR: by target, times in milliseconds", async () => {
    const answer = await ask({
      headers: {
        ...signedFor('kinesis'),
        'x-amz-target': 'Kinesis_20131202.PutRecord',
        'content-type': 'application/x-amz-cbor-1.1',
      },
      body: encodeCbor({ StreamName: 's', PartitionKey: 'p', Data: Buffer.from('d') }),
    });
    assert.equal(answer.headers['content-type'], 'application/x-amz-cbor-1.1');
    assert.equal((decodeCbor(answer.bytes) as any).ShardId, 'shardId-0');
    assert.ok(answer.headers['x-amz-id-2']);
  });
});

describe('restJson1', () => {
  test('errors: type in a header, members beside the message', async () => {
    const answer = await rest('lambda', 'GET', '/2015-03-31/functions/f');
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['x-amzn-errortype'], 'ResourceNotFoundException');
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.deepEqual(JSON.parse(answer.body), { Type: 'User', Message: 'Function not found: f' });
  });

  test('unknown paths; a bad body; no route for the method', async () => {
    const unknown = await rest('lambda', 'GET', '/2015-03-31/nope');
    assert.equal(unknown.status, 404);
    assert.equal(unknown.headers['x-amzn-errortype'], 'UnknownOperationException');
    const gateway = await rest('apigateway', 'GET', '/nope');
    assert.equal(gateway.status, 403);
    assert.equal(JSON.parse(gateway.body).message, 'Missing Authentication Token');
    const path = '/2017-03-31/tags/arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af';
    const bad = await rest('lambda', 'POST', path, '{bad');
    assert.equal(bad.status, 400);
    assert.equal(bad.headers['x-amzn-errortype'], 'InvalidRequestContentException');
    const type = await rest('lambda', 'POST', path, '{"Tags":{"a":5}}');
    assert.equal(type.status, 400);
    assert.deepEqual(JSON.parse(type.body), { Message: 'NUMBER_VALUE can not be converted to a String' });
    assert.equal(type.headers['x-amzn-errortype'], 'SerializationException');
    const method = await rest('lambda', 'PATCH', '/2015-03-31/functions/f');
    assert.equal(method.status, 404);
  });

  test('a body beyond the documented limit', async () => {
    const answer = await rest('lambda', 'POST', '/2015-03-31/functions/f/invocations', 'x'.repeat(6_291_457));
    assert.equal(answer.status, 413);
    assert.equal(answer.headers['x-amzn-errortype'], 'RequestTooLargeException');
    assert.match(answer.body, /Request must be smaller than 6291456 bytes for the Invoke/);
  });

  test('a path that cannot be decoded', async () => {
    const answer = await rest('lambda', 'GET', '/2015-03-31/functions/%E0%A4%A');
    assert.equal(answer.status, 400);
  });
});

describe('restXml and S3', () => {
  test('errors of S3 are a bare Error with both ids', async () => {
    const answer = await rest('s3', 'GET', '/bkt/zip');
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['content-type'], 'application/xml');
    const id = answer.headers['x-amz-request-id'];
    assert.match(id!, /^[A-Z0-9]{16}$/);
    assert.equal(
      answer.body,
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message>' +
        `<Key>zip</Key><RequestId>${id}</RequestId><HostId>${answer.headers['x-amz-id-2']}</HostId></Error>`,
    );
    const head = await rest('s3', 'HEAD', '/bkt/zip');
    assert.deepEqual([head.status, head.body], [404, '']);
  });

  test('an operation that S3 does not have', async () => {
    const answer = await rest('s3', 'POST', '/bkt/key', 'x');
    assert.equal(answer.status, 405);
    assert.equal(errorCode(answer), 'MethodNotAllowed');
  });

  test('GetBucketLocation: the region is the root itself', async () => {
    const answer = await rest('s3', 'GET', '/bkt?location');
    assert.match(
      answer.body,
      /<LocationConstraint xmlns="http:\/\/s3.amazonaws.com\/doc\/2006-03-01\/">eu-west-1<\/LocationConstraint>$/,
    );
  });

  for (const [method, path, operation, key] of [
    ['GET', '/bkt/?list-type=2', 'ListObjectsV2', undefined],
    ['GET', '/bkt/a//b/', 'GetObject', 'a//b/'],
    ['GET', '/bkt/..%2F..%2Fetc', 'GetObject', '../../etc'],
    ['GET', '/bkt//lead', 'GetObject', '/lead'],
    ['GET', '/bkt/a+b%2Bc', 'GetObject', 'a+b+c'],
  ] as const) {
    test(`${method} ${path} is ${operation}`, async () => {
      delete server.seen[operation];
      await rest('s3', method, path);
      assert.equal(server.seen[operation]?.Bucket, 'bkt');
      assert.equal(server.seen[operation]?.Key, key);
    });
  }

  test('a bucket named by the host', async () => {
    for (const host of ['my.bkt.s3.localhost', 'my.bkt.s3.us-east-1.amazonaws.com', 'my.bkt.localhost:4566']) {
      delete server.seen['GetObject'];
      await rest('s3', 'GET', '/k', '', { host });
      assert.deepEqual([server.seen['GetObject'].Bucket, server.seen['GetObject'].Key], ['my.bkt', 'k']);
    }
  });

  for (const [name, body] of [
    ['not XML', 'nope'],
    ['an unclosed element', '<Delete><Object>'],
    ['crossed tags', '<Delete><Object></Delete></Object>'],
    ['another root', '<Nope><Object><Key>a</Key></Object></Nope>'],
    ['a doctype', '<!DOCTYPE x [<!ENTITY a "aaaa">]><Delete><Object><Key>&a;</Key></Object></Delete>'],
    ['an unknown entity', '<Delete><Object><Key>&a;</Key></Object></Delete>'],
    ['a prototype name as entity', '<Delete><Object><Key>&constructor;</Key></Object></Delete>'],
    ['nesting without end', '<a>'.repeat(10_000)],
    ['a bad boolean', '<Delete><Quiet>maybe</Quiet></Delete>'],
    ['two roots', '<Delete/><Delete/>'],
  ] as const) {
    test(`S3 refuses ${name}`, async () => {
      const answer = await rest('s3', 'POST', '/bkt?delete', body);
      assert.equal(answer.status, 400);
      assert.equal(errorCode(answer), 'MalformedXML');
    });
  }

  test('S3: a document that is missing, and one with holes', async () => {
    const missing = await rest('s3', 'POST', '/bkt?delete');
    assert.deepEqual(
      [missing.status, errorCode(missing), errorMessage(missing)],
      [400, 'MissingRequestBodyError', 'Request Body is empty'],
    );
    for (const body of ['<Delete/>', '<Delete><Object><VersionId>v</VersionId></Object></Delete>']) {
      assert.equal(errorCode(await rest('s3', 'POST', '/bkt?delete', body)), 'MalformedXML', body);
    }
  });

  test('Route 53 has its own error for XML that is none', async () => {
    const answer = await rest('route53', 'POST', '/2013-04-01/hostedzone', '<nope');
    assert.equal(answer.status, 400);
    assert.equal(errorCode(answer), 'InvalidInput');
    assert.match(
      answer.body,
      /^<\?xml version="1.0"\?>\n<ErrorResponse xmlns="https:\/\/route53.amazonaws.com\/doc\/2013-04-01\/"><Error><Type>Sender/,
    );
  });
});

describe('bodies of S3', () => {
  const put = (body: string | Buffer, headers: Record<string, string>): Promise<RawAnswer> =>
    ask({ method: 'PUT', path: '/bkt/k', headers: { ...signedFor('s3'), ...headers }, body });
  const crc = (text: string): string => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(crc32(text));
    return bytes.toString('base64');
  };
  const chunked = (body: string, decoded = 5): Promise<RawAnswer> =>
    put(body, {
      'content-encoding': 'aws-chunked',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-trailer': 'x-amz-checksum-crc32',
      'x-amz-decoded-content-length': String(decoded),
    });

  test('aws-chunked with a trailer', async () => {
    const answer = await chunked(`3\r\nhel\r\n2\r\nlo\r\n0\r\nx-amz-checksum-crc32:${crc('hello')}\r\n\r\n`);
    assert.equal(answer.status, 200);
    const got = await rest('s3', 'GET', '/bkt/k');
    assert.equal(got.body, 'hello');
  });

  for (const [name, body, code] of [
    ['a chunk size that is no number', 'zz\r\nhello\r\n0\r\n\r\n', 'InvalidChunkSizeError'],
    ['a chunk that ends early', '9\r\nhello', 'IncompleteBody'],
    ['no last chunk', '5\r\nhello\r\n', 'IncompleteBody'],
    ['a chunk without its line end', '5\r\nhelloXX0\r\n\r\n', 'IncompleteBody'],
    ['another length than declared', '4\r\nhell\r\n0\r\n\r\n', 'IncompleteBody'],
    ['a trailer that is none', '5\r\nhello\r\n0\r\nnope\r\n\r\n', 'MalformedTrailerError'],
    ['a chunk head without end', 'f'.repeat(20_000), 'InvalidChunkSizeError'],
  ] as const) {
    test(`refuses ${name}`, async () => {
      const answer = await chunked(body);
      assert.equal(answer.status, 400);
      assert.equal(errorCode(answer), code);
    });
  }

  test('the decoded length must be declared', async () => {
    const answer = await put('5\r\nhello\r\n0\r\n\r\n', { 'content-encoding': 'aws-chunked' });
    assert.deepEqual([answer.status, errorCode(answer)], [411, 'MissingContentLength']);
  });

  test('what was signed is compared with the body as it streams', async () => {
    const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
    assert.equal((await put('hello', { 'x-amz-content-sha256': sha256('hello') })).status, 200);
    const other = await put('hello', { 'x-amz-content-sha256': sha256('other') });
    assert.deepEqual([other.status, errorCode(other)], [400, 'XAmzContentSHA256Mismatch']);
  });

  test('Content-MD5 and checksum headers of a document are compared with it', async () => {
    const body = '<Delete><Object><Key>a</Key></Object></Delete>';
    const remove = (headers: Record<string, string>): Promise<RawAnswer> =>
      rest('s3', 'POST', '/bkt?delete', body, headers);
    const md5 = (text: string): string => createHash('md5').update(text).digest('base64');
    assert.equal((await remove({ 'content-md5': md5(body) })).status, 200);
    assert.equal(errorCode(await remove({ 'content-md5': md5('other') })), 'BadDigest');
    assert.equal(errorCode(await remove({ 'content-md5': 'x' })), 'InvalidDigest');
    assert.equal((await remove({ 'x-amz-checksum-crc32': crc(body) })).status, 200);
    assert.equal(errorCode(await remove({ 'x-amz-checksum-crc32': crc('other') })), 'BadDigest');
    assert.equal(errorCode(await remove({ 'x-amz-checksum-crc32': 'x' })), 'InvalidRequest');
  });
});

test('a client that leaves in the middle of its body is no failure of ours', async (t) => {
  const logged: string[] = [];
  t.mock.method(process.stderr, 'write', (text: string) => logged.push(text) > 0);
  const { hostname, port } = new URL(server.endpoint);
  for (const service of ['s3', 'lambda']) {
    const socket = net.connect(Number(port), hostname);
    const { authorization } = signedFor(service);
    const path = service === 's3' ? '/bkt/k' : '/2015-03-31/functions/f/invocations';
    const method = service === 's3' ? 'PUT' : 'POST';
    socket.write(
      `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: ${authorization}\r\nx-amz-date: 20260101T000000Z\r\ncontent-length: 100\r\n\r\nhalf`,
    );
    await setTimeout(50);
    socket.destroy();
    await setTimeout(50);
  }
  assert.deepEqual(logged, []);
});

describe('browsers', () => {
  const target = { 'x-amz-target': 'DynamoDB_20120810.DeleteTable', 'content-type': 'application/x-amz-json-1.0' };

  test('start mode: pages of this machine may ask, others may not', async () => {
    const local = await ask({
      headers: { ...signedFor('dynamodb'), ...target, origin: 'http://app.localhost:5173' },
      body: '{"TableName":"t"}',
    });
    assert.equal(local.status, 200);
    assert.equal(local.headers['access-control-allow-origin'], '*');
    const foreign = await ask({
      headers: { ...signedFor('dynamodb'), ...target, origin: 'https://evil.example' },
      body: '{"TableName":"t"}',
    });
    assert.equal(foreign.status, 403);
    assert.match(foreign.body, /AccessDeniedException/);
  });

  test('preflight', async () => {
    const headers = {
      origin: 'http://localhost:5173',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,x-amz-target',
    };
    const answer = await ask({ method: 'OPTIONS', headers });
    assert.equal(answer.status, 200);
    assert.equal(answer.headers['access-control-allow-headers'], 'authorization,x-amz-target');
    const path = '/2015-03-31/functions/f';
    delete server.seen['GetFunction'];
    const byPath = await ask({
      method: 'OPTIONS',
      path,
      headers: { ...headers, 'access-control-request-method': 'GET' },
    });
    assert.equal(byPath.status, 200);
    assert.equal(server.seen['GetFunction'], undefined);
    const object = await ask({
      method: 'OPTIONS',
      path: '/bkt/k',
      headers: { ...headers, 'access-control-request-method': 'DELETE' },
    });
    assert.equal(object.status, 405);
  });
});
