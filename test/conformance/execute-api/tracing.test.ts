// X-Amzn-Trace-Id: what backends, functions and clients see of it.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startBackend } from './backend.ts';
import { ask, invocationUri, publishRest, startGatewayServer } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
const backend = await startBackend((_request, response) => void response.end('ok'));
after(async () => {
  await server.stop();
  await backend.stop();
});

let passedOn: string | undefined;
const seen = server.functionArn('seen', (event, { traceHeader }) => {
  passedOn = traceHeader;
  return { statusCode: 200, body: event.headers['X-Amzn-Trace-Id'] };
});
const methods = {
  'GET /function': { methodIntegration: { type: 'AWS_PROXY' as const, uri: invocationUri(seen) } },
  'GET /http': { methodIntegration: { type: 'HTTP_PROXY' as const, httpMethod: 'GET', uri: backend.url } },
};
const traced = await publishRest(server, { methods, stage: { tracingEnabled: true } });
const untraced = await publishRest(server, { methods });
const SEGMENT = /^Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01]$/;

test('a traced stage begins a trace, and everybody sees the same', async () => {
  const { body, headers } = await ask(server, traced, '/test/function');
  assert.match(body, SEGMENT);
  assert.equal(passedOn, body);
  assert.equal(headers['x-amzn-trace-id'], body);
  const answer = await ask(server, traced, '/test/http');
  assert.match(answer.headers['x-amzn-trace-id']!, SEGMENT);
  assert.equal(backend.last.headers['x-amzn-trace-id'], answer.headers['x-amzn-trace-id']);
});

test("a client's trace goes on, as does its choice of sampling, with a segment of the API's own", async () => {
  const root = '1-67891233-abcdef012345678912345678';
  for (const sampled of ['0', '1']) {
    const sent = `Root=${root};Parent=463ac35c9f6413ad;Sampled=${sampled}`;
    const { body } = await ask(server, traced, '/test/function', { headers: { 'X-Amzn-Trace-Id': sent } });
    assert.match(body, SEGMENT);
    assert.ok(body.startsWith(`Root=${root};`) && body.endsWith(`Sampled=${sampled}`), body);
    assert.ok(!body.includes('463ac35c9f6413ad'));
  }
});

test('one request a second is sampled, and one of twenty beyond it', async () => {
  let sampled = 0;
  const first = Math.floor(server.platform.clock.now() / 1000);
  for (let n = 0; n < 100; n++) {
    if ((await ask(server, traced, '/test/http')).headers['x-amzn-trace-id']!.endsWith('Sampled=1')) sampled++;
  }
  const seconds = Math.floor(server.platform.clock.now() / 1000) - first + 1;
  assert.ok(sampled >= 4 && sampled <= 5 + seconds, `${sampled} in ${seconds} seconds`);
});

test('a stage without tracing passes a trace on as it came, or makes a root only', async () => {
  const sent = 'Root=1-67891233-abcdef012345678912345678;Parent=463ac35c9f6413ad;Sampled=1';
  const passed = await ask(server, untraced, '/test/function', { headers: { 'X-Amzn-Trace-Id': sent } });
  assert.equal(passed.body, sent);
  assert.match((await ask(server, untraced, '/test/function')).body, /^Root=1-[0-9a-f]{8}-[0-9a-f]{24}$/);
});
