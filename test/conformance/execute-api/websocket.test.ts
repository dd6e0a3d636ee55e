import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  GetConnectionCommand,
  PostToConnectionCommand,
} from '@aws-sdk/client-apigatewaymanagementapi';
import { ManualClock } from '#core/clock.ts';
import { eventually } from '../../harness.ts';
import { fakeUsers, keyOf } from './fake-identity.ts';
import { ACCOUNT, invocationUri, REGION, startGatewayServer, type FakeFunction } from './fixture.ts';
import {
  ANSWERS,
  openSocket,
  proxy as proxyOf,
  publishSockets,
  refusedWith,
  type OpenOptions,
  type SocketApi,
} from './websocket-fixture.ts';

const clock = new ManualClock(Date.now());
const server = await startGatewayServer({ services: [], clock, config: { iam: 'enforce' } });
after(() => server.stop());
fakeUsers(server, {
  backend: [{ Effect: 'Allow', Action: 'execute-api:ManageConnections', Resource: '*' }],
  caller: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
  stranger: [],
});
const proxy = (run: FakeFunction) => proxyOf(server, run);
const publish = (api: SocketApi) => publishSockets(server, api);
const open = (apiId: string, options?: OpenOptions) => openSocket(server, apiId, options);

test('$connect, messages and $disconnect reach their functions with their events', async () => {
  const events: any[] = [];
  const keep: FakeFunction = (event) => (events.push(event), { statusCode: 200 });
  const apiId = await publish({
    routes: { $connect: proxy(keep), $disconnect: proxy(keep), $default: proxy(keep), sendMessage: proxy(keep) },
    stage: { stageVariables: { table: 't' } },
  });
  const client = await open(apiId, { query: '?room=1&room=2', headers: { 'User-Agent': 'tester/1' } });
  client.socket.send('{"action":"sendMessage","text":"hi"}');
  await eventually(() => events.length === 2);
  client.socket.send('no json');
  await eventually(() => events.length === 3);
  client.socket.close(1000, 'bye');
  await eventually(() => events.length === 4);
  const [connect, message, other, disconnect] = events;
  const { connectionId, requestId } = connect.requestContext;
  assert.match(connectionId, /^.{15}=$/);
  const domainName = `${apiId}.execute-api.${REGION}.localhost`;
  assert.deepEqual(connect.requestContext, {
    routeKey: '$connect',
    eventType: 'CONNECT',
    extendedRequestId: requestId,
    requestTime: connect.requestContext.requestTime,
    messageDirection: 'IN',
    stage: 'live',
    connectedAt: clock.now(),
    requestTimeEpoch: clock.now(),
    identity: { userAgent: 'tester/1', sourceIp: '127.0.0.1' },
    requestId,
    domainName,
    connectionId,
    apiId,
  });
  assert.equal(connect.headers.Host, `${domainName}:${server.platform.config.port}`);
  assert.deepEqual(connect.queryStringParameters, { room: '2' });
  assert.deepEqual(connect.multiValueQueryStringParameters, { room: ['1', '2'] });
  assert.deepEqual(connect.stageVariables, { table: 't' });
  assert.equal(connect.isBase64Encoded, false);
  assert.deepEqual(
    [
      message.requestContext.routeKey,
      message.requestContext.eventType,
      message.requestContext.connectionId,
      message.body,
    ],
    ['sendMessage', 'MESSAGE', connectionId, '{"action":"sendMessage","text":"hi"}'],
  );
  assert.match(message.requestContext.messageId, /^.{15}=$/);
  assert.ok(!('headers' in message));
  assert.deepEqual([other.requestContext.routeKey, other.body], ['$default', 'no json']);
  assert.deepEqual(
    [
      disconnect.requestContext.routeKey,
      disconnect.requestContext.eventType,
      disconnect.requestContext.disconnectStatusCode,
      disconnect.requestContext.disconnectReason,
    ],
    ['$disconnect', 'DISCONNECT', 1000, 'bye'],
  );
});

test('a $connect that does not answer 2xx refuses the handshake with its status', async () => {
  const answers: Record<string, () => unknown> = {
    '401': () => ({ statusCode: 401 }),
    '500': () => ({ statusCode: 500 }),
    '502': () => {
      throw new Error('secret');
    },
  };
  let outcome = '';
  const apiId = await publish({ routes: { $connect: proxy(() => answers[outcome]!()) } });
  for (outcome of Object.keys(answers)) await assert.rejects(open(apiId), refusedWith(Number(outcome)));
});

test('without a $connect route everybody connects; other addresses do not', async () => {
  const apiId = await publish({ routes: { $default: proxy(() => ({})) } });
  (await open(apiId)).socket.terminate();
  await assert.rejects(open('nosuchapi9'), /^Error: 403 {"message":"Forbidden"}$/);
});

test('answers go back where the route has a response', async () => {
  const apiId = await publish({
    routes: {
      silent: proxy(() => ({ statusCode: 200, body: 'not seen' })),
      echo: proxy((event) => ({ statusCode: 200, body: `echo ${event.body}` })),
    },
    more: { echo: ANSWERS },
  });
  const client = await open(apiId);
  client.socket.send('{"action":"silent"}');
  client.socket.send('{"action":"echo"}');
  assert.equal(await client.next(), 'echo {"action":"echo"}');
  client.socket.send('{"action":"echo"}');
  assert.equal(await client.next(), 'echo {"action":"echo"}');
  client.socket.terminate();
});

test('no route is Forbidden, a failing backend Internal server error, too many Too Many Requests', async () => {
  const apiId = await publish({
    routes: {
      fails: proxy(() => {
        throw new Error('secret');
      }),
      limited: proxy(() => ({})),
    },
    stage: { routeSettings: { limited: { throttlingBurstLimit: 1, throttlingRateLimit: 0.001 } } },
  });
  const client = await open(apiId);
  const ask = async (text: string) => {
    client.socket.send(text);
    return JSON.parse(await client.next());
  };
  const forbidden = await ask('{"action":"none"}');
  assert.deepEqual(Object.keys(forbidden), ['message', 'connectionId', 'requestId']);
  assert.equal(forbidden.message, 'Forbidden');
  assert.equal((await ask('{"action":"fails"}')).message, 'Internal server error');
  client.socket.send('{"action":"limited"}');
  assert.equal((await ask('{"action":"limited"}')).message, 'Too Many Requests');
  client.socket.terminate();
});

test('templates map messages to functions and mocks, and their answers back', async () => {
  const apiId = await publish({
    routes: {
      lambda: {
        integrationType: 'AWS',
        integrationUri: invocationUri(server.functionArn('mapped', (event) => ({ got: event }))),
        templateSelectionExpression: '${request.body.kind}',
        requestTemplates: {
          special: '{"special": $input.json(\'$.text\'), "who": "$context.connectionId", "v": "$stageVariables.v"}',
          $default: '{"plain": true}',
        },
        integrationResponses: [
          {
            integrationResponseKey: '$default',
            templateSelectionExpression: '\\$default',
            responseTemplates: { $default: '{"wrapped": $input.json(\'$.got\')}' },
          },
        ],
      },
      mock: {
        integrationType: 'MOCK',
        templateSelectionExpression: '\\$default',
        requestTemplates: { $default: '{"statusCode": 404}' },
        integrationResponses: [
          {
            integrationResponseKey: '/4\\d\\d/',
            templateSelectionExpression: '\\$default',
            responseTemplates: { $default: 'four hundred' },
          },
          { integrationResponseKey: '$default', responseTemplates: { $default: 'fine' } },
        ],
      },
    },
    more: { lambda: ANSWERS, mock: ANSWERS },
    stage: { stageVariables: { v: '1' } },
  });
  const client = await open(apiId);
  client.socket.send('{"action":"lambda","kind":"special","text":"x"}');
  const { wrapped } = JSON.parse(await client.next());
  assert.deepEqual([wrapped.special, wrapped.v], ['x', '1']);
  assert.match(wrapped.who, /=$/);
  client.socket.send('{"action":"lambda","kind":"other"}');
  assert.deepEqual(JSON.parse(await client.next()), { wrapped: { plain: true } });
  client.socket.send('{"action":"mock"}');
  assert.equal(await client.next(), 'four hundred');
  client.socket.terminate();
});

const managementOf = (user: string) =>
  new ApiGatewayManagementApiClient({ ...server.sdk, credentials: keyOf(user), systemClockOffset: 0 });

test('@connections: post, get and delete by the SDK; what is gone is 410', async () => {
  let connectionId = '';
  const apiId = await publish({
    routes: { $connect: proxy((event) => ((connectionId = event.requestContext.connectionId), { statusCode: 200 })) },
  });
  const client = await open(apiId, { headers: { 'User-Agent': 'tester/1' } });
  const management = managementOf('backend');
  await management.send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'hello' }));
  assert.equal(await client.next(), 'hello');
  const facts = await management.send(new GetConnectionCommand({ ConnectionId: connectionId }));
  assert.equal(facts.Identity!.UserAgent, 'tester/1');
  assert.equal(facts.Identity!.SourceIp, '127.0.0.1');
  assert.equal(facts.ConnectedAt!.getTime(), Math.floor(clock.now() / 1000) * 1000 + (clock.now() % 1000));
  const large = management.send(
    new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'x'.repeat(128 * 1024 + 1) }),
  );
  await assert.rejects(large, { name: 'PayloadTooLargeException' });
  const stranger = managementOf('stranger').send(
    new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'x' }),
  );
  await assert.rejects(stranger, {
    name: 'AccessDeniedException',
    message: `User: arn:aws:iam::${ACCOUNT}:user/stranger is not authorized to perform: execute-api:ManageConnections on resource: arn:aws:execute-api:${REGION}:********9012:${apiId}/live/POST/@connections/{connectionId}`,
  });
  await management.send(new DeleteConnectionCommand({ ConnectionId: connectionId }));
  assert.equal((await client.closed).code, 1000);
  await eventually(async () => {
    const failed = await management
      .send(new PostToConnectionCommand({ ConnectionId: connectionId, Data: 'x' }))
      .catch((error) => error);
    return failed.name === 'GoneException' && failed.$metadata.httpStatusCode === 410;
  });
});

test('connections end after ten silent minutes and after two hours', async () => {
  const apiId = await publish({ routes: { $default: proxy(() => ({})) } });
  const silent = await open(apiId);
  const busy = await open(apiId);
  clock.advance(9 * 60_000);
  busy.socket.send('still here');
  await eventually(() => server.events.some((event) => event.body === 'still here'));
  clock.advance(60_000);
  assert.equal((await silent.closed).code, 1001);
  for (let minutes = 10; minutes < 120; minutes += 5) {
    const text = `alive ${minutes}`;
    busy.socket.send(text);
    await eventually(() => server.events.some((event) => event.body === text));
    clock.advance(5 * 60_000);
  }
  assert.equal((await busy.closed).code, 1001);
});

test('messages above 128 KB end the connection with 1009', async () => {
  const apiId = await publish({ routes: { $default: proxy(() => ({})) } });
  const client = await open(apiId);
  client.socket.send('x'.repeat(128 * 1024 + 1));
  assert.equal((await client.closed).code, 1009);
});

test('authorizers are asked at the handshake, their context stays with the connection', async () => {
  const events: any[] = [];
  const arn = server.functionArn('connectAuthorizer', (event) => {
    events.push(event);
    const { token } = event.queryStringParameters;
    if (token === 'unknown') throw new Error('Unauthorized');
    return {
      principalId: 'ann',
      context: { level: 5 },
      policyDocument: {
        Version: '2012-10-17',
        Statement: [
          { Effect: token === 'good' ? 'Allow' : 'Deny', Action: 'execute-api:Invoke', Resource: event.methodArn },
        ],
      },
    };
  });
  const apiId = await publish({
    routes: {
      $connect: proxy(() => ({ statusCode: 200 })),
      echo: proxy((event) => ({ body: JSON.stringify(event.requestContext.authorizer) })),
    },
    more: { $connect: { authorizationType: 'CUSTOM', authorizerId: 'a' }, echo: ANSWERS },
    deployment: {
      authorizers: [
        {
          authorizerId: 'a',
          name: 'a',
          authorizerType: 'REQUEST',
          authorizerUri: invocationUri(arn),
          identitySource: ['route.request.querystring.token'],
        },
      ],
    },
  });
  await assert.rejects(open(apiId), refusedWith(401));
  assert.equal(events.length, 0);
  await assert.rejects(open(apiId, { query: '?token=unknown' }), refusedWith(401));
  await assert.rejects(open(apiId, { query: '?token=bad' }), refusedWith(403));
  const client = await open(apiId, { query: '?token=good' });
  assert.equal(events.at(-1).methodArn, `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/live/$connect`);
  client.socket.send('{"action":"echo"}');
  assert.deepEqual(JSON.parse(await client.next()), { level: '5', principalId: 'ann' });
  client.socket.terminate();
});

test('the backend chooses the subprotocol', async () => {
  const apiId = await publish({
    routes: { $connect: proxy(() => ({ statusCode: 200, headers: { 'Sec-WebSocket-Protocol': 'second' } })) },
  });
  const client = await open(apiId, { protocols: ['first', 'second'] });
  assert.equal(client.socket.protocol, 'second');
  client.socket.terminate();
});
