// Type AWS to services other than Lambda, with the role of the integration.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { PublishedRestIntegration } from '#gateway/index.ts';
import { iam as iamService } from '#services/iam/index.ts';
import { logs } from '#services/logs/index.ts';
import { s3 as s3Service } from '#services/s3/index.ts';
import { sts } from '#services/sts/index.ts';
import { ask, publishRest, REGION, startGatewayServer } from './fixture.ts';

const server = await startGatewayServer({ services: [iamService, logs, s3Service, sts], config: { iam: 'enforce' } });
after(() => server.stop());
const iam = new IAMClient(server.sdk);
const s3 = new S3Client(server.sdk);

let count = 0;
async function role(statements: object[], service = 'apigateway.amazonaws.com'): Promise<string> {
  const RoleName = `integration${++count}`;
  const trust = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' };
  const policy = (Statement: object) => JSON.stringify({ Version: '2012-10-17', Statement });
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: policy(trust) }));
  if (statements.length) {
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'p', PolicyDocument: policy(statements) }));
  }
  return Role!.Arn!;
}
const may = (Action: string) => [{ Effect: 'Allow', Action, Resource: '*' }];

const integration = (more: Partial<PublishedRestIntegration>): { methodIntegration: PublishedRestIntegration } => ({
  methodIntegration: {
    type: 'AWS',
    httpMethod: 'POST',
    integrationResponses: {
      '200': { statusCode: '200' },
      '500': { statusCode: '500', selectionPattern: '[45]\\d{2}' },
    },
    ...more,
  },
});

test('a query service answers in JSON, as the role of the integration', async () => {
  const credentials = await role([]);
  const apiId = await publishRest(server, {
    methods: {
      'GET /': integration({
        uri: `arn:aws:apigateway:${REGION}:sts:action/GetCallerIdentity`,
        credentials,
        integrationResponses: {
          '200': {
            statusCode: '200',
            responseTemplates: {
              'application/json': `{"arn": "$input.path('$.GetCallerIdentityResponse.GetCallerIdentityResult.Arn')"}`,
            },
          },
        },
      }),
    },
  });
  const { status, body } = await ask(server, apiId, '/test/');
  assert.equal(status, 200);
  assert.match(
    JSON.parse(body).arn,
    /^arn:aws:sts::000000000000:assumed-role\/integration\d+\/BackplaneAssumeRoleSession$/,
  );
});

test('a JSON service gets its target from the action, and a mapped body', async () => {
  const credentials = await role(may('logs:*'));
  const apiId = await publishRest(server, {
    methods: {
      'PUT /groups/{name}': integration({
        uri: `arn:aws:apigateway:${REGION}:logs:action/CreateLogGroup`,
        credentials,
        requestTemplates: { 'application/json': `{"logGroupName": "$input.params('name')"}` },
      }),
      'GET /groups': integration({ uri: `arn:aws:apigateway:${REGION}:logs:action/DescribeLogGroups`, credentials }),
    },
  });
  const put = await ask(server, apiId, '/test/groups/mine', { method: 'PUT' });
  assert.equal(put.status, 200, put.body);
  const { body } = await ask(server, apiId, '/test/groups');
  assert.deepEqual(
    JSON.parse(body).logGroups.map((group: { logGroupName: string }) => group.logGroupName),
    ['mine'],
  );
  const again = await ask(server, apiId, '/test/groups/mine', { method: 'PUT' });
  assert.equal(again.status, 500);
  assert.match(again.body, /ResourceAlreadyExistsException/);
});

test('S3 by path: upload and download through the API', async () => {
  const Bucket = `gateway-${Date.now()}`;
  await s3.send(new CreateBucketCommand({ Bucket }));
  const credentials = await role(may('s3:*'));
  const parameters = { 'integration.request.path.key': 'method.request.path.key' };
  const uri = `arn:aws:apigateway:${REGION}:s3:path/${Bucket}/{key}`;
  const apiId = await publishRest(server, {
    deployment: { binaryMediaTypes: ['image/png'] },
    methods: {
      'PUT /{key}': integration({
        uri,
        httpMethod: 'PUT',
        credentials,
        requestParameters: { ...parameters, 'integration.request.header.x-amz-meta-who': "'gateway'" },
      }),
      'GET /{key}': integration({
        uri,
        httpMethod: 'GET',
        credentials,
        requestParameters: parameters,
        integrationResponses: {
          '200': {
            statusCode: '200',
            responseParameters: { 'method.response.header.Content-Type': 'integration.response.header.Content-Type' },
          },
          '404': { statusCode: '404', selectionPattern: '404' },
        },
      }),
    },
  });
  const bytes = Buffer.from([0x89, 0x50, 0xff, 0x00]);
  const put = await ask(server, apiId, '/test/a%20b.png', {
    method: 'PUT',
    headers: { 'Content-Type': 'image/png' },
    body: bytes,
  });
  assert.equal(put.status, 200, put.body);
  const stored = await s3.send(new GetObjectCommand({ Bucket, Key: 'a b.png' }));
  assert.deepEqual(Buffer.from(await stored.Body!.transformToByteArray()), bytes);
  assert.equal(stored.Metadata!['who'], 'gateway');
  const got = await ask(server, apiId, '/test/a%20b.png', { headers: { Accept: 'image/png' } });
  assert.equal(got.headers['content-type'], 'image/png');
  assert.deepEqual(got.bytes, bytes);
  const missing = await ask(server, apiId, '/test/none');
  assert.equal(missing.status, 404);
  assert.match(missing.body, /NoSuchKey/);
  await s3.send(new PutObjectCommand({ Bucket, Key: 'x', Body: 'y' }));
});

test('a role that does not trust API Gateway, and none at all, are 500', async () => {
  const uri = `arn:aws:apigateway:${REGION}:sts:action/GetCallerIdentity`;
  const credentials = await role([], 'lambda.amazonaws.com');
  const apiId = await publishRest(server, {
    methods: { 'GET /untrusted': integration({ uri, credentials }), 'GET /none': integration({ uri }) },
  });
  for (const path of ['/test/untrusted', '/test/none']) {
    const { status, body } = await ask(server, apiId, path);
    assert.deepEqual([status, body], [500, '{"message": "Internal server error"}']);
  }
});

test('what the role may not do, the service refuses', async () => {
  const credentials = await role([]);
  const apiId = await publishRest(server, {
    methods: {
      'GET /': integration({ uri: `arn:aws:apigateway:${REGION}:logs:action/DescribeLogGroups`, credentials }),
    },
  });
  const { status, body } = await ask(server, apiId, '/test/');
  assert.equal(status, 500);
  assert.match(body, /AccessDeniedException/);
});

test('access logs reach their log group in the format of the stage', async () => {
  const { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } =
    await import('@aws-sdk/client-cloudwatch-logs');
  const { eventually } = await import('../../harness.ts');
  const client = new CloudWatchLogsClient(server.sdk);
  const logGroupName = '/api/access';
  await client.send(new CreateLogGroupCommand({ logGroupName }));
  const apiId = await publishRest(server, {
    stage: {
      accessLogSettings: {
        destinationArn: `arn:aws:logs:${REGION}:000000000000:log-group:${logGroupName}`,
        format:
          '{"id":"$context.requestId","ip":"$context.identity.sourceIp","who":"$context.identity.userAgent","method":"$context.httpMethod","path":"$context.resourcePath","status":$context.status,"length":$context.responseLength,"error":"$context.error.message","user":"$context.authorizer.principalId"}',
      },
    },
    methods: {
      'GET /a': {
        methodIntegration: {
          type: 'MOCK',
          requestTemplates: { 'application/json': '{"statusCode":200}' },
          integrationResponses: { '200': { statusCode: '200', responseTemplates: { 'application/json': 'hello' } } },
        },
      },
    },
  });
  const first = await ask(server, apiId, '/test/a', { headers: { 'User-Agent': 'say "hi"' } });
  await ask(server, apiId, '/test/missing');
  const events = await eventually(async () => {
    const found = await client.send(new FilterLogEventsCommand({ logGroupName }));
    return found.events?.length === 2 ? found.events : undefined;
  });
  const lines = events.map(({ message }) => JSON.parse(message!));
  assert.deepEqual(lines[0], {
    id: first.headers['x-amzn-requestid'],
    ip: '127.0.0.1',
    who: 'say "hi"',
    method: 'GET',
    path: '/a',
    status: 200,
    length: 5,
    error: '-',
    user: '-',
  });
  assert.equal(lines[1].status, 403);
  assert.equal(lines[1].error, 'Missing Authentication Token');
  assert.equal(lines[1].path, '-');
});

test('execution logs follow the level of the method', async () => {
  const { CloudWatchLogsClient, FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const { eventually } = await import('../../harness.ts');
  const client = new CloudWatchLogsClient({
    ...server.sdk,
    credentials: { accessKeyId: '123456789012', secretAccessKey: 'x' },
  });
  const mock = (template: string) =>
    integration({
      type: 'MOCK',
      requestTemplates: { 'application/json': template },
      integrationResponses: { '200': { statusCode: '200', responseTemplates: { 'application/json': 'the answer' } } },
    });
  const apiId = await publishRest(server, {
    stage: {
      methodSettings: {
        '*/*': { loggingLevel: 'ERROR' },
        'traced/{id}/POST': { loggingLevel: 'INFO', dataTraceEnabled: true },
        'off/GET': { loggingLevel: 'OFF' },
      },
    },
    methods: {
      'POST /traced/{id}': mock('{"statusCode":200}'),
      'GET /quiet': mock('{"statusCode":200}'),
      'GET /failing': mock('nonsense'),
      'GET /off': mock('nonsense'),
    },
  });
  const traced = await ask(server, apiId, '/test/traced/7?q=1', {
    method: 'POST',
    headers: { 'X-Seen': 'yes', Authorization: 'Bearer topsecretvalue' },
    body: 'the payload',
  });
  for (const path of ['/test/quiet', '/test/failing', '/test/off']) await ask(server, apiId, path);
  const logGroupName = `API-Gateway-Execution-Logs_${apiId}/test`;
  const lines = await eventually(async () => {
    const { events = [] } = await client.send(new FilterLogEventsCommand({ logGroupName }));
    return events.some(({ message }) => message!.includes('status: 500'))
      ? events.map(({ message }) => message!)
      : undefined;
  });
  const id = traced.headers['x-amzn-requestid'];
  const own = lines.filter((line) => line.startsWith(`(${id}) `)).map((line) => line.slice(id!.length + 3));
  assert.equal(own[0], `Starting execution for request: ${id}`);
  assert.equal(own[1], 'HTTP Method: POST, Resource Path: /traced/{id}');
  assert.equal(own[2], 'Method request path: {id=7}');
  assert.equal(own[3], 'Method request query string: {q=1}');
  assert.match(own[4]!, /X-Seen=yes/);
  assert.doesNotMatch(own.join(), /topsecret/);
  assert.equal(own[5], 'Method request body before transformations: the payload');
  assert.ok(own.includes('Method response body after transformations: the answer'));
  assert.equal(own.at(-1), 'Method completed with status: 200');
  const others = lines.filter((line) => !line.startsWith(`(${id}) `)).map((line) => line.slice(39));
  assert.deepEqual(others, [
    'Execution failed due to configuration error: Unable to parse statusCode. It should be an integer that is defined in the request template.',
    'Method completed with status: 500',
  ]);
});

test('metrics count requests, errors and latencies of the stage, and of methods that ask for it', async () => {
  const { gatewayMetricsOf } = await import('#gateway/index.ts');
  const mock = integration({ type: 'MOCK', requestTemplates: { 'application/json': '{"statusCode":200}' } });
  const apiId = await publishRest(server, {
    stage: { methodSettings: { 'a/GET': { metricsEnabled: true } } },
    methods: { 'GET /a': mock, 'GET /b': mock },
  });
  for (const path of ['/test/a', '/test/a', '/test/b', '/test/none']) await ask(server, apiId, path);
  const dimensions = { accountId: '123456789012', region: REGION, apiId, stage: 'test' };
  const sum = (method?: string) =>
    gatewayMetricsOf(server.platform)
      .read({ ...dimensions, ...(method !== undefined && { method }) }, 0, Date.now() + 60_000)
      .reduce((all, { figures }) => [all[0]! + figures.count, all[1]! + figures.errors4xx], [0, 0]);
  assert.deepEqual(sum(), [4, 1]);
  assert.deepEqual(sum('GET /a'), [2, 0]);
  assert.deepEqual(sum('GET /b'), [0, 0]);
});
