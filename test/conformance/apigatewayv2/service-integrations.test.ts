// First-class integrations, and parameter mapping of functions, by the SDK.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateIntegrationCommand,
  CreateRouteCommand,
  CreateStageCommand,
  type CreateIntegrationCommandInput,
} from '@aws-sdk/client-apigatewayv2';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateQueueCommand, GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs';
import { eventually } from '../../harness.ts';
import { refusal, startHttpApiServer, untilStatus } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const sqs = new SQSClient(server.sdk);
const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: 'orders' }));
const statement = { Effect: 'Allow', Principal: { Service: 'apigateway.amazonaws.com' }, Action: 'sts:AssumeRole' };
const { Role } = await new IAMClient(server.sdk).send(
  new CreateRoleCommand({
    RoleName: 'gateway',
    AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
  }),
);
const CredentialsArn = Role?.Arn;

const create = (ApiId: string, input: Partial<CreateIntegrationCommandInput>) =>
  client.send(
    new CreateIntegrationCommand({
      ApiId,
      IntegrationType: 'AWS_PROXY',
      PayloadFormatVersion: '1.0',
      CredentialsArn,
      ...input,
    }),
  );

async function route(ApiId: string, RouteKey: string, input: Partial<CreateIntegrationCommandInput>): Promise<void> {
  const { IntegrationId } = await create(ApiId, input);
  await client.send(new CreateRouteCommand({ ApiId, RouteKey, Target: `integrations/${IntegrationId}` }));
}

test('messages are sent, received, deleted and purged', async () => {
  const ApiId = await server.createApi();
  await route(ApiId, 'POST /messages', {
    IntegrationSubtype: 'SQS-SendMessage',
    RequestParameters: { QueueUrl, MessageBody: '$request.body.order', DelaySeconds: '0' },
  });
  await route(ApiId, 'GET /messages', {
    IntegrationSubtype: 'SQS-ReceiveMessage',
    RequestParameters: { QueueUrl, MaxNumberOfMessages: '1', AttributeNames: '["All"]', Region: 'us-east-1' },
  });
  await route(ApiId, 'DELETE /messages', {
    IntegrationSubtype: 'SQS-DeleteMessage',
    RequestParameters: { QueueUrl, ReceiptHandle: '$request.querystring.handle' },
  });
  await route(ApiId, 'DELETE /all', { IntegrationSubtype: 'SQS-PurgeQueue', RequestParameters: { QueueUrl } });
  await client.send(new CreateStageCommand({ ApiId, StageName: 'test', AutoDeploy: true }));
  const send = () => server.ask(ApiId, 'test', '/messages', { method: 'POST', body: '{"order":"tea"}' });
  const sent = (await (await untilStatus(send, 200)).json()) as { MessageId: string };
  const received = (await (await server.ask(ApiId, 'test', '/messages')).json()) as any;
  const [message] = received.Messages;
  assert.deepEqual([message.Body, message.MessageId], ['tea', sent.MessageId]);
  assert.equal(message.Attributes.ApproximateReceiveCount, '1');
  const handle = encodeURIComponent(message.ReceiptHandle);
  const deleted = await server.ask(ApiId, 'test', `/messages?handle=${handle}`, { method: 'DELETE' });
  assert.equal(deleted.status, 200);
  await send();
  assert.equal((await server.ask(ApiId, 'test', '/all', { method: 'DELETE' })).status, 200);
  await eventually(async () => {
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
    );
    return Attributes?.['ApproximateNumberOfMessages'] === '0';
  });
});

test('a service integration has the parameters of its operation, no fewer and no others', async () => {
  const ApiId = await server.createApi();
  const send = { IntegrationSubtype: 'SQS-SendMessage' };
  const refused: [Partial<CreateIntegrationCommandInput>, RegExp][] = [
    [{ ...send, RequestParameters: { QueueUrl } }, /^Required Parameter: MessageBody is missing/],
    [
      { ...send, RequestParameters: { QueueUrl, MessageBody: 'x', Colour: 'red' } },
      /^Parameter: Colour does not fit schema for Operation: SQS-SendMessage$/,
    ],
    [
      { ...send, RequestParameters: { QueueUrl, MessageBody: 'x' }, CredentialsArn: undefined },
      /^Credentials are required/,
    ],
    [
      { IntegrationSubtype: 'Kinesis-PutRecord', RequestParameters: {} },
      /^Gatehouse does not offer the service integration Kinesis-PutRecord of API Gateway$/,
    ],
    [
      { IntegrationSubtype: 'AppConfig-GetConfiguration', RequestParameters: {} },
      /does not offer the service integration/,
    ],
  ];
  for (const [input, message] of refused) {
    await assert.rejects(create(ApiId, input), refusal('BadRequestException', message));
  }
});

test('parameters of functions are mapped', async () => {
  const ApiId = await server.createApi();
  const source = `export const handler = async (event) => JSON.stringify([
    event.headers['x-from'], event.rawPath, event.queryStringParameters, event.headers['x-gone']]);`;
  await route(ApiId, 'GET /pets', {
    IntegrationUri: await server.createFunction('mapped', source),
    CredentialsArn: undefined,
    PayloadFormatVersion: '2.0',
    RequestParameters: {
      'append:header.x-from': '$request.querystring.who',
      'remove:header.x-gone': "''",
      'overwrite:path': '/animals',
      'overwrite:querystring.who': 'nobody',
    },
  });
  await client.send(new CreateStageCommand({ ApiId, StageName: '$default', AutoDeploy: true }));
  const headers = { 'x-gone': '1' };
  const response = await untilStatus(() => server.ask(ApiId, '$default', '/pets?who=me', { headers }), 200);
  assert.deepEqual(await response.json(), ['me', '/animals', { who: 'nobody' }, null]);
});
