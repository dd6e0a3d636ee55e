// HTTP, other services, content handling, models and parameters of WebSocket routes.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { iam as iamService } from '#services/iam/index.ts';
import { sqs as sqsService } from '#services/sqs/index.ts';
import { sts } from '#services/sts/index.ts';
import { startBackend } from './backend.ts';
import { invocationUri, REGION, startGatewayServer } from './fixture.ts';
import { ANSWERS, openSocket, proxy, publishSockets, refusedWith, type SocketApi } from './websocket-fixture.ts';

const server = await startGatewayServer({ services: [iamService, sqsService, sts], config: { iam: 'enforce' } });
after(() => server.stop());
const publish = (api: SocketApi) => publishSockets(server, api);

test('an HTTP backend gets mapped parameters, its answer is chosen by status', async () => {
  const backend = await startBackend((request, response) => {
    response.statusCode = request.url!.includes('fail') ? 503 : 200;
    response.end('{"answer": 42}');
  });
  after(() => backend.stop());
  const apiId = await publish({
    routes: {
      ask: {
        integrationType: 'HTTP',
        integrationMethod: 'PUT',
        integrationUri: `${backend.url}/rooms/{room}`,
        requestParameters: {
          'integration.request.path.room': 'route.request.body.room',
          'integration.request.querystring.stage': 'context.stage',
          'integration.request.header.X-Connection': 'context.connectionId',
          'integration.request.header.X-Variable': 'stageVariables.colour',
          'integration.request.header.X-Static': "'fixed'",
          'integration.request.header.Content-Type': "'text/plain'",
        },
        templateSelectionExpression: '\\$default',
        requestTemplates: { $default: "said $input.path('$.text')" },
        integrationResponses: [
          { integrationResponseKey: '$default', responseTemplates: { $default: 'well: $input.path("$.answer")' } },
          { integrationResponseKey: '/5\\d\\d/', responseTemplates: { $default: 'out of order' } },
        ],
      },
    },
    more: { ask: ANSWERS },
    stage: { stageVariables: { colour: 'red' } },
  });
  const client = await openSocket(server, apiId);
  client.socket.send('{"action":"ask","room":"a b","text":"hi"}');
  assert.equal(await client.next(), 'well: 42');
  const { last } = backend;
  assert.deepEqual([last.method, last.url, last.body.toString()], ['PUT', '/rooms/a%20b?stage=live', 'said hi']);
  assert.match(String(last.headers['x-connection']), /^.{15}=$/);
  assert.deepEqual(
    ['x-variable', 'x-static', 'content-type'].map((name) => last.headers[name]),
    ['red', 'fixed', 'text/plain'],
  );
  client.socket.send('{"action":"ask","room":"fail"}');
  assert.equal(await client.next(), 'out of order');
  client.socket.terminate();
});

test('HTTP_PROXY passes the message and the answer as they are; bytes go as base64 where asked', async () => {
  const backend = await startBackend((_request, response, body) => response.end(body));
  after(() => backend.stop());
  const http = { integrationType: 'HTTP_PROXY', integrationMethod: 'POST', integrationUri: backend.url } as const;
  const apiId = await publish({
    routes: {
      plain: http,
      $default: { ...http, contentHandlingStrategy: 'CONVERT_TO_BINARY' },
      bytes: {
        ...http,
        integrationType: 'HTTP',
        integrationResponses: [{ integrationResponseKey: '$default', contentHandlingStrategy: 'CONVERT_TO_TEXT' }],
      },
    },
    more: { plain: ANSWERS, $default: ANSWERS, bytes: ANSWERS },
  });
  const client = await openSocket(server, apiId);
  client.socket.send('{"action":"plain"}');
  assert.equal(await client.next(), '{"action":"plain"}');
  client.socket.send(Buffer.from('bytes \u00e9').toString('base64'));
  assert.equal(await client.next(), 'bytes \u00e9');
  assert.equal(backend.last.body.toString(), 'bytes \u00e9');
  client.socket.send('{"action":"bytes"}');
  assert.equal(await client.next(), Buffer.from('{"action":"bytes"}').toString('base64'));
  client.socket.terminate();
});

test('a function gets base64 where the integration converts to bytes', async () => {
  const apiId = await publish({
    routes: {
      $default: {
        ...proxy(server, (event) => ({ statusCode: 200, body: `${event.isBase64Encoded} ${event.body}` })),
        contentHandlingStrategy: 'CONVERT_TO_BINARY',
      },
    },
    more: { $default: ANSWERS },
  });
  const client = await openSocket(server, apiId);
  client.socket.send('aGk=');
  assert.equal(await client.next(), 'true aGk=');
  client.socket.terminate();
});

const trust = JSON.stringify({
  Version: '2012-10-17',
  Statement: { Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' }, Action: 'sts:AssumeRole' },
});

test('a message goes into a queue with the role of the integration, and the answer back', async () => {
  const iam = new IAMClient(server.sdk);
  const sqs = new SQSClient(server.sdk);
  const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'chat' }));
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'sender', AssumeRolePolicyDocument: trust }));
  const statement = { Effect: 'Allow', Action: 'sqs:SendMessage', Resource: '*' };
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: statement });
  const integration = {
    integrationType: 'AWS',
    integrationMethod: 'POST',
    integrationUri: `arn:aws:apigateway:${REGION}:sqs:path/000000000000/chat`,
    credentialsArn: Role!.Arn!,
    requestParameters: { 'integration.request.header.Content-Type': "'application/x-www-form-urlencoded'" },
    templateSelectionExpression: '\\$default',
    requestTemplates: {
      $default:
        "Action=SendMessage&MessageBody=$util.urlEncode($input.path('$.text'))&MessageAttribute.1.Name=from&MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=$context.connectionId",
    },
    integrationResponses: [
      { integrationResponseKey: '/2\\d\\d/', responseTemplates: { $default: 'queued' } },
      { integrationResponseKey: '$default', responseTemplates: { $default: "refused $input.path('$.Error.Code')" } },
    ],
  } as const;
  const apiId = await publish({
    routes: {
      send: { ...integration, integrationResponses: [...integration.integrationResponses] },
    },
    more: { send: ANSWERS },
  });
  const client = await openSocket(server, apiId);
  client.socket.send('{"action":"send","text":"not yet"}');
  assert.equal(await client.next(), 'refused AccessDenied');
  await iam.send(new PutRolePolicyCommand({ RoleName: 'sender', PolicyName: 'send', PolicyDocument }));
  client.socket.send('{"action":"send","text":"a & b"}');
  assert.equal(await client.next(), 'queued');
  const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] }));
  assert.equal(Messages?.[0]?.Body, 'a & b');
  assert.match(Messages[0].MessageAttributes?.['from']?.StringValue ?? '', /^.{15}=$/);
  client.socket.terminate();
});

test('a function behind AWS: its error message chooses the response', async () => {
  const apiId = await publish({
    routes: {
      risk: {
        integrationType: 'AWS',
        integrationUri: invocationUri(
          server.functionArn('risky', (event) => {
            if (event.fail) throw new Error('NotFound: nothing here');
            return { fine: true };
          }),
        ),
        integrationResponses: [
          { integrationResponseKey: '/NotFound.*/', responseTemplates: { $default: 'no such thing' } },
          { integrationResponseKey: '$default', responseTemplates: { $default: "fine: $input.json('$.fine')" } },
        ],
      },
    },
    more: { risk: ANSWERS },
  });
  const client = await openSocket(server, apiId);
  client.socket.send('{"action":"risk"}');
  assert.equal(await client.next(), 'fine: true');
  client.socket.send('{"action":"risk","fail":true}');
  assert.equal(await client.next(), 'no such thing');
  client.socket.terminate();
});

test('a message is checked against the model that its expression names', async () => {
  const schema = (name: string) => JSON.stringify({ type: 'object', required: [name] });
  const apiId = await publish({
    routes: { order: proxy(server, () => ({ statusCode: 200, body: 'taken' })) },
    more: {
      order: {
        ...ANSWERS,
        modelSelectionExpression: '$request.body.kind',
        requestModels: { book: 'Book', cup: 'Cup' },
      },
    },
    deployment: {
      models: [
        { name: 'Book', contentType: 'application/json', schema: schema('title') },
        { name: 'Cup', contentType: 'application/json', schema: schema('size') },
      ],
    },
  });
  const client = await openSocket(server, apiId);
  const say = async (text: string): Promise<string> => {
    client.socket.send(text);
    return client.next();
  };
  assert.equal(await say('{"action":"order","kind":"book","title":"x"}'), 'taken');
  const refused = await say('{"action":"order","kind":"cup","title":"x"}');
  assert.match(refused, /^\{"message": "Invalid request body", "connectionId":"[^"]+=", "requestId":"[^"]+="\}$/);
  assert.match(await say('{"action":"order","kind":"other"}'), /Invalid request body/);
  client.socket.terminate();
});

test('$connect asks for its required parameters before its backend', async () => {
  const apiId = await publish({
    routes: { $connect: proxy(server, () => ({ statusCode: 200 })) },
    more: {
      $connect: {
        requestParameters: { 'route.request.querystring.room': true, 'route.request.header.x-name': false },
      },
    },
  });
  const asked = server.events.length;
  await assert.rejects(openSocket(server, apiId), /^Error: 400 .*Missing required request parameters: \[room\]/);
  assert.equal(server.events.length, asked);
  (await openSocket(server, apiId, { query: '?room=1' })).socket.terminate();
});

test('what is no answer of a function is Internal server error; templates without a match follow the passthrough behaviour', async () => {
  const apiId = await publish({
    routes: {
      nothing: proxy(server, () => null),
      number: proxy(server, () => ({ statusCode: 'many' })),
      object: proxy(server, () => ({ statusCode: 200, body: { not: 'text' } })),
      strict: { requestTemplates: { known: '{"statusCode":200}' }, passthroughBehavior: 'NEVER' },
      lenient: {
        requestTemplates: { known: '{"statusCode":200}' },
        templateSelectionExpression: '$request.body.kind',
        integrationResponses: [{ integrationResponseKey: '$default', responseTemplates: { $default: 'mocked' } }],
      },
    },
    more: { lenient: ANSWERS },
  });
  const client = await openSocket(server, apiId);
  const messageOf = async (text: string): Promise<string> => {
    client.socket.send(text);
    return JSON.parse(await client.next()).message;
  };
  for (const action of ['nothing', 'number', 'object']) {
    assert.equal(await messageOf(JSON.stringify({ action })), 'Internal server error');
  }
  assert.equal(await messageOf('{"action":"strict"}'), 'Unsupported Media Type');
  assert.equal(
    await messageOf('{"action":"lenient"}'),
    'Internal server error',
    'the message itself has no statusCode',
  );
  client.socket.send('{"action":"lenient","kind":"known"}');
  assert.equal(await client.next(), 'mocked');
  client.socket.terminate();
});

test('a mock $connect lets in or refuses by its status', async () => {
  const mock = (status: number): SocketApi => ({
    routes: { $connect: { integrationType: 'MOCK', requestTemplates: { $default: `{"statusCode":${status}}` } } },
  });
  (await openSocket(server, await publish(mock(200)))).socket.terminate();
  await assert.rejects(openSocket(server, await publish(mock(403))), refusedWith(403));
});

test('a backend that does not answer in time is Endpoint request timed out', async () => {
  const backend = await startBackend(() => {});
  after(() => backend.stop());
  const apiId = await publish({
    routes: {
      $default: {
        integrationType: 'HTTP_PROXY',
        integrationMethod: 'GET',
        integrationUri: backend.url,
        timeoutInMillis: 50,
      },
    },
  });
  const client = await openSocket(server, apiId);
  client.socket.send('x');
  assert.match(await client.next(), /^\{"message": "Endpoint request timed out", "connectionId":/);
  client.socket.terminate();
});
