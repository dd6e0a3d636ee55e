// The server's listener and front with one REST and one HTTP API; the function is a stub in the process, so that the gateway alone is measured.
import type { AddressInfo } from 'node:net';
import { createGateway, publishStage, type PublishedHttpStage, type PublishedRestStage } from '#gateway/index.ts';
import { createPlatform } from '#server/create-platform.ts';
import { createFront } from '#server/front.ts';
import { createListener } from '#server/listener.ts';
import { serveBenchmark } from './compare.ts';

const accountId = '123456789012';
const region = 'us-east-1';
const functionArn = `arn:aws:lambda:${region}:${accountId}:function:hello`;
const uri = `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${functionArn}/invocations`;
const NO_LIMIT = { accountRateLimit: 1e9, accountBurstLimit: 1e9 };

const { platform } = await createPlatform({ services: [] });
platform.dataPlanes.push(createGateway(platform, { limits: NO_LIMIT }).dataPlane);
const noApi = (): never => {
  throw new Error('only data planes here');
};
const { server } = createListener(createFront(platform, noApi));
const proxied = Buffer.from(JSON.stringify({ statusCode: 200, body: '{"hello":"world"}' }));
const plain = Buffer.from('{"hello":"world"}');
platform.functions = {
  invoke: async ({ payload }) => ({
    statusCode: 200,
    payload: payload.length < 100 ? plain : proxied,
    executedVersion: '$LATEST',
    requestId: 'r',
  }),
  invokeStream: () => Promise.reject(new Error('no streams here')),
};

const mapping = `#set($body = $input.path('$'))
{"name": "$util.escapeJavaScript($body.name)", "age": $body.age, "stage": "$context.stage"}`;
const method = { authorizationType: 'NONE' as const };
const rest: PublishedRestStage = {
  kind: 'REST',
  accountId,
  region,
  apiId: 'restapi001',
  api: { name: 'bench' },
  stage: { stageName: 'test', deploymentId: 'd' },
  deployment: {
    id: 'd',
    models: [
      {
        name: 'Person',
        contentType: 'application/json',
        schema:
          '{"type":"object","required":["name","age"],"properties":{"name":{"type":"string"},"age":{"type":"integer"}}}',
      },
    ],
    requestValidators: [{ id: 'v', validateRequestBody: true, validateRequestParameters: true }],
    resources: [
      {
        id: 'r1',
        path: '/proxy/{id}',
        resourceMethods: { GET: { ...method, httpMethod: 'GET', methodIntegration: { type: 'AWS_PROXY', uri } } },
      },
      {
        id: 'r2',
        path: '/mapped',
        resourceMethods: {
          POST: {
            ...method,
            httpMethod: 'POST',
            requestValidatorId: 'v',
            requestModels: { 'application/json': 'Person' },
            methodIntegration: {
              type: 'AWS',
              uri,
              requestTemplates: { 'application/json': mapping },
              integrationResponses: { '200': { statusCode: '200' } },
            },
          },
        },
      },
    ],
  },
};
const http: PublishedHttpStage = {
  kind: 'HTTP',
  accountId,
  region,
  apiId: 'httpapi001',
  api: { name: 'bench' },
  stage: { stageName: '$default' },
  deployment: {
    id: 'd',
    routes: [{ routeId: 'r', routeKey: 'GET /proxy/{id}', target: 'integrations/i' }],
    integrations: [
      { integrationId: 'i', integrationType: 'AWS_PROXY', integrationUri: functionArn, payloadFormatVersion: '2.0' },
    ],
  },
};
await platform.store.transact(async (tx) => {
  await publishStage(tx, rest);
  await publishStage(tx, http);
});
server.listen(0, '127.0.0.1', () => serveBenchmark((server.address() as AddressInfo).port));
