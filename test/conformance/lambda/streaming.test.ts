import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { InvokeWithResponseStreamCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const streamed = (body: string): string =>
  `exports.handler = awslambda.streamifyResponse(async (event, stream, context) => { ${body} });`;

async function call(FunctionName: string, rest: object = {}) {
  const answer = await lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName, Payload: Buffer.from('{"name":"ada"}'), ...rest }),
  );
  const chunks: string[] = [];
  let complete: object | undefined;
  for await (const event of answer.EventStream ?? []) {
    if (event.PayloadChunk) chunks.push(Buffer.from(event.PayloadChunk.Payload ?? []).toString());
    if (event.InvokeComplete) complete = event.InvokeComplete;
  }
  return { answer, chunks, complete };
}

test('a streamed answer arrives in chunks, then InvokeComplete', async () => {
  await createFunction(
    lambda,
    'streams',
    streamed(`
      stream.setContentType('text/plain');
      stream.write('one ' + event.name);
      await new Promise((resolve) => setTimeout(resolve, 50));
      stream.write('two');
      stream.end();`),
  );
  const { answer, chunks, complete } = await call('streams', { LogType: 'Tail' });
  assert.deepEqual(
    [answer.StatusCode, answer.ExecutedVersion, answer.ResponseStreamContentType],
    [200, '$LATEST', 'text/plain'],
  );
  assert.deepEqual(chunks, ['one ada', 'two']);
  const { LogResult, ...rest } = complete as { LogResult: string };
  assert.deepEqual(rest, {});
  assert.match(Buffer.from(LogResult, 'base64').toString(), /START RequestId: [^]*REPORT RequestId: /);
});

test('the first chunk arrives while the function still runs', async () => {
  await createFunction(
    lambda,
    'waits',
    streamed(`stream.write('first'); await new Promise((resolve) => setTimeout(resolve, 60000)); stream.end();`),
    { Timeout: 90 },
  );
  const answer = await lambda.send(new InvokeWithResponseStreamCommand({ FunctionName: 'waits' }));
  for await (const event of answer.EventStream ?? []) {
    assert.equal(Buffer.from(event.PayloadChunk?.Payload ?? []).toString(), 'first');
    break;
  }
});

test('status and headers travel before eight zero bytes', async () => {
  await createFunction(
    lambda,
    'prelude',
    streamed(`
      const out = awslambda.HttpResponseStream.from(stream, { statusCode: 201, headers: { 'x-a': 'b' }, cookies: ['c=d'] });
      out.write('body');
      out.end();`),
  );
  const { answer, chunks } = await call('prelude');
  assert.equal(answer.ResponseStreamContentType, 'application/vnd.awslambda.http-integration-response');
  assert.equal(chunks.join(''), `{"statusCode":201,"headers":{"x-a":"b"},"cookies":["c=d"]}${'\0'.repeat(8)}body`);
});

test('a failure is told by InvokeComplete, before the first byte and after it', async () => {
  await createFunction(lambda, 'fails-early', streamed(`throw new RangeError('early');`));
  const early = await call('fails-early');
  assert.deepEqual([early.answer.StatusCode, early.chunks], [200, []]);
  const complete = early.complete as { ErrorCode?: string; ErrorDetails?: string };
  assert.equal(complete.ErrorCode, 'Unhandled');
  assert.equal(JSON.parse(complete.ErrorDetails ?? '').errorMessage, 'early');
  await createFunction(
    lambda,
    'fails-late',
    streamed(
      `stream.write('some'); await new Promise((resolve) => setTimeout(resolve, 20)); throw new RangeError('late');`,
    ),
  );
  const late = await call('fails-late');
  assert.deepEqual(late.chunks, ['some']);
  assert.match((late.complete as { ErrorDetails: string }).ErrorDetails, /late/);
});

test('a function that does not stream answers in one chunk', async () => {
  await createFunction(lambda, 'plain', 'exports.handler = async (event) => ({ hello: event.name });');
  const { chunks, complete } = await call('plain');
  assert.deepEqual([chunks, complete], [['{"hello":"ada"}'], {}]);
});

test('DryRun, missing functions and payloads that are no JSON', async () => {
  const answer = await lambda.send(
    new InvokeWithResponseStreamCommand({ FunctionName: 'plain', InvocationType: 'DryRun' }),
  );
  assert.equal(answer.StatusCode, 204);
  await assert.rejects(call('missing'), { name: 'ResourceNotFoundException' });
  await assert.rejects(call('plain', { Payload: Buffer.from('{"a":') }), { name: 'InvalidRequestContentException' });
});
