// examples/partner-api under IAM: models that refer to each other, mapping templates, a queue without a function.
import assert from 'node:assert/strict';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { GetExportCommand, APIGatewayClient } from '@aws-sdk/client-api-gateway';
import { ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startApplication, type Application } from './application.ts';

let app: Application;
before(async () => {
  const template = path.resolve(import.meta.dirname, '../../examples/partner-api/template.yaml');
  app = await startApplication(template, { iam: 'enforce' });
});
after(() => app?.stop());

const send = async (body: string, query = '?partner=acme', type = 'application/json'): Promise<Response> =>
  fetch(app.local('OrdersUrl') + query, { method: 'POST', headers: { 'content-type': type }, body });

test('an order becomes a message, and the partner learns its number', async () => {
  const items = [
    { sku: 'tea-1', quantity: 2 },
    { sku: 'cup-20', quantity: 1 },
  ];
  const answer = await send(JSON.stringify({ reference: 'A "7" & more', items }), "?partner=O'Neil");
  assert.equal(answer.status, 202, await answer.clone().text());
  assert.equal(answer.headers.get('x-lines'), '2');
  const { order } = (await answer.json()) as { order: string };
  const { Messages: [message] = [] } = await new SQSClient(app.sdk).send(
    new ReceiveMessageCommand({
      QueueUrl: app.outputs['QueueUrl'],
      MessageAttributeNames: ['All'],
      WaitTimeSeconds: 5,
    }),
  );
  assert.equal(message?.MessageId, order);
  assert.deepEqual(JSON.parse(message?.Body ?? ''), {
    partner: "O'Neil",
    reference: 'A "7" & more',
    lines: ['2 x tea-1', '1 x cup-20'],
  });
  assert.equal(message?.MessageAttributes?.['request']?.StringValue, answer.headers.get('x-amzn-requestid'));
});

test('what does not fit is refused with the reason, and never reaches the queue', async () => {
  const refused = async (body: string, query?: string): Promise<[message: unknown, detail: string | null]> => {
    const answer = await send(body, query);
    assert.equal(answer.status, 400);
    assert.equal(answer.headers.get('x-amzn-errortype'), 'BadRequestException');
    const { message } = (await answer.json()) as { message: string };
    return [message, answer.headers.get('x-detail')];
  };
  const good = '{"reference":"A-7","items":[{"sku":"tea-1","quantity":2}]}';
  assert.deepEqual(await refused(good, ''), ['Missing required request parameters: [partner]', null]);
  const detail = async (body: string): Promise<string> => {
    const [message, why] = await refused(body);
    assert.equal(message, 'Invalid request body');
    return why ?? '';
  };
  assert.equal(await detail('{}'), '[object has missing required properties (["items","reference"])]');
  assert.equal(
    await detail('{"reference":"A","items":[{"sku":"tea-1","quantity":0}]}'),
    '[numeric instance is lower than the required minimum (minimum: 1, found: 0)]',
  );
  assert.equal(
    await detail('{"reference":"A","items":[]}'),
    '[array is too short: must have at least 1 elements but instance has 0 elements]',
  );
  assert.match(await detail('{"reference":"A","items":[{"sku":"Tea","quantity":1}]}'), /ECMA 262 regex/);
  assert.match(await detail('{"reference":7,"items":[{"sku":"tea-1","quantity":1}]}'), /instance type \(integer\)/);
});

test('a media type without a template is refused', async () => {
  const answer = await send('a,b', undefined, 'text/csv');
  assert.deepEqual([answer.status, await answer.json()], [415, { message: 'Unsupported Media Type' }]);
});

test('the definition goes out again with its models and validators', async () => {
  const restApiId = new URL(app.outputs['OrdersUrl']!).hostname.split('.')[0];
  const { body } = await new APIGatewayClient(app.sdk).send(
    new GetExportCommand({ restApiId, stageName: 'v1', exportType: 'oas30', parameters: { extensions: 'apigateway' } }),
  );
  const definition = JSON.parse(Buffer.from(body!).toString()) as Record<string, any>;
  assert.deepEqual(definition['components'].schemas.Order.properties.items.items, {
    $ref: '#/components/schemas/Item',
  });
  const post = definition['paths']['/orders'].post;
  assert.equal(post['x-amazon-apigateway-request-validator'], 'everything');
  assert.match(post['x-amazon-apigateway-integration'].requestTemplates['application/json'], /Action=SendMessage/);
});
