// responseTransferMode STREAM: what the backend has written reaches the client before the backend is done.
import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import type { InvokeRequest, InvokeStreamResult } from '#kernel/functions.ts';
import { ServiceError } from '#core/errors.ts';
import { startBackend } from './backend.ts';
import { ask, publishRest, REGION, startGatewayServer } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
let release = (): void => {};
const backend = await startBackend((_request, response) => {
  response.setHeader('Content-Type', 'text/event-stream');
  response.write('first');
  release = () => response.end('last');
});
after(async () => {
  await server.stop();
  await backend.stop();
});

/** Resolves with the head and the first chunk; `rest` with what follows. */
function begin(apiId: string): Promise<{ response: http.IncomingMessage; first: string; rest: Promise<string> }> {
  const { port } = server.platform.config;
  const headers = { Host: `${apiId}.execute-api.${REGION}.localhost:${port}` };
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: '/test/', headers }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      const rest = new Promise<string>((end) => response.on('end', () => end(text)));
      response.once('data', (first: string) => resolve({ response, first, rest }));
      response.on('data', (chunk: string) => (text += chunk));
    });
    request.on('error', reject);
  });
}

const uri = `arn:aws:apigateway:${REGION}:lambda:path/2021-11-15/functions/arn:aws:lambda:${REGION}:123456789012:function:s/response-streaming-invocations`;
const streaming = {
  methods: {
    'GET /': { methodIntegration: { type: 'AWS_PROXY' as const, uri, responseTransferMode: 'STREAM' as const } },
  },
};

function stream(run: (request: InvokeRequest) => Promise<Partial<InvokeStreamResult>>): void {
  server.platform.functions = {
    invoke: () => Promise.reject(new Error('not here')),
    invokeStream: async (request) => ({
      contentType: 'application/octet-stream',
      executedVersion: '$LATEST',
      requestId: 'r',
      completed: Promise.resolve({ payload: Buffer.alloc(0) }),
      body: (async function* () {})(),
      ...(await run(request)),
    }),
  };
}

test('a function answers status, headers and cookies first, then as it writes', async () => {
  let event: any;
  let go = (): void => {};
  const gate = new Promise<void>((resolve) => (go = resolve));
  stream(async ({ payload }) => {
    event = JSON.parse(payload.toString());
    return {
      prelude: { statusCode: 201, headers: { 'Content-Type': 'text/plain', Server: 'mine' }, cookies: ['a=1', 'b=2'] },
      body: (async function* () {
        yield Buffer.from('first');
        await gate;
        yield Buffer.from('last');
      })(),
    };
  });
  const apiId = await publishRest(server, streaming);
  const { response, first, rest } = await begin(apiId);
  assert.equal(first, 'first');
  go();
  assert.equal(await rest, 'firstlast');
  assert.equal(response.statusCode, 201);
  assert.equal(response.headers['content-type'], 'text/plain');
  assert.equal(response.headers['x-amzn-remapped-server'], 'mine');
  assert.deepEqual(response.headers['set-cookie'], ['a=1', 'b=2']);
  assert.equal(event.httpMethod, 'GET');
});

test('a function that fails before its stream begins is 502', async () => {
  stream(async () => ({ failed: { functionError: 'Unhandled', payload: Buffer.from('{"errorMessage":"secret"}') } }));
  const apiId = await publishRest(server, streaming);
  const { status, body } = await ask(server, apiId, '/test/');
  assert.deepEqual([status, body], [502, '{"message": "Internal server error"}']);
});

test('a function that cannot be invoked is 502', async () => {
  stream(() => Promise.reject(new ServiceError('AccessDeniedException', 'no', 403)));
  const apiId = await publishRest(server, streaming);
  const { status, body } = await ask(server, apiId, '/test/');
  assert.deepEqual([status, body], [502, '{"message": "Internal server error"}']);
});

test('an HTTP backend is streamed too', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'GET /': {
        methodIntegration: { type: 'HTTP_PROXY', httpMethod: 'GET', uri: backend.url, responseTransferMode: 'STREAM' },
      },
    },
  });
  const { response, first, rest } = await begin(apiId);
  assert.equal(first, 'first');
  release();
  assert.equal(await rest, 'firstlast');
  assert.equal(response.headers['content-type'], 'text/event-stream');
});
