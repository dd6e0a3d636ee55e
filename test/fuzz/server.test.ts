// Requests of random bytes to a listening server: every one is answered, none of them by our own failure.
// Long: FUZZ_RUNS=20000 node --test test/fuzz/server.test.ts
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import fc from 'fast-check';
import { send, signedFor } from '../protocol/raw-request.ts';
import { startToyServer, type ToyServer } from '../protocol/toy-server.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 150);

let server: ToyServer;
before(async () => {
  server = await startToyServer();
});
after(() => server.stop());

const headerText = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  maxLength: 30,
});
const headers = fc.dictionary(
  fc.constantFrom(
    'x-amz-target',
    'content-type',
    'content-encoding',
    'content-md5',
    'x-amz-content-sha256',
    'x-amz-decoded-content-length',
    'x-amz-trailer',
    'x-amz-checksum-crc32',
    'x-amz-meta-a',
    'smithy-protocol',
    'range',
    'authorization',
  ),
  fc.oneof(
    headerText,
    fc.constantFrom(
      'DynamoDB_20120810.PutItem',
      'AmazonSQS.SendMessage',
      'application/x-amz-json-1.0',
      'application/x-www-form-urlencoded',
      'gzip',
      'aws-chunked',
      'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-checksum-crc32',
      '5',
      'rpc-v2-cbor',
    ),
  ),
  { maxKeys: 3 },
);
const path = fc.oneof(
  fc.webPath().filter((text) => text.startsWith('/')),
  fc.constantFrom(
    '/',
    '/bkt/k',
    '/bkt?delete',
    '/bkt/k?tagging',
    '/2015-03-31/functions/f/invocations',
    '/restapis?limit=x',
    '/%zz',
    '/?Action=x',
  ),
);
const body = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.json().map((text) => Buffer.from(text)),
  fc
    .constantFrom('Action=CreateRole&Version=2010-05-08', '<Delete/>', '5\r\nhello\r\n0\r\n\r\n', '{"TableName":"t"}')
    .map((text) => Buffer.from(text)),
);

test('no request makes the server fail', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'PUT', 'POST', 'DELETE', 'HEAD', 'PATCH'),
      path,
      fc.constantFrom(
        's3',
        'lambda',
        'dynamodb',
        'sqs',
        'iam',
        'ec2',
        'monitoring',
        'apigateway',
        'route53',
        'nope',
        undefined,
      ),
      headers,
      body,
      async (method, where, service, extra, bytes) => {
        const answer = await send(server.endpoint, {
          method,
          path: where,
          headers: { ...(service && signedFor(service)), ...extra },
          body: bytes,
        });
        assert.ok(answer.status < 500 || answer.status === 501, `${answer.status} ${answer.body}`);
      },
    ),
    { numRuns },
  );
});
