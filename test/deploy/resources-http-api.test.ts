import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { apigatewayv2 } from '#services/apigatewayv2/index.ts';
import { iam } from '#services/iam/index.ts';
import { lambda } from '#services/lambda/index.ts';
import { logs } from '#services/logs/index.ts';
import { testBed, type TestBed } from './stacks.ts';

let bed: TestBed;
before(async () => {
  bed = await testBed({}, [apigatewayv2, iam, lambda, logs]);
});
after(() => bed.stop());

const reason = async (stack: string): Promise<string> =>
  (await bed.events(stack)).filter((line) => line.includes('_FAILED')).join('\n');

const template = (description: string, route: string, rate: number): string =>
  `
Transform: AWS::Serverless-2016-10-31
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      InlineCode: "exports.handler = async () => ({ statusCode: 200 })"
      Events: {Get: {Type: HttpApi, Properties: {ApiId: !Ref Http, Path: ${route}, Method: get}}}
  Http: {Type: AWS::Serverless::HttpApi, Properties: {Description: '${description}', DefaultRouteSettings: {ThrottlingRateLimit: ${rate}, ThrottlingBurstLimit: 9}}}
  Own: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: own, ProtocolType: HTTP, Description: '${description}', CorsConfiguration: {AllowOrigins: ['*']}}}
  Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Own, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Fn.Arn, PayloadFormatVersion: '2.0'}}
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Own, RouteKey: 'GET ${route}', Target: !Sub 'integrations/\${Integration}'}}
  Stage: {Type: AWS::ApiGatewayV2::Stage, Properties: {ApiId: !Ref Own, StageName: live, AutoDeploy: true, DependsOn: [], StageVariables: {a: '${rate}'}}}
Outputs: {Http: {Value: !Ref Http}, Own: {Value: !Ref Own}, Endpoint: {Value: !GetAtt Own.ApiEndpoint}}
`.replace(', DependsOn: []', '');

test('HTTP APIs from SAM and from their own types are built, changed and taken down', async () => {
  const Capabilities = ['CAPABILITY_IAM' as const, 'CAPABILITY_AUTO_EXPAND' as const];
  await bed.call('cloudformation', 'CreateStack', {
    StackName: 'http',
    TemplateBody: template('one', '/a', 3),
    Capabilities,
  });
  assert.equal(await bed.status('http'), 'CREATE_COMPLETE', await reason('http'));
  const { Own: ApiId = '', Http = '', Endpoint } = await bed.outputs('http');
  const routes = async (id: string): Promise<(string | undefined)[]> =>
    (await bed.call('apigatewayv2', 'GetRoutes', { ApiId: id })).Items!.map(({ RouteKey }) => RouteKey);
  assert.deepEqual(await routes(ApiId), ['GET /a']);
  assert.deepEqual(await routes(Http), ['GET /a']);
  assert.equal(Endpoint, (await bed.call('apigatewayv2', 'GetApi', { ApiId })).ApiEndpoint);
  await bed.call('cloudformation', 'UpdateStack', {
    StackName: 'http',
    TemplateBody: template('two', '/b', 4),
    Capabilities,
  });
  assert.equal(await bed.status('http'), 'UPDATE_COMPLETE', await reason('http'));
  assert.deepEqual(await routes(ApiId), ['GET /b']);
  assert.deepEqual(await routes(Http), ['GET /b']);
  assert.equal((await bed.call('apigatewayv2', 'GetApi', { ApiId })).Description, 'two');
  assert.deepEqual((await bed.call('apigatewayv2', 'GetStage', { ApiId, StageName: 'live' })).StageVariables, {
    a: '4',
  });
  const stages = await bed.call('apigatewayv2', 'GetStages', { ApiId: Http });
  assert.equal(stages.Items![0]!.DefaultRouteSettings!.ThrottlingRateLimit, 4);
  await bed.call('cloudformation', 'DeleteStack', { StackName: 'http' });
  assert.equal((await bed.call('apigatewayv2', 'GetApis', {})).Items!.length, 0);
});

const overriding = (overrides: string): string => `
Resources:
  Quick: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: quick, ProtocolType: HTTP, Target: 'http://127.0.0.1:9', RouteKey: 'GET /a'}}
  ${overrides}
Outputs: {Quick: {Value: !Ref Quick}}
`;

test('what quick create made is overridden, changed, and becomes what it was', async () => {
  const changed = (integration: string, route: string, stage: string): string =>
    overriding(
      `Overrides: {Type: AWS::ApiGatewayV2::ApiGatewayManagedOverrides, Properties: {ApiId: !Ref Quick, Integration: {${integration}}, Route: {${route}}, Stage: {${stage}}}}`,
    );
  const StackName = 'overrides';
  const update = async (TemplateBody: string): Promise<void> => {
    await bed.call('cloudformation', 'UpdateStack', { StackName, TemplateBody });
    assert.equal(await bed.status(StackName), 'UPDATE_COMPLETE', await reason(StackName));
  };
  const TemplateBody = changed(
    'TimeoutInMillis: 5000, Description: short',
    'AuthorizationType: AWS_IAM',
    'StageVariables: {a: b}',
  );
  await bed.call('cloudformation', 'CreateStack', { StackName, TemplateBody });
  assert.equal(await bed.status(StackName), 'CREATE_COMPLETE', await reason(StackName));
  const { Quick: ApiId = '' } = await bed.outputs(StackName);
  const state = async () => {
    const [integration] = (await bed.call('apigatewayv2', 'GetIntegrations', { ApiId })).Items!;
    const [route] = (await bed.call('apigatewayv2', 'GetRoutes', { ApiId })).Items!;
    const [stage] = (await bed.call('apigatewayv2', 'GetStages', { ApiId })).Items!;
    const { TimeoutInMillis, Description } = integration!;
    return [TimeoutInMillis, Description, route!.AuthorizationType, route!.RouteKey, stage!.StageVariables];
  };
  assert.deepEqual(await state(), [5000, 'short', 'AWS_IAM', 'GET /a', { a: 'b' }]);
  await update(changed('TimeoutInMillis: 7000', '', 'StageVariables: {a: c}'));
  assert.deepEqual(await state(), [7000, undefined, 'NONE', 'GET /a', { a: 'c' }]);
  await update(overriding(''));
  assert.deepEqual(await state(), [30_000, undefined, 'NONE', 'GET /a', {}]);
});
