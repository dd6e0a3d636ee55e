// Documentation, certificates, domains and routing rules by CloudFormation; documents that are larger than a store entry.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  GetClientCertificateCommand,
  GetDocumentationPartsCommand,
  GetDocumentationVersionCommand,
  GetDomainNameCommand,
  GetResourcesCommand,
  GetStageCommand,
} from '@aws-sdk/client-api-gateway';
import { ApiGatewayV2Client, GetRoutesCommand, ListRoutingRulesCommand } from '@aws-sdk/client-apigatewayv2';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { eventually } from '../../harness.ts';
import { startRestApiServer } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const cloudformation = new CloudFormationClient(server.sdk);
const v2 = new ApiGatewayV2Client(server.sdk);
const s3 = new S3Client(server.sdk);
await s3.send(new CreateBucketCommand({ Bucket: 'templates' }));

async function settled(StackName: string, wanted: string): Promise<Record<string, string>> {
  const stack = await eventually(async () => {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    const status = Stacks?.[0]?.StackStatus ?? '';
    if (/ROLLBACK|FAILED/.test(status)) {
      const { StackEvents = [] } = await cloudformation.send(new DescribeStackEventsCommand({ StackName }));
      assert.fail(
        StackEvents.map((event) => `${event.LogicalResourceId} ${event.ResourceStatusReason ?? ''}`).join('\n'),
      );
    }
    return status === wanted ? Stacks?.[0] : undefined;
  }, 30_000);
  return Object.fromEntries(
    (stack.Outputs ?? []).map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
  );
}

/** Templates above 51,200 bytes come from S3. */
async function template(value: object): Promise<{ TemplateURL: string }> {
  const Key = `${Math.random()}.json`;
  await s3.send(new PutObjectCommand({ Bucket: 'templates', Key, Body: JSON.stringify(value) }));
  return { TemplateURL: `${server.endpoint}/templates/${Key}` };
}

async function create(StackName: string, value: object): Promise<Record<string, string>> {
  await cloudformation.send(new CreateStackCommand({ StackName, ...(await template(value)) }));
  return settled(StackName, 'CREATE_COMPLETE');
}

async function update(StackName: string, value: object): Promise<Record<string, string>> {
  await cloudformation.send(new UpdateStackCommand({ StackName, ...(await template(value)) }));
  return settled(StackName, 'UPDATE_COMPLETE');
}

async function remove(StackName: string): Promise<void> {
  await cloudformation.send(new DeleteStackCommand({ StackName }));
  await eventually(async () => {
    try {
      await cloudformation.send(new DescribeStacksCommand({ StackName }));
      return false;
    } catch {
      return true;
    }
  }, 30_000);
}

const certificate = 'arn:aws:acm:us-east-1:000000000000:certificate/abc';
const shop = (words: string, priority: number) => ({
  Resources: {
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'shop' } },
    Get: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        RestApiId: { Ref: 'Api' },
        ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
        HttpMethod: 'GET',
        AuthorizationType: 'NONE',
        Integration: { Type: 'MOCK' },
      },
    },
    Part: {
      Type: 'AWS::ApiGateway::DocumentationPart',
      Properties: {
        RestApiId: { Ref: 'Api' },
        Location: { Type: 'METHOD', Path: '/', Method: 'GET' },
        Properties: JSON.stringify({ summary: words }),
      },
    },
    Version: {
      Type: 'AWS::ApiGateway::DocumentationVersion',
      DependsOn: 'Part',
      Properties: { RestApiId: { Ref: 'Api' }, DocumentationVersion: '1', Description: words },
    },
    Certificate: {
      Type: 'AWS::ApiGateway::ClientCertificate',
      Properties: { Description: words, Tags: [{ Key: 'words', Value: words }] },
    },
    Deployment: { Type: 'AWS::ApiGateway::Deployment', DependsOn: 'Get', Properties: { RestApiId: { Ref: 'Api' } } },
    Stage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: {
        RestApiId: { Ref: 'Api' },
        DeploymentId: { Ref: 'Deployment' },
        StageName: 'live',
        ClientCertificateId: { Ref: 'Certificate' },
        DocumentationVersion: { Ref: 'Version' },
      },
    },
    Domain: {
      Type: 'AWS::ApiGateway::DomainName',
      Properties: {
        DomainName: 'shop.example.com',
        RegionalCertificateArn: certificate,
        EndpointConfiguration: { Types: ['REGIONAL'] },
        RoutingMode: 'ROUTING_RULE_ONLY',
        SecurityPolicy: 'TLS_1_2',
      },
    },
    Rule: {
      Type: 'AWS::ApiGatewayV2::RoutingRule',
      DependsOn: 'Stage',
      Properties: {
        DomainNameArn: { 'Fn::GetAtt': ['Domain', 'DomainNameArn'] },
        Priority: priority,
        Conditions: [{ MatchHeaders: { AnyOf: [{ Header: 'x-words', ValueGlob: words }] } }],
        Actions: [{ InvokeApi: { ApiId: { Ref: 'Api' }, Stage: 'live' } }],
      },
    },
  },
  Outputs: {
    Api: { Value: { Ref: 'Api' } },
    Part: { Value: { Ref: 'Part' } },
    PartId: { Value: { 'Fn::GetAtt': ['Part', 'DocumentationPartId'] } },
    Version: { Value: { Ref: 'Version' } },
    Certificate: { Value: { 'Fn::GetAtt': ['Certificate', 'ClientCertificateId'] } },
    Rule: { Value: { Ref: 'Rule' } },
    RuleId: { Value: { 'Fn::GetAtt': ['Rule', 'RoutingRuleId'] } },
  },
});

test('documentation, certificates and routing rules are made, changed in place and deleted', async () => {
  const { client } = server;
  const made = await create('shop', shop('one', 5));
  const { Api: restApiId, Certificate: clientCertificateId } = made;
  assert.equal(made['Part'], made['PartId']);
  assert.equal(made['Version'], '1');
  assert.match(made['Rule']!, new RegExp(`^arn:aws:apigateway:.*/routingrules/${made['RuleId']}$`));
  const stage = await client.send(new GetStageCommand({ restApiId, stageName: 'live' }));
  assert.deepEqual([stage.clientCertificateId, stage.documentationVersion], [clientCertificateId, '1']);
  assert.deepEqual(await update('shop', shop('two', 9)), made);
  const { items = [] } = await client.send(new GetDocumentationPartsCommand({ restApiId }));
  assert.deepEqual(
    items.map((part) => part.properties),
    ['{"summary":"two"}'],
  );
  const version = await client.send(new GetDocumentationVersionCommand({ restApiId, documentationVersion: '1' }));
  assert.equal(version.description, 'two');
  const found = await client.send(new GetClientCertificateCommand({ clientCertificateId }));
  assert.deepEqual([found.description, found.tags?.['words']], ['two', 'two']);
  const { RoutingRules = [] } = await v2.send(new ListRoutingRulesCommand({ DomainName: 'shop.example.com' }));
  assert.deepEqual(
    RoutingRules.map((rule) => rule.Priority),
    [9],
  );
  await remove('shop');
  await assert.rejects(client.send(new GetDomainNameCommand({ domainName: 'shop.example.com' })));
  await assert.rejects(client.send(new GetClientCertificateCommand({ clientCertificateId })));
});

/** Text that does not pack: every description differs. */
const noise = (n: number): string => Array.from({ length: n }, () => Math.random().toString(36).slice(2)).join('');

function openApi(paths: number, words: number, extra: object): object {
  const operation = () => ({ description: noise(words), responses: { 200: { description: 'ok' } }, ...extra });
  return {
    openapi: '3.0.1',
    info: { title: 'large', version: '1' },
    paths: Object.fromEntries(Array.from({ length: paths }, (_each, n) => [`/path${n}`, { get: operation() }])),
  };
}

test('documents of 300 KB are imported, replaced and deleted with their stacks', async () => {
  const mock = { 'x-amazon-apigateway-integration': { type: 'mock' } };
  const http = {
    'x-amazon-apigateway-integration': {
      type: 'http_proxy',
      httpMethod: 'GET',
      uri: 'http://127.0.0.1:9',
      payloadFormatVersion: '1.0',
    },
  };
  const value = () => ({
    Resources: {
      Rest: { Type: 'AWS::ApiGateway::RestApi', Properties: { Body: openApi(250, 60, mock) } },
      Http: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Body: openApi(250, 60, http) } },
    },
    Outputs: { Rest: { Value: { Ref: 'Rest' } }, Http: { Value: { Ref: 'Http' } } },
  });
  assert.ok(JSON.stringify(value()).length > 400_000);
  const made = await create('large', value());
  assert.deepEqual(await update('large', value()), made);
  const { items = [] } = await server.client.send(new GetResourcesCommand({ restApiId: made['Rest'], limit: 500 }));
  assert.equal(items.length, 251);
  const { Items = [] } = await v2.send(new GetRoutesCommand({ ApiId: made['Http'], MaxResults: '500' }));
  assert.equal(Items.length, 250);
  await remove('large');
});

test('a resource may be as large as a template', async () => {
  const mock = { 'x-amazon-apigateway-integration': { type: 'mock' } };
  const value = () => ({
    Resources: { Rest: { Type: 'AWS::ApiGateway::RestApi', Properties: { Body: openApi(290, 270, mock) } } },
    Outputs: { Rest: { Value: { Ref: 'Rest' } } },
  });
  assert.ok(JSON.stringify(value()).length > 850_000);
  const made = await create('huge', value());
  assert.deepEqual(await update('huge', value()), made);
  await remove('huge');
});

test('VPC links and private domains are refused by name', async () => {
  const Resources = { Link: { Type: 'AWS::ApiGatewayV2::VpcLink', Properties: { Name: 'l', SubnetIds: ['a'] } } };
  await assert.rejects(
    cloudformation.send(new CreateStackCommand({ StackName: 'link', TemplateBody: JSON.stringify({ Resources }) })),
    /Unrecognized resource types: \[AWS::ApiGatewayV2::VpcLink\]/,
  );
});
