import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { testInvokeAuthorizer, testInvokeMethod, type TestApi } from '#gateway/index.ts';
import { startBackend } from './backend.ts';
import { ACCOUNT, invocationUri, REGION, restDeployment, startGatewayServer } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
const backend = await startBackend((_request, response) => response.end('{}'));
after(async () => {
  await server.stop();
  await backend.stop();
});

const api = (): TestApi => ({
  accountId: ACCOUNT,
  region: REGION,
  apiId: 'testedapi1',
  name: 'tested',
  deployment: restDeployment({
    deployment: {
      models: [{ name: 'Pet', contentType: 'application/json', schema: '{"type":"object","required":["id"]}' }],
      requestValidators: [{ id: 'v', validateRequestBody: true }],
      authorizers: [
        {
          id: 'a',
          name: 'a',
          type: 'TOKEN',
          identitySource: 'method.request.header.Authorization',
          authorizerUri: invocationUri(
            server.functionArn('authorizer', ({ authorizationToken }) => {
              if (authorizationToken !== 'good') throw new Error('Unauthorized');
              return {
                principalId: 'ann',
                policyDocument: {
                  Version: '2012-10-17',
                  Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
                },
              };
            }),
          ),
        },
      ],
    },
    methods: {
      'POST /pets/{id}': {
        authorizationType: 'CUSTOM',
        authorizerId: 'a',
        apiKeyRequired: true,
        methodIntegration: {
          type: 'AWS',
          uri: invocationUri(server.functionArn('mapped', (event) => ({ got: event }))),
          requestTemplates: {
            'application/json': `{"id":"$input.params('id')","q":"$input.params('q')","v":"$stageVariables.v","body":$input.json('$')}`,
          },
          integrationResponses: { '200': { statusCode: '200' } },
        },
      },
      'GET /pets/special': { methodIntegration: { type: 'MOCK' } },
      'GET /backend': { methodIntegration: { type: 'HTTP_PROXY', httpMethod: 'GET', uri: backend.url } },
      'PUT /checked': {
        requestValidatorId: 'v',
        requestModels: { 'application/json': 'Pet' },
        methodIntegration: { type: 'MOCK' },
      },
    },
  }),
});

test('a method is run without authorizer and key, and its log tells how', async () => {
  const answer = await testInvokeMethod(server.platform, api(), 'res0', {
    httpMethod: 'POST',
    pathWithQueryString: '/pets/7?q=x',
    body: '{"n":1}',
    stageVariables: { v: 'set' },
    headers: { 'X-Test': 'yes' },
  });
  assert.equal(answer!.status, 200);
  assert.deepEqual(JSON.parse(answer!.body), { got: { id: '7', q: 'x', v: 'set', body: { n: 1 } } });
  assert.equal(answer!.headers['Content-Type'], 'application/json');
  assert.deepEqual(answer!.multiValueHeaders['Content-Type'], ['application/json']);
  const lines = answer!.log.split('\n');
  assert.match(lines[0]!, /^Execution log for request [0-9a-f-]{36}$/);
  assert.match(
    lines[1]!,
    /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d UTC \d{4} : Starting execution for request: /,
  );
  assert.ok(lines.some((line) => line.endsWith('Method request path: {id=7}')));
  assert.ok(lines.some((line) => line.includes('Endpoint request body after transformations: {"id":"7"')));
  assert.ok(lines.some((line) => line.endsWith('Method completed with status: 200')));
  assert.equal(typeof answer!.latency, 'number');
});

test("the log has a backend's answer once, and neither it nor the headers have ids of the front", async () => {
  const answer = await testInvokeMethod(server.platform, api(), 'res2', { httpMethod: 'GET' });
  assert.equal(answer!.status, 200);
  assert.equal(answer!.log.match(/Received response\. Status: 200/g)?.length, 1);
  assert.deepEqual(
    Object.keys(answer!.headers).filter((name) => /^x-amz-apigw-id$|^x-amzn-requestid$/i.test(name)),
    [],
  );
  assert.doesNotMatch(answer!.log, /x-amz-apigw-id/);
});

test('the log says which model a body does not match', async () => {
  const answer = await testInvokeMethod(server.platform, api(), 'res3', { httpMethod: 'PUT', body: '{}' });
  assert.equal(answer!.body, '{"message": "Invalid request body"}');
  assert.match(
    answer!.log,
    /: Request body does not match model schema for content type application\/json: \[object has missing required properties \(\["id"\]\)\]\n/,
  );
  assert.doesNotMatch(answer!.log, /Invalid request body/);
});

test('a misconfigured method fails with its reason in the log', async () => {
  const answer = await testInvokeMethod(server.platform, api(), 'res1', { httpMethod: 'GET' });
  assert.deepEqual([answer!.status, answer!.body], [500, '{"message": "Internal server error"}']);
  assert.match(answer!.log, /Execution failed due to configuration error: Unable to parse statusCode/);
  assert.equal(await testInvokeMethod(server.platform, api(), 'res1', { httpMethod: 'PUT' }), undefined);
});

test('an authorizer is asked, and says who and what', async () => {
  const ask = (token?: string) =>
    testInvokeAuthorizer(server.platform, api(), 'a', token === undefined ? {} : { headers: { Authorization: token } });
  const good = await ask('good');
  assert.deepEqual([good!.clientStatus, good!.principalId], [200, 'ann']);
  assert.equal(JSON.parse(good!.policy!).Statement[0].Effect, 'Allow');
  assert.equal((await ask('bad'))!.clientStatus, 401);
  assert.equal((await ask())!.clientStatus, 401);
  assert.equal(await testInvokeAuthorizer(server.platform, api(), 'none', {}), undefined);
});
