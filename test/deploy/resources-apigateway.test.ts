import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { apigateway } from '#services/apigateway/index.ts';
import { iam } from '#services/iam/index.ts';
import { lambda } from '#services/lambda/index.ts';
import { logs } from '#services/logs/index.ts';
import { s3 } from '#services/s3/index.ts';
import { testBed, type TestBed } from './stacks.ts';

let bed: TestBed;
before(async () => {
  bed = await testBed({}, [apigateway, iam, lambda, logs, s3]);
});
after(() => bed.stop());

const reason = async (stack: string): Promise<string> =>
  (await bed.events(stack)).filter((line) => line.includes('_FAILED')).join('\n');

async function create(stack: string, TemplateBody: string): Promise<Record<string, string>> {
  await bed.call('cloudformation', 'CreateStack', { StackName: stack, TemplateBody, Capabilities: ['CAPABILITY_IAM'] });
  assert.equal(await bed.status(stack), 'CREATE_COMPLETE', await reason(stack));
  return bed.outputs(stack);
}

async function update(stack: string, TemplateBody: string): Promise<Record<string, string>> {
  await bed.call('cloudformation', 'UpdateStack', { StackName: stack, TemplateBody, Capabilities: ['CAPABILITY_IAM'] });
  assert.equal(await bed.status(stack), 'UPDATE_COMPLETE', await reason(stack));
  return bed.outputs(stack);
}

const rest = (answer: string, rate: number, deployment: string): string => `
Resources:
  Api: {Type: AWS::ApiGateway::RestApi, Properties: {Name: pets, Description: '${answer}', EndpointConfiguration: {Types: [REGIONAL]}}}
  Pets: {Type: AWS::ApiGateway::Resource, Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: pets}}
  Pet: {Type: AWS::ApiGateway::Model, Properties: {RestApiId: !Ref Api, Name: Pet, ContentType: application/json, Schema: {type: object, title: '${answer}'}}}
  Validator: {Type: AWS::ApiGateway::RequestValidator, Properties: {RestApiId: !Ref Api, Name: body, ValidateRequestBody: true}}
  NotFound: {Type: AWS::ApiGateway::GatewayResponse, Properties: {RestApiId: !Ref Api, ResponseType: MISSING_AUTHENTICATION_TOKEN, StatusCode: '404', ResponseTemplates: {application/json: '{"message":"${answer}"}'}}}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pets
      HttpMethod: GET
      AuthorizationType: NONE
      RequestValidatorId: !Ref Validator
      RequestParameters: {method.request.querystring.page: false}
      Integration:
        Type: MOCK
        RequestTemplates: {application/json: '{"statusCode": 200}'}
        IntegrationResponses: [{StatusCode: 200, ResponseTemplates: {application/json: '${answer}'}}]
      MethodResponses: [{StatusCode: 200, ResponseModels: {application/json: !Ref Pet}}]
  ${deployment}: {Type: AWS::ApiGateway::Deployment, DependsOn: Get, Properties: {RestApiId: !Ref Api}}
  Stage:
    Type: AWS::ApiGateway::Stage
    Properties:
      RestApiId: !Ref Api
      DeploymentId: !Ref ${deployment}
      StageName: v1
      Variables: {word: '${answer}'}
      MethodSettings:
        - {ResourcePath: '/*', HttpMethod: '*', ThrottlingRateLimit: ${rate}, ThrottlingBurstLimit: 5}
        - {ResourcePath: /pets, HttpMethod: GET, ThrottlingRateLimit: ${rate}}
Outputs: {Api: {Value: !Ref Api}, Resource: {Value: !Ref Pets}, Deployment: {Value: !Ref ${deployment}}}
`;

test('a REST API made of single resources is built, changed and taken down', async () => {
  const first = await create('rest', rest('one', 2, 'DeploymentA'));
  const restApiId = first.Api!;
  const method = await bed.call('apigateway', 'GetMethod', {
    restApiId,
    resourceId: first.Resource!,
    httpMethod: 'GET',
  });
  assert.equal(method.methodIntegration!.integrationResponses!['200']!.responseTemplates!['application/json'], 'one');
  const stage = await bed.call('apigateway', 'GetStage', { restApiId, stageName: 'v1' });
  assert.equal(stage.methodSettings!['*/*']!.throttlingRateLimit, 2);
  assert.equal(stage.methodSettings!['pets/GET']!.throttlingRateLimit, 2);
  const second = await update('rest', rest('two', 9, 'DeploymentB'));
  assert.equal(second.Api, restApiId);
  assert.notEqual(second.Deployment, first.Deployment);
  const changed = await bed.call('apigateway', 'GetStage', { restApiId, stageName: 'v1' });
  assert.deepEqual(
    [changed.deploymentId, changed.variables, changed.methodSettings!['*/*']!.throttlingRateLimit],
    [second.Deployment, { word: 'two' }, 9],
  );
  const { items } = await bed.call('apigateway', 'GetDeployments', { restApiId });
  assert.deepEqual(
    items!.map(({ id }) => id),
    [second.Deployment],
  );
  assert.equal((await bed.call('apigateway', 'GetRestApi', { restApiId })).description, 'two');
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'rest' });
  await assert.rejects(bed.call('apigateway', 'GetRestApi', { restApiId }), { code: 'NotFoundException' });
});

test('a REST API is imported from its OpenAPI body, and again when the body changes', async () => {
  const template = (path: string): string => `
Resources:
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Name: named by the template
      BinaryMediaTypes: [image/png]
      Body:
        swagger: '2.0'
        info: {title: named by the body, version: '1'}
        paths:
          ${path}:
            get: {responses: {}, x-amazon-apigateway-integration: {type: mock}}
Outputs: {Api: {Value: !Ref Api}, Root: {Value: !GetAtt Api.RootResourceId}}
`;
  const { Api: restApiId = '' } = await create('body', template('/a'));
  const api = await bed.call('apigateway', 'GetRestApi', { restApiId });
  assert.equal(api.name, 'named by the template');
  assert.deepEqual(api.binaryMediaTypes, ['image/png']);
  await update('body', template('/b'));
  const { items } = await bed.call('apigateway', 'GetResources', { restApiId });
  assert.deepEqual(new Set(items!.map(({ path }) => path)), new Set(['/', '/b']));
});
