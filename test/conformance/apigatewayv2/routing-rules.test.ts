import assert from 'node:assert/strict';
import http from 'node:http';
import { after, test } from 'node:test';
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDeploymentCommand,
  CreateDomainNameCommand as CreateDomainNameV1Command,
  CreateRestApiCommand,
  DeleteRestApiCommand,
  DeleteStageCommand,
  GetBasePathMappingsCommand,
  GetDomainNameCommand as GetDomainNameV1Command,
  PutIntegrationCommand,
  PutIntegrationResponseCommand,
  PutMethodCommand,
  PutMethodResponseCommand,
  CreateResourceCommand,
  TagResourceCommand,
} from '@aws-sdk/client-api-gateway';
import {
  CreateApiMappingCommand,
  CreateDomainNameCommand,
  CreateRoutingRuleCommand,
  DeleteApiCommand,
  DeleteDomainNameCommand,
  DeleteRoutingRuleCommand,
  GetApiMappingsCommand,
  GetDomainNameCommand,
  GetDomainNamesCommand,
  GetRoutingRuleCommand,
  ListRoutingRulesCommand,
  PutRoutingRuleCommand,
  UpdateDomainNameCommand,
  type CreateRoutingRuleCommandInput,
  type RoutingRuleCondition,
} from '@aws-sdk/client-apigatewayv2';
import { eventually } from '../../harness.ts';
import { refusal, startHttpApiServer } from './fixture.ts';

const server = await startHttpApiServer();
after(() => server.stop());
const { client } = server;
const rest = new APIGatewayClient(server.sdk);
const CertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/abc';

const get = (
  host: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: string }> =>
  new Promise((resolve, reject) => {
    const { port } = server.platform.config;
    const options = { host: '127.0.0.1', port, path, headers: { ...headers, Host: host } };
    http
      .get(options, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      })
      .on('error', reject);
  });

/** Answers every path with this name and the path that it saw. */
async function restApi(name: string): Promise<string> {
  const { id: restApiId, rootResourceId: parentId } = await rest.send(new CreateRestApiCommand({ name }));
  const { id: below } = await rest.send(new CreateResourceCommand({ restApiId, parentId, pathPart: '{proxy+}' }));
  for (const resourceId of [parentId, below]) {
    const place = { restApiId, resourceId, httpMethod: 'ANY' };
    await rest.send(new PutMethodCommand({ ...place, authorizationType: 'NONE' }));
    await rest.send(new PutMethodResponseCommand({ ...place, statusCode: '200' }));
    const requestTemplates = { 'application/json': '{"statusCode": 200}' };
    await rest.send(new PutIntegrationCommand({ ...place, type: 'MOCK', requestTemplates }));
    const responseTemplates = { 'application/json': `${name} $input.params('proxy')` };
    await rest.send(new PutIntegrationResponseCommand({ ...place, statusCode: '200', responseTemplates }));
  }
  await rest.send(new CreateDeploymentCommand({ restApiId, stageName: 'prod' }));
  return restApiId!;
}

const createDomain = (DomainName: string, RoutingMode: 'ROUTING_RULE_ONLY' | 'ROUTING_RULE_THEN_API_MAPPING') =>
  client.send(new CreateDomainNameCommand({ DomainName, DomainNameConfigurations: [{ CertificateArn }], RoutingMode }));

const header = (Header: string, ValueGlob: string): RoutingRuleCondition => ({
  MatchHeaders: { AnyOf: [{ Header, ValueGlob }] },
});
const paths = (...AnyOf: string[]): RoutingRuleCondition => ({ MatchBasePaths: { AnyOf } });

const createRule = (
  DomainName: string,
  Priority: number,
  ApiId: string,
  Conditions: RoutingRuleCondition[],
  more: { StripBasePath?: boolean; input?: Partial<CreateRoutingRuleCommandInput> } = {},
) =>
  client.send(
    new CreateRoutingRuleCommand({
      DomainName,
      Priority,
      Conditions,
      Actions: [{ InvokeApi: { ApiId, Stage: 'prod', StripBasePath: more.StripBasePath } }],
      ...more.input,
    }),
  );

const first = await restApi('first');
const second = await restApi('second');
const third = await restApi('third');

test('rules are asked in the order of their priorities, and nothing else where the mode says so', async () => {
  const domain = 'rules.example.com';
  await createDomain(domain, 'ROUTING_RULE_ONLY');
  assert.equal((await get(domain, '/')).status, 403);
  await createRule(domain, 50, second, [header('Accept', 'image/webp'), header('Pet', 'Dog-*'), paths('shop')]);
  await createRule(domain, 10, first, [header('Hello', 'World')]);
  await createRule(domain, 100, third, []);
  await eventually(async () => (await get(domain, '/')).status === 200);
  const body = async (path: string, headers?: Record<string, string>) => (await get(domain, path, headers)).body;
  assert.equal(await body('/x', { hello: 'World' }), 'first x');
  assert.equal(await body('/x', { Hello: 'world' }), 'third x');
  assert.equal(await body('/shop/x', { Pet: 'Dog-Bella', Accept: 'image/webp' }), 'second shop/x');
  assert.equal(await body('/shop/x', { Pet: 'Dog-Bella', Accept: 'image/webp', Hello: 'World' }), 'first shop/x');
  assert.equal(await body('/Shop/x', { Pet: 'Dog-Bella', Accept: 'image/webp' }), 'third Shop/x');
  assert.equal(await body('/shopping', { Pet: 'Dog-Bella', Accept: 'image/webp' }), 'third shopping');
});

test('a rule may take the base path away; without a rule the mappings count', async () => {
  const domain = 'mixed.example.com';
  await createDomain(domain, 'ROUTING_RULE_THEN_API_MAPPING');
  await client.send(
    new CreateApiMappingCommand({ DomainName: domain, ApiId: third, Stage: 'prod', ApiMappingKey: 'a' }),
  );
  await createRule(domain, 1, first, [paths('a/b', 'a/b/c')], { StripBasePath: true });
  await eventually(async () => (await get(domain, '/a/x')).status === 200);
  assert.equal((await get(domain, '/a/x')).body, 'third x');
  assert.equal((await get(domain, '/a/b/x')).body, 'first x');
  assert.equal((await get(domain, '/a/b/c/x')).body, 'first x');
  assert.equal((await get(domain, '/z')).status, 403);
  const RoutingMode = 'API_MAPPING_ONLY';
  await client.send(new UpdateDomainNameCommand({ DomainName: domain, RoutingMode }));
  await eventually(async () => (await get(domain, '/a/b/x')).body === 'third b/x');
});

test('a rule is described, replaced and deleted', async () => {
  const DomainName = 'described.example.com';
  await createDomain(DomainName, 'ROUTING_RULE_ONLY');
  const { $metadata: _1, ...made } = await createRule(DomainName, 5, first, [paths('a'), header('X', '*y*')]);
  const { RoutingRuleId } = made;
  assert.match(RoutingRuleId ?? '', /^[a-z0-9]{6}$/);
  const described = {
    Actions: [{ InvokeApi: { ApiId: first, Stage: 'prod', StripBasePath: false } }],
    Conditions: [header('X', '*y*'), paths('a')],
    Priority: 5,
    RoutingRuleArn: `arn:aws:apigateway:us-east-1:000000000000:/domainnames/${DomainName}/routingrules/${RoutingRuleId}`,
    RoutingRuleId,
  };
  assert.deepEqual(made, described);
  const { $metadata: _2, ...read } = await client.send(new GetRoutingRuleCommand({ DomainName, RoutingRuleId }));
  assert.deepEqual(read, described);
  await createRule(DomainName, 2, second, []);
  await client.send(
    new PutRoutingRuleCommand({
      DomainName,
      RoutingRuleId,
      Priority: 1,
      Conditions: [],
      Actions: [{ InvokeApi: { ApiId: third, Stage: 'prod' } }],
    }),
  );
  const { RoutingRules = [] } = await client.send(new ListRoutingRulesCommand({ DomainName }));
  assert.deepEqual(
    RoutingRules.map((rule) => [rule.Priority, rule.Actions?.[0]?.InvokeApi?.ApiId]),
    [
      [1, third],
      [2, second],
    ],
  );
  await client.send(new DeleteRoutingRuleCommand({ DomainName, RoutingRuleId }));
  await assert.rejects(
    client.send(new GetRoutingRuleCommand({ DomainName, RoutingRuleId })),
    refusal('NotFoundException', 'Invalid routing rule identifier specified'),
  );
});

test('rules that cannot be are refused', async () => {
  const domain = 'refused.example.com';
  await createDomain(domain, 'ROUTING_RULE_ONLY');
  await createRule(domain, 7, first, []);
  const httpApi = await server.createApi({ Target: 'http://127.0.0.1:9' });
  const refused: [Promise<unknown>, string, RegExp][] = [
    [createRule(domain, 7, first, []), 'ConflictException', /priority 7 already exists/],
    [createRule(domain, 0, first, []), 'BadRequestException', /between 1 and 1000000/],
    [createRule(domain, 8, 'nothere', []), 'NotFoundException', /Invalid API identifier/],
    [createRule(domain, 8, first, [paths('/a')]), 'BadRequestException', /Invalid base path/],
    [createRule(domain, 8, first, [paths('a'), paths('b')]), 'BadRequestException', /one condition with base paths/],
    [createRule(domain, 8, first, [header('X', 'a*b')]), 'BadRequestException', /value glob/],
    [
      createRule(domain, 8, httpApi, [], {
        input: { Actions: [{ InvokeApi: { ApiId: httpApi, Stage: '$default' } }] },
      }),
      'BadRequestException',
      /only invoke stages of REST APIs/,
    ],
  ];
  for (const [attempt, code, message] of refused) await assert.rejects(attempt, refusal(code, message));
});

test('REST and HTTP APIs see the same domains and mappings', async () => {
  const domainName = 'both.example.com';
  const endpointConfiguration = { types: ['REGIONAL' as const] };
  await rest.send(
    new CreateDomainNameV1Command({ domainName, regionalCertificateArn: CertificateArn, endpointConfiguration }),
  );
  await rest.send(new CreateBasePathMappingCommand({ domainName, restApiId: first, stage: 'prod', basePath: 'one' }));
  const ApiId = await server.createApi({ Target: 'http://127.0.0.1:9' });
  const Stage = '$default';
  await client.send(new CreateApiMappingCommand({ DomainName: domainName, ApiId, Stage, ApiMappingKey: 'two/levels' }));
  const { Items: mappings = [] } = await client.send(new GetApiMappingsCommand({ DomainName: domainName }));
  assert.deepEqual(
    mappings.map((each) => [each.ApiMappingKey, each.ApiId, each.Stage]),
    [
      ['one', first, 'prod'],
      ['two/levels', ApiId, '$default'],
    ],
  );
  const { items = [] } = await rest.send(new GetBasePathMappingsCommand({ domainName }));
  assert.deepEqual(items, [
    { basePath: 'one', restApiId: first, stage: 'prod' },
    { basePath: 'two/levels', restApiId: ApiId, stage: '$default' },
  ]);
  const resourceArn = `arn:aws:apigateway:us-east-1::/domainnames/${domainName}`;
  await rest.send(new TagResourceCommand({ resourceArn, tags: { team: 'a' } }));
  const described = await client.send(new GetDomainNameCommand({ DomainName: domainName }));
  assert.deepEqual([described.Tags, described.RoutingMode], [{ team: 'a' }, 'API_MAPPING_ONLY']);
  assert.equal(described.DomainNameConfigurations?.[0]?.CertificateArn, CertificateArn);
  await client.send(
    new UpdateDomainNameCommand({ DomainName: domainName, RoutingMode: 'ROUTING_RULE_THEN_API_MAPPING' }),
  );
  const { routingMode } = await rest.send(new GetDomainNameV1Command({ domainName }));
  assert.equal(routingMode, 'ROUTING_RULE_THEN_BASE_PATH_MAPPING');
  const { Items: domains = [] } = await client.send(new GetDomainNamesCommand({}));
  assert.ok(domains.some((each) => each.DomainName === domainName));
  await assert.rejects(client.send(new DeleteApiCommand({ ApiId })), (error: Error) => {
    const words = `Deleting API ${ApiId} failed. Please remove all API mappings for the API from your custom domain names.`;
    return refusal('BadRequestException', words)(error);
  });
  await client.send(new DeleteDomainNameCommand({ DomainName: domainName }));
  await client.send(new DeleteApiCommand({ ApiId }));
});

test('an API that a domain leads to is not deleted', async () => {
  const restApiId = await restApi('kept');
  const DomainName = 'kept.example.com';
  await createDomain(DomainName, 'ROUTING_RULE_ONLY');
  await createRule(DomainName, 1, restApiId, []);
  await assert.rejects(
    rest.send(new DeleteRestApiCommand({ restApiId })),
    refusal(
      'BadRequestException',
      `Deleting RestApi ${restApiId} failed. Please remove all base path mappings related to the RestApi in your domains: ${DomainName}`,
    ),
  );
  await assert.rejects(
    rest.send(new DeleteStageCommand({ restApiId, stageName: 'prod' })),
    refusal('BadRequestException', /^Deleting stage prod failed\. Please remove all base path mappings/),
  );
  await client.send(new DeleteDomainNameCommand({ DomainName }));
  await rest.send(new DeleteRestApiCommand({ restApiId }));
});
