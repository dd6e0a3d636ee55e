// A server with one function behind a REST API, an HTTP API and a URL of its own.
import { rootPrincipal } from '#core/principal.ts';
import { startServer } from '#server/index.ts';
import { deployStack } from '#deploy/index.ts';
import { findPublishedApi, publishedPrefix } from '#gateway/published.ts';
import { treeCpu } from '../process-tree.ts';
import { serveBenchmark } from './compare.ts';

const TEMPLATE = JSON.stringify({
  Transform: 'AWS::Serverless-2016-10-31',
  Resources: {
    Hello: {
      Type: 'AWS::Serverless::Function',
      Properties: {
        FunctionName: 'hello',
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        InlineCode:
          'exports.handler = async () => ({ statusCode: 200, headers: { "content-type": "text/plain" }, body: "hello" });',
        FunctionUrlConfig: { AuthType: 'NONE' },
        Events: {
          Rest: { Type: 'Api', Properties: { Path: '/hello', Method: 'get' } },
          Http: { Type: 'HttpApi', Properties: { Path: '/hello', Method: 'get' } },
        },
      },
    },
  },
});

const { platform } = await startServer({ config: { port: 0 }, warn: () => {} });
const { defaultAccountId: accountId, defaultRegion: region } = platform.config;
const stack = await deployStack(platform, { accountId, region, stackName: 'bench', templateBody: TEMPLATE });
if (stack.failure !== undefined) throw new Error(stack.failure);
const paths: Record<string, string> = {};
for (const { key } of await platform.store.list({ prefix: publishedPrefix })) {
  const apiId = key[2] as string;
  const api = key.length === 3 ? await findPublishedApi(platform.store, apiId) : undefined;
  if (api?.kind === 'REST') paths['rest'] = `/_aws/execute-api/${apiId}/Prod/hello`;
  if (api?.kind === 'HTTP') paths['http'] = `/_aws/execute-api/${apiId}/$default/hello`;
}

const { FunctionUrl = '' } = await platform.call(
  'lambda',
  'GetFunctionUrlConfig',
  { FunctionName: 'hello' },
  { as: rootPrincipal(accountId), accountId, region },
);
paths['url'] = `/_aws/lambda-url/${new URL(FunctionUrl).hostname.split('.')[0]}/`;

serveBenchmark(platform.config.port, { paths, cpu: treeCpu });
