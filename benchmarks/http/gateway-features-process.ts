// The server's listener and front with what API Gateway does before it asks a function: caches, authorizers, keys, throttles,
// validation, many routes. Functions are stubs in the process, so that the gateway alone is measured.
import type { AddressInfo } from 'node:net';
import {
  createGateway,
  publishApiKey,
  publishStage,
  publishUsagePlan,
  type PublishedHttpStage,
  type PublishedMethod,
  type PublishedRestIntegration,
  type PublishedRestStage,
} from '#gateway/index.ts';
import { createPlatform } from '#server/create-platform.ts';
import { createFront } from '#server/front.ts';
import { createListener } from '#server/listener.ts';
import { startIssuer } from '../../test/conformance/execute-api/issuer.ts';
import { serveBenchmark } from './compare.ts';

const place = { accountId: '123456789012', region: 'us-east-1' };
const arnOf = (name: string): string => `arn:aws:lambda:${place.region}:${place.accountId}:function:${name}`;
const uriOf = (name: string): string =>
  `arn:aws:apigateway:${place.region}:lambda:path/2015-03-31/functions/${arnOf(name)}/invocations`;
const NO_LIMIT = { accountRateLimit: 1e9, accountBurstLimit: 1e9 };
const MANY_ROUTES = 10_000;

const { platform } = await createPlatform({ services: [] });
platform.dataPlanes.push(createGateway(platform, { limits: NO_LIMIT }).dataPlane);
const noApi = (): never => {
  throw new Error('only data planes here');
};
platform.http = createFront(platform, noApi);
const { server } = createListener(platform.http);
const answers: Record<string, Buffer> = {
  [arnOf('proxied')]: Buffer.from(JSON.stringify({ statusCode: 200, body: '{"hello":"world"}' })),
  [arnOf('plain')]: Buffer.from('{"hello":"world"}'),
  [arnOf('authorizer')]: Buffer.from(
    JSON.stringify({
      principalId: 'me',
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: '*' }],
      },
      context: { tenant: 'acme' },
    }),
  ),
};
platform.functions = {
  invoke: async ({ functionArn }) => ({
    statusCode: 200,
    payload: answers[functionArn]!,
    executedVersion: '$LATEST',
    requestId: 'r',
  }),
  invokeStream: () => Promise.reject(new Error('no streams here')),
};

const proxy: PublishedRestIntegration = { type: 'AWS_PROXY', uri: uriOf('proxied') };
const mapping = `#set($body = $input.path('$'))
{"name": "$util.escapeJavaScript($body.name)", "age": $body.age, "stage": "$context.stage"}`;
const methods: Record<string, Partial<PublishedMethod>> = {
  'GET /proxy': { methodIntegration: proxy },
  'GET /cached': { methodIntegration: { ...proxy, cacheKeyParameters: ['method.request.querystring.q'] } },
  'GET /guarded': { methodIntegration: proxy, authorizationType: 'CUSTOM', authorizerId: 'token' },
  'GET /keyed': { methodIntegration: proxy, apiKeyRequired: true },
  'GET /throttled': { methodIntegration: proxy },
  'POST /mapped': {
    requestValidatorId: 'v',
    requestModels: { 'application/json': 'Person' },
    methodIntegration: {
      type: 'AWS',
      uri: uriOf('plain'),
      requestTemplates: { 'application/json': mapping },
      integrationResponses: { '200': { statusCode: '200' } },
    },
  },
};
const rest: PublishedRestStage = {
  kind: 'REST',
  ...place,
  apiId: 'features01',
  api: { name: 'bench' },
  stage: {
    stageName: 'test',
    deploymentId: 'd',
    cacheClusterEnabled: true,
    cacheClusterSize: '0.5',
    methodSettings: {
      'cached/GET': { cachingEnabled: true, cacheTtlInSeconds: 3600 },
      'throttled/GET': { throttlingRateLimit: 0.001, throttlingBurstLimit: 0 },
    },
  },
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
    authorizers: [
      {
        id: 'token',
        name: 'token',
        type: 'TOKEN',
        authorizerUri: uriOf('authorizer'),
        identitySource: 'method.request.header.Authorization',
      },
    ],
    resources: Object.entries(methods).map(([name, method]) => {
      const [httpMethod = '', path = ''] = name.split(' ');
      return {
        id: path,
        path,
        resourceMethods: { [httpMethod]: { httpMethod, authorizationType: 'NONE', ...method } },
      };
    }),
  },
};

const issuer = await startIssuer({ platform }, 'login.localhost');
function httpApi(apiId: string, routes: number): PublishedHttpStage {
  const others = Array.from({ length: routes - 3 }, (_, i) => `GET /shop${i % 100}/{id}/part${i}/{rest}`);
  const keys = ['GET /proxy', 'GET /jwt', 'GET /items/{id}/parts/{part}', ...others];
  return {
    kind: 'HTTP',
    ...place,
    apiId,
    api: { name: 'bench' },
    stage: { stageName: '$default' },
    deployment: {
      id: 'd',
      routes: keys.map((routeKey, i) => ({
        routeId: `r${i}`,
        routeKey,
        target: 'integrations/i',
        ...(routeKey === 'GET /jwt' && { authorizationType: 'JWT' as const, authorizerId: 'jwt' }),
      })),
      integrations: [
        {
          integrationId: 'i',
          integrationType: 'AWS_PROXY',
          integrationUri: arnOf('plain'),
          payloadFormatVersion: '2.0',
        },
      ],
      authorizers: [
        {
          authorizerId: 'jwt',
          name: 'jwt',
          authorizerType: 'JWT',
          identitySource: ['$request.header.Authorization'],
          jwtConfiguration: { issuer: issuer.issuer, audience: ['web'] },
        },
      ],
    },
  };
}

await platform.store.transact(async (tx) => {
  await publishStage(tx, rest);
  await publishStage(tx, httpApi('tenroutes1', 10));
  await publishStage(tx, httpApi('tenthousan', MANY_ROUTES));
  publishUsagePlan(tx, {
    ...place,
    id: 'plan',
    name: 'plan',
    throttle: { rateLimit: 1e9, burstLimit: 1e9 },
    quota: { limit: 1e12, period: 'MONTH' },
    apiStages: [{ apiId: 'features01', stage: 'test' }],
  });
  publishApiKey(tx, {
    ...place,
    id: 'key',
    value: 'a-key-of-the-benchmark',
    name: 'key',
    enabled: true,
    usagePlanIds: ['plan'],
  });
});
const token = await issuer.sign({ aud: 'web', sub: 'ann', scope: 'read write' });
server.listen(0, '127.0.0.1', () => serveBenchmark((server.address() as AddressInfo).port, { paths: { token } }));
