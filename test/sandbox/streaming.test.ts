// Response streaming (docs: configuration-response-streaming).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => (fixture = await startPool()));
after(() => fixture.stop());

async function stream(source: string, settings = {}) {
  const snapshot = await defineFunction({ 'index.js': source }, settings);
  return fixture.pool.invokeStream(snapshot, { requestId: 'r', payload: '{}', invokedFunctionArn: snapshot.arn });
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

test('chunks arrive while the function still runs', async () => {
  const { body, contentType } = await stream(`exports.handler = awslambda.streamifyResponse(async (event, out) => {
    out.setContentType('text/plain');
    out.write('one,');
    await new Promise((resolve) => setTimeout(resolve, 300));
    out.write('two');
    out.end();
  })`);
  assert.equal(contentType, 'text/plain');
  const arrived: number[] = [];
  let text = '';
  for await (const chunk of body) {
    arrived.push(performance.now());
    text += Buffer.from(chunk).toString();
  }
  assert.equal(text, 'one,two');
  assert.equal(arrived.length, 2);
});

test('HttpResponseStream gives status, headers and cookies before the body', async () => {
  const { prelude, body, contentType } =
    await stream(`exports.handler = awslambda.streamifyResponse(async (event, out) => {
    out = awslambda.HttpResponseStream.from(out, { statusCode: 201, headers: { a: 'b' }, cookies: ['c=d'] });
    out.write('hello');
    out.end();
  })`);
  assert.deepEqual(prelude, { statusCode: 201, headers: { a: 'b' }, cookies: ['c=d'] });
  assert.equal(contentType, 'application/vnd.awslambda.http-integration-response');
  assert.equal(await collect(body), 'hello');
});

test('a large stream is held back for a slow reader and arrives whole', async () => {
  const { body } =
    await stream(`const { pipeline } = require('stream/promises'); const { Readable } = require('stream');
  exports.handler = awslambda.streamifyResponse(async (event, out) => {
    await pipeline(Readable.from((function* () { for (let i = 0; i < 160; i++) yield Buffer.alloc(65536, 97) })()), out);
  })`);
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(bytes, 160 * 65536);
});

test('a buffered handler can be invoked for a stream', async () => {
  const { body, contentType } = await stream('exports.handler = async () => ({ a: 1 })');
  assert.equal(contentType, 'application/json');
  assert.equal(await collect(body), '{"a":1}');
});

test('an error before the first byte rejects the body', async () => {
  const { body } = await stream(
    'exports.handler = awslambda.streamifyResponse(async () => { throw new Error("early") })',
  );
  await assert.rejects(collect(body), /early/);
});

test('an error in the middle ends the stream with it', async () => {
  const { body } = await stream(`exports.handler = awslambda.streamifyResponse(async (event, out) => {
    out.write('part'); await new Promise((resolve) => setTimeout(resolve, 10)); throw new Error('middle') })`);
  await assert.rejects(collect(body), /middle/);
});

test('the buffered Invoke of a streaming handler answers the whole body', async () => {
  const snapshot = await defineFunction({
    'index.js': `exports.handler = awslambda.streamifyResponse(async (event, out) => { out.write('a'); out.write('b'); out.end() })`,
  });
  assert.equal((await invoke(fixture, snapshot)).payload.toString(), 'ab');
});

// The rules of aws-lambda-ric 3.3.0, Lambda's own runtime interface client for Node.
test('objects go out as JSON; the handler says that it streams by AWS’s symbol', async () => {
  const { body } = await stream(`exports.handler = awslambda.streamifyResponse(async (event, out) => {
    out.write({ a: 1 });
    out.write(exports.handler[Symbol.for('aws.lambda.runtime.handler.streaming')]);
    out.end();
  })`);
  assert.equal(await collect(body), '{"a":1}response');
});

test('a streaming handler that answers at once is refused', async () => {
  const snapshot = await defineFunction({ 'index.js': 'exports.handler = awslambda.streamifyResponse(() => 1)' });
  const result = await invoke(fixture, snapshot);
  assert.deepEqual(JSON.parse(result.payload.toString()), {
    errorType: 'string',
    errorMessage: 'Streaming does not support non-async handlers.',
    trace: [],
  });
});
