// Models, request parameters, responses and stage settings of WebSocket APIs, each with update and delete.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  CreateApiCommand,
  CreateDeploymentCommand,
  CreateIntegrationCommand,
  CreateIntegrationResponseCommand,
  CreateModelCommand,
  CreateRouteCommand,
  CreateRouteResponseCommand,
  CreateStageCommand,
  DeleteIntegrationResponseCommand,
  DeleteModelCommand,
  DeleteRouteRequestParameterCommand,
  GetIntegrationResponseCommand,
  GetModelCommand,
  GetModelsCommand,
  GetModelTemplateCommand,
  GetRouteCommand,
  GetRouteResponseCommand,
  UpdateIntegrationCommand,
  UpdateIntegrationResponseCommand,
  UpdateModelCommand,
  UpdateRouteCommand,
  UpdateRouteResponseCommand,
  UpdateStageCommand,
} from '@aws-sdk/client-apigatewayv2';
import { refusal, startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;

const createSockets = async (more: object = {}): Promise<string> => {
  const RouteSelectionExpression = '$request.body.action';
  const command = new CreateApiCommand({ Name: 'shop', ProtocolType: 'WEBSOCKET', RouteSelectionExpression, ...more });
  return (await client.send(command)).ApiId ?? '';
};
const answerOf = <T extends { $metadata: unknown }>({ $metadata: _metadata, ...answer }: T): Omit<T, '$metadata'> =>
  answer;

const Schema =
  '{"type":"object","required":["title"],"properties":{"title":{"type":"string"},"pages":{"type":"integer"}}}';

test('models are made, changed, named by routes and then not deleted', async () => {
  const ApiId = await createSockets();
  const { ModelId = '', ...model } = answerOf(
    await client.send(new CreateModelCommand({ ApiId, Name: 'Book', Schema, Description: 'a book' })),
  );
  assert.deepEqual(model, { ContentType: 'application/json', Description: 'a book', Name: 'Book', Schema });
  await assert.rejects(
    client.send(new CreateModelCommand({ ApiId, Name: 'Book', Schema })),
    refusal('ConflictException', /already exists/),
  );
  await assert.rejects(
    client.send(new CreateModelCommand({ ApiId, Name: 'no-good', Schema })),
    refusal('BadRequestException', 'Model name must be alphanumeric: no-good'),
  );
  await assert.rejects(
    client.send(new CreateModelCommand({ ApiId, Name: 'Broken', Schema: '{' })),
    refusal('BadRequestException', /Invalid model schema/),
  );
  const changed = await client.send(new UpdateModelCommand({ ApiId, ModelId, Description: 'two' }));
  assert.equal(changed.Description, 'two');
  assert.equal(changed.Schema, Schema);
  assert.deepEqual(answerOf(await client.send(new GetModelCommand({ ApiId, ModelId }))), answerOf(changed));
  assert.equal((await client.send(new GetModelsCommand({ ApiId }))).Items?.length, 1);
  const { Value } = await client.send(new GetModelTemplateCommand({ ApiId, ModelId }));
  assert.equal(Value, '#set($inputRoot = $input.path(\'$\'))\n{\n  "title" : "foo",\n  "pages" : 42\n}');
  const route = { ApiId, RouteKey: 'order', ModelSelectionExpression: '$request.body.kind' };
  await assert.rejects(
    client.send(new CreateRouteCommand({ ...route, RequestModels: { book: 'Cup' } })),
    refusal('BadRequestException', 'Invalid model specified: Cup'),
  );
  const made = await client.send(new CreateRouteCommand({ ...route, RequestModels: { book: 'Book' } }));
  assert.deepEqual(made.RequestModels, { book: 'Book' });
  assert.equal(made.ModelSelectionExpression, '$request.body.kind');
  await assert.rejects(
    client.send(new DeleteModelCommand({ ApiId, ModelId })),
    refusal('ConflictException', /is referenced in route: order/),
  );
  await client.send(new UpdateRouteCommand({ ApiId, RouteId: made.RouteId, RequestModels: {} }));
  await client.send(new DeleteModelCommand({ ApiId, ModelId }));
  await assert.rejects(
    client.send(new GetModelCommand({ ApiId, ModelId })),
    refusal('NotFoundException', 'Invalid Model identifier specified'),
  );
});

test('a broken model refuses the deployment, unless the API does not validate', async () => {
  const reference = '{"$ref":"https://apigateway.amazonaws.com/restapis/x/models/Missing"}';
  for (const [DisableSchemaValidation, deploys] of [
    [false, false],
    [true, true],
  ] as const) {
    const ApiId = await createSockets({ DisableSchemaValidation });
    await client.send(new CreateModelCommand({ ApiId, Name: 'Book', Schema: reference }));
    await client.send(new CreateRouteCommand({ ApiId, RouteKey: '$default' }));
    const deployment = client.send(new CreateDeploymentCommand({ ApiId }));
    if (deploys) await deployment;
    else await assert.rejects(deployment, refusal('BadRequestException', /Invalid model schema specified: Book/));
  }
});

test('HTTP APIs have no models and no responses', async () => {
  const ApiId = await server.createApi();
  await assert.rejects(
    client.send(new CreateModelCommand({ ApiId, Name: 'Book', Schema })),
    refusal('BadRequestException', /not supported for APIs with a protocol type of HTTP/),
  );
});

test('request parameters of $connect are kept, and taken away one by one', async () => {
  const ApiId = await createSockets();
  const RequestParameters = {
    'route.request.querystring.room': { Required: true },
    'route.request.header.x-name': { Required: false },
  };
  const { RouteId } = await client.send(new CreateRouteCommand({ ApiId, RouteKey: '$connect', RequestParameters }));
  assert.deepEqual((await client.send(new GetRouteCommand({ ApiId, RouteId }))).RequestParameters, RequestParameters);
  const remove = new DeleteRouteRequestParameterCommand({
    ApiId,
    RouteId,
    RequestParameterKey: 'route.request.querystring.room',
  });
  await client.send(remove);
  assert.deepEqual(Object.keys((await client.send(new GetRouteCommand({ ApiId, RouteId }))).RequestParameters ?? {}), [
    'route.request.header.x-name',
  ]);
  await assert.rejects(client.send(remove), refusal('NotFoundException', /Request Parameter/));
  await assert.rejects(
    client.send(new UpdateRouteCommand({ ApiId, RouteId, RequestParameters: { 'integration.x': { Required: true } } })),
    refusal('BadRequestException', /Invalid request parameter/),
  );
  await assert.rejects(
    client.send(new CreateRouteCommand({ ApiId, RouteKey: '$other' })),
    refusal('BadRequestException', 'Invalid route key specified'),
  );
});

test('responses of routes and integrations change', async () => {
  const ApiId = await createSockets();
  await client.send(new CreateModelCommand({ ApiId, Name: 'Book', Schema }));
  const { IntegrationId } = await client.send(new CreateIntegrationCommand({ ApiId, IntegrationType: 'MOCK' }));
  const { RouteId } = await client.send(new CreateRouteCommand({ ApiId, RouteKey: 'order' }));
  const routeResponse = await client.send(
    new CreateRouteResponseCommand({
      ApiId,
      RouteId,
      RouteResponseKey: '$default',
      ModelSelectionExpression: 'action',
      ResponseModels: { test: 'Book' },
    }),
  );
  const { RouteResponseId } = routeResponse;
  assert.deepEqual(answerOf(routeResponse), {
    ModelSelectionExpression: 'action',
    ResponseModels: { test: 'Book' },
    RouteResponseId,
    RouteResponseKey: '$default',
  });
  await assert.rejects(
    client.send(new UpdateRouteResponseCommand({ ApiId, RouteId, RouteResponseId, RouteResponseKey: 'other' })),
    refusal('BadRequestException', /only valid value is \$default/),
  );
  await client.send(new UpdateRouteResponseCommand({ ApiId, RouteId, RouteResponseId, ResponseModels: {} }));
  assert.ok(
    !(
      'ResponseModels' in answerOf(await client.send(new GetRouteResponseCommand({ ApiId, RouteId, RouteResponseId })))
    ),
  );

  const create = (IntegrationResponseKey: string) =>
    client.send(new CreateIntegrationResponseCommand({ ApiId, IntegrationId, IntegrationResponseKey }));
  const { IntegrationResponseId } = await create('/4\\d\\d/');
  await create('$default');
  await assert.rejects(create('$default'), refusal('ConflictException', /already exists/));
  await assert.rejects(create('4xx'), refusal('BadRequestException', /key/));
  const path = { ApiId, IntegrationId, IntegrationResponseId };
  const changed = await client.send(
    new UpdateIntegrationResponseCommand({
      ...path,
      ContentHandlingStrategy: 'CONVERT_TO_TEXT',
      ResponseTemplates: { $default: 'x' },
      TemplateSelectionExpression: '\\$default',
    }),
  );
  assert.deepEqual(answerOf(changed), {
    ContentHandlingStrategy: 'CONVERT_TO_TEXT',
    IntegrationResponseId,
    IntegrationResponseKey: '/4\\d\\d/',
    ResponseTemplates: { $default: 'x' },
    TemplateSelectionExpression: '\\$default',
  });
  await assert.rejects(
    client.send(new UpdateIntegrationResponseCommand({ ...path, IntegrationResponseKey: '$default' })),
    refusal('ConflictException', /already exists/),
  );
  await client.send(new DeleteIntegrationResponseCommand(path));
  await assert.rejects(
    client.send(new GetIntegrationResponseCommand(path)),
    refusal('NotFoundException', 'Invalid Response identifier specified'),
  );
});

test('integrations answer their defaults by type', async () => {
  const ApiId = await createSockets();
  const uri = (target: string) => `arn:aws:apigateway:us-east-1:${target}`;
  const functionUri = uri(
    'lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations',
  );
  const create = async (input: object) => {
    const { IntegrationId: _id, ...made } = answerOf(
      await client.send(new CreateIntegrationCommand({ ApiId, IntegrationType: 'MOCK', ...input })),
    );
    return made;
  };
  const common = {
    ConnectionType: 'INTERNET',
    PassthroughBehavior: 'WHEN_NO_MATCH',
    PayloadFormatVersion: '1.0',
    TimeoutInMillis: 29_000,
  };
  const byStatus = '${integration.response.statuscode}';
  assert.deepEqual(await create({}), {
    ...common,
    IntegrationResponseSelectionExpression: byStatus,
    IntegrationType: 'MOCK',
  });
  assert.deepEqual(
    await create({ IntegrationType: 'AWS', IntegrationUri: functionUri, ContentHandlingStrategy: 'CONVERT_TO_TEXT' }),
    {
      ...common,
      ContentHandlingStrategy: 'CONVERT_TO_TEXT',
      IntegrationMethod: 'POST',
      IntegrationResponseSelectionExpression: '${integration.response.body.errorMessage}',
      IntegrationType: 'AWS',
      IntegrationUri: functionUri,
    },
  );
  const queue = { IntegrationType: 'AWS', IntegrationUri: uri('sqs:path/000000000000/q') };
  await assert.rejects(create(queue), refusal('BadRequestException', /Credentials/));
  const CredentialsArn = 'arn:aws:iam::000000000000:role/r';
  assert.equal((await create({ ...queue, CredentialsArn })).IntegrationResponseSelectionExpression, byStatus);
  await assert.rejects(
    create({ IntegrationType: 'AWS', IntegrationUri: uri('quantum:action/Jump'), CredentialsArn }),
    refusal('BadRequestException', /Gatehouse does not offer/),
  );
  await assert.rejects(
    create({ RequestParameters: { 'integration.request.header.x': 'method.request.header.x' } }),
    refusal('BadRequestException', /Invalid mapping expression/),
  );
  const { IntegrationId } = await client.send(new CreateIntegrationCommand({ ApiId, IntegrationType: 'MOCK' }));
  const RequestParameters = { 'integration.request.header.x': 'route.request.body.a.b' };
  const changed = await client.send(new UpdateIntegrationCommand({ ApiId, IntegrationId, RequestParameters }));
  assert.deepEqual(changed.RequestParameters, RequestParameters);
});

test('stages have execution logs by route; nothing is live without a deployment', async () => {
  const ApiId = await createSockets();
  await client.send(new CreateRouteCommand({ ApiId, RouteKey: 'order' }));
  const stage = await client.send(new CreateStageCommand({ ApiId, StageName: 'live' }));
  assert.deepEqual(stage.DefaultRouteSettings, {
    DataTraceEnabled: false,
    DetailedMetricsEnabled: false,
    LoggingLevel: 'OFF',
  });
  assert.equal(stage.DeploymentId, undefined);
  const RouteSettings = { order: { LoggingLevel: 'INFO' as const, DataTraceEnabled: true, ThrottlingBurstLimit: 5 } };
  const changed = await client.send(new UpdateStageCommand({ ApiId, StageName: 'live', RouteSettings }));
  assert.deepEqual(changed.RouteSettings?.['order'], { ...RouteSettings.order, DetailedMetricsEnabled: false });
  const DefaultRouteSettings = { LoggingLevel: 'LOUD' as never };
  await assert.rejects(
    client.send(new UpdateStageCommand({ ApiId, StageName: 'live', DefaultRouteSettings })),
    refusal('BadRequestException', /logging level|enum/i),
  );
});
