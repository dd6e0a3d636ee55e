// Backends and authorizers that misbehave: each is given up in time, with AWS's error, while others are served.
import assert from 'node:assert/strict';
import net, { type AddressInfo, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import {
  ACCOUNT,
  ask,
  invocationUri,
  publishHttp,
  publishRest,
  REGION,
  startGatewayServer,
} from '../conformance/execute-api/fixture.ts';

const TIMEOUT_MS = 250;
const limits = { restTimeoutMs: TIMEOUT_MS, httpTimeoutMs: TIMEOUT_MS, httpAuthorizerTimeoutMs: TIMEOUT_MS };
const server = await startGatewayServer({ services: [], gateway: { limits } });

const OK = 'HTTP/1.1 200 OK\r\n';
/** Writes as long as somebody listens. */
function pour(socket: Socket, text: string, everyMs: number): void {
  const timer = setInterval(() => {
    if (socket.writableLength < 1 << 20) socket.write(text);
  }, everyMs);
  socket.once('close', () => clearInterval(timer));
}
const backends: Record<string, (socket: Socket) => void> = {
  '/good': (socket) => socket.write(`${OK}Content-Length: 4\r\n\r\ngood`),
  '/hang': () => {},
  '/head-without-end': (socket) => socket.write(`${OK}X-A: 1\r\n`),
  '/head-that-drips': (socket) => {
    socket.write(`${OK}X-A: `);
    pour(socket, 'a', 20);
  },
  '/body-that-drips': (socket) => {
    socket.write(`${OK}\r\n`);
    pour(socket, 'a', 20);
  },
  '/body-that-stops': (socket) => socket.write(`${OK}Content-Length: 100\r\n\r\nabc`),
  '/progress-for-ever': (socket) => pour(socket, 'HTTP/1.1 102 Processing\r\n\r\n', 5),
  '/body-of-20-MB': (socket) => {
    socket.write(`${OK}\r\n`);
    pour(socket, 'a'.repeat(1 << 20), 1);
  },
  '/chunks-without-end': (socket) => {
    socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
    pour(socket, `100000\r\n${'a'.repeat(1 << 20)}\r\n`, 1);
  },
  '/large-header': (socket) => socket.write(`${OK}X-A: ${'a'.repeat(100_000)}\r\n\r\n`),
  '/no-http': (socket) => socket.write('SSH-2.0-OpenSSH_9.9\r\n\r\n'),
  '/nothing': (socket) => socket.end(),
  '/reset': (socket) => socket.resetAndDestroy(),
  '/short-body': (socket) => socket.end(`${OK}Content-Length: 100\r\n\r\nabc`),
  '/short-chunk': (socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\n64\r\nabc`),
  '/no-chunks': (socket) => socket.end(`${OK}Transfer-Encoding: chunked\r\n\r\nabc\r\n`),
  '/two-lengths': (socket) => socket.end(`${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
  '/two-framings': (socket) =>
    socket.end(`${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`),
  '/split-header': (socket) => socket.end(`${OK}X-A: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n`),
  '/upgrade': (socket) =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\nPRI'),
  '/status-of-its-own': (socket) => socket.end('HTTP/1.1 42 What\r\nContent-Length: 0\r\n\r\n'),
};
const LATE = [
  '/hang',
  '/head-without-end',
  '/head-that-drips',
  '/body-that-drips',
  '/body-that-stops',
  '/progress-for-ever',
];
/** beyond 10 MB, whatever the time */
const LARGE = ['/body-of-20-MB', '/chunks-without-end'];
/** the connection ends before the answer does */
const CUT = ['/nothing', '/reset', '/short-body', '/short-chunk', '/no-chunks'];
const BROKEN = Object.keys(backends).filter((path) => path !== '/good' && ![...LATE, ...LARGE, ...CUT].includes(path));

let backend: net.Server;
const sockets = new Set<Socket>();
let url = '';
before(async () => {
  backend = net.createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket)).on('error', () => {});
    socket.on('data', (bytes) => backends[bytes.toString().split(/[ ?]/)[1]!]!(socket));
  });
  await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(backend.address() as AddressInfo).port}`;
});
after(async () => {
  await server.stop();
  for (const socket of sockets) socket.destroy();
  backend.close();
});

const never = (): Promise<never> => new Promise(() => {});
const hanging = server.functionArn('hanging', never);
const LATE_REST = [504, '{"message": "Endpoint request timed out"}'];
const CUT_REST = [504, '{"message": "Network error communicating with endpoint"}'];
const BROKEN_REST = [500, '{"message": "Internal server error"}'];
const LATE_HTTP = [503, '{"message":"Service Unavailable"}'];
const BROKEN_HTTP = [500, '{"message":"Internal Server Error"}'];

/** All at once, and a good one in between. */
async function expectOf(apiId: string, prefix: string, paths: string[], expected: unknown[]): Promise<void> {
  const all = paths.map(async (path) => {
    const { status, body } = await ask(server, apiId, prefix + path);
    assert.deepEqual([status, body], expected, path);
  });
  const good = await ask(server, apiId, `${prefix}/good`);
  assert.deepEqual([good.status, good.body], [200, 'good']);
  await Promise.all(all);
}

test('backends of a REST API', async () => {
  const methodIntegration = { type: 'HTTP_PROXY' as const, httpMethod: 'GET', uri: `${url}/{any}` };
  const requestParameters = { 'integration.request.path.any': 'method.request.path.any' };
  const apiId = await publishRest(server, {
    methods: {
      'GET /{any+}': { methodIntegration: { ...methodIntegration, requestParameters } },
      'GET /patient/{any+}': {
        methodIntegration: { ...methodIntegration, requestParameters, timeoutInMillis: 20_000 },
      },
    },
  });
  await expectOf(apiId, '/test/patient', LARGE, BROKEN_REST);
  await expectOf(apiId, '/test', LATE, LATE_REST);
  await expectOf(apiId, '/test', CUT, CUT_REST);
  await expectOf(apiId, '/test', BROKEN, BROKEN_REST);
});

test('backends of an HTTP API', async () => {
  const integration = {
    integrationType: 'HTTP_PROXY' as const,
    integrationMethod: 'GET',
    integrationUri: `${url}/{any}`,
  };
  const apiId = await publishHttp(server, {
    deployment: {
      routes: [
        { routeId: 'r', routeKey: 'GET /{any+}', target: 'integrations/i' },
        { routeId: 'p', routeKey: 'GET /patient/{any+}', target: 'integrations/p' },
      ],
      integrations: [
        { ...integration, integrationId: 'i' },
        { ...integration, integrationId: 'p', timeoutInMillis: 20_000 },
      ],
    },
  });
  await expectOf(apiId, '/patient', LARGE, BROKEN_HTTP);
  await expectOf(apiId, '', LATE, LATE_HTTP);
  await expectOf(apiId, '', [...CUT, ...BROKEN], BROKEN_HTTP);
});

test('what a broken backend has left behind is gone', () => {
  // those that keep their connection have answered as HTTP asks for
  assert.ok(sockets.size <= 2, `${sockets.size} connections are still open`);
});

test('functions and authorizers that hang', async () => {
  const good = invocationUri(server.functionArn('good', () => ({ statusCode: 200, body: 'good' })));
  const authorizerUri = invocationUri(hanging);
  const rest = await publishRest(server, {
    methods: {
      'GET /function': { methodIntegration: { type: 'AWS_PROXY', uri: authorizerUri } },
      'GET /custom': { methodIntegration: { type: 'AWS', uri: authorizerUri } },
      'GET /guarded': {
        authorizationType: 'CUSTOM',
        authorizerId: 'a',
        methodIntegration: { type: 'AWS_PROXY', uri: good },
      },
      'GET /good': { methodIntegration: { type: 'AWS_PROXY', uri: good } },
    },
    deployment: {
      authorizers: [
        { id: 'a', name: 'a', type: 'TOKEN', authorizerUri, identitySource: 'method.request.header.Authorization' },
      ],
    },
  });
  await expectOf(rest, '/test', ['/function', '/custom'], LATE_REST);
  const refused = await ask(server, rest, '/test/guarded', { headers: { Authorization: 'me' } });
  assert.deepEqual([refused.status, refused.headers['x-amzn-errortype']], [500, 'AuthorizerFailureException']);

  const integration = { integrationType: 'AWS_PROXY' as const, payloadFormatVersion: '2.0' as const };
  const http = await publishHttp(server, {
    deployment: {
      routes: [
        { routeId: 'r1', routeKey: 'GET /function', target: 'integrations/hanging' },
        { routeId: 'r2', routeKey: 'GET /good', target: 'integrations/good' },
        {
          routeId: 'r3',
          routeKey: 'GET /guarded',
          target: 'integrations/good',
          authorizationType: 'CUSTOM',
          authorizerId: 'a',
        },
      ],
      integrations: [
        { integrationId: 'hanging', ...integration, integrationUri: hanging },
        {
          integrationId: 'good',
          ...integration,
          integrationUri: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:good`,
        },
      ],
      authorizers: [
        {
          authorizerId: 'a',
          name: 'a',
          authorizerType: 'REQUEST',
          authorizerUri,
          authorizerPayloadFormatVersion: '2.0',
          identitySource: ['$request.header.Authorization'],
        },
      ],
    },
  });
  await expectOf(http, '', ['/function'], LATE_HTTP);
  const guarded = await ask(server, http, '/guarded', { headers: { Authorization: 'me' } });
  assert.deepEqual([guarded.status, guarded.body], BROKEN_HTTP);
});
