// The process that crash-services.test.ts kills: real services. node killed-server.ts DIR create|delete|resume
import { rootPrincipal } from '#core/principal.ts';
import type { Call } from '#kernel/call.ts';
import { settleStack } from '#deploy/stacks/settle.ts';
import * as stacks from '#deploy/stacks/store.ts';
import { createPlatform } from '#server/create-platform.ts';
import { services } from '#server/services.ts';

const [dataDir = '', action = ''] = process.argv.slice(2);
const place = { accountId: '123456789012', region: 'us-east-1' };
const { platform, stop } = await createPlatform({ services, config: { dataDir }, warn: () => undefined });
const call = ((service: never, operation: never, input: never) =>
  platform.call(service, operation, input, { as: rootPrincipal(place.accountId), ...place })) as Call;

const TemplateBody = `
Transform: AWS::Serverless-2016-10-31
Resources:
  Site: {Type: AWS::S3::Bucket, Properties: {VersioningConfiguration: {Status: Enabled}}}
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Runtime: nodejs24.x
      Handler: index.handler
      InlineCode: "exports.handler = async () => ({ statusCode: 200 })"
      AutoPublishAlias: live
      Policies: [{Version: 2012-10-17, Statement: [{Effect: Allow, Action: 's3:*', Resource: !GetAtt Site.Arn}]}]
      Events: {Get: {Type: Api, Properties: {Path: /a, Method: get, RestApiId: !Ref Api}}}
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: v1}}
  User: {Type: AWS::IAM::User}
  Key: {Type: AWS::IAM::AccessKey, Properties: {UserName: !Ref User}}
  Managed: {Type: AWS::IAM::ManagedPolicy, Properties: {Users: [!Ref User], PolicyDocument: {Version: 2012-10-17, Statement: [{Effect: Allow, Action: '*', Resource: '*'}]}}}
  Log: {Type: AWS::Logs::LogGroup, Properties: {LogGroupName: !Sub '/aws/lambda/\${Fn}', RetentionInDays: 1}}
  Http: {Type: AWS::ApiGatewayV2::Api, Properties: {Name: h, ProtocolType: HTTP}}
  Integration: {Type: AWS::ApiGatewayV2::Integration, Properties: {ApiId: !Ref Http, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt Fn.Arn, PayloadFormatVersion: '2.0'}}
  Route: {Type: AWS::ApiGatewayV2::Route, Properties: {ApiId: !Ref Http, RouteKey: GET /, Target: !Sub 'integrations/\${Integration}'}}
`;

process.stdout.write('ready\n');
if (action === 'create') {
  const Capabilities = ['CAPABILITY_IAM' as const, 'CAPABILITY_AUTO_EXPAND' as const];
  await call('cloudformation', 'CreateStack', { StackName: 'app', TemplateBody, Capabilities });
}
if (action === 'delete') await call('cloudformation', 'DeleteStack', { StackName: 'app' });
const [stack] = await stacks.listStacks(platform.store, place);
const settled = stack && (await settleStack(platform, stack));
const resources = stack ? await stacks.listResources(platform.store, stack) : [];
const events = stack ? await stacks.listEvents(platform.store, stack, 200) : [];

const apis = (await call('apigateway', 'GetRestApis', {})).items ?? [];
const functions = (await call('lambda', 'ListFunctions', {})).Functions ?? [];
const users = (await call('iam', 'ListUsers', {})).Users ?? [];
const https = (await call('apigatewayv2', 'GetApis', {})).Items ?? [];
const counts = {
  apis: apis.length,
  deployments: 0,
  functions: functions.length,
  versions: 0,
  users: users.length,
  keys: 0,
  roles: (await call('iam', 'ListRoles', {})).Roles?.length,
  policies: (await call('iam', 'ListPolicies', { Scope: 'Local' })).Policies?.length,
  buckets: (await call('s3', 'ListBuckets', {})).Buckets?.length,
  groups: (await call('logs', 'DescribeLogGroups', {})).logGroups?.length,
  https: https.length,
  integrations: 0,
  routes: 0,
};
for (const { id = '' } of apis)
  counts.deployments += (await call('apigateway', 'GetDeployments', { restApiId: id })).items?.length ?? 0;
for (const { FunctionName = '' } of functions)
  counts.versions += (await call('lambda', 'ListVersionsByFunction', { FunctionName })).Versions?.length ?? 0;
for (const { UserName = '' } of users)
  counts.keys += (await call('iam', 'ListAccessKeys', { UserName })).AccessKeyMetadata?.length ?? 0;
for (const { ApiId = '' } of https) {
  counts.integrations += (await call('apigatewayv2', 'GetIntegrations', { ApiId })).Items?.length ?? 0;
  counts.routes += (await call('apigatewayv2', 'GetRoutes', { ApiId })).Items?.length ?? 0;
}
const failures = events.map(({ value }) => value).filter(({ status }) => status.endsWith('FAILED'));
const half = resources.filter(({ status }) => status.endsWith('IN_PROGRESS')).map(({ logicalId }) => logicalId);
process.stdout.write(`${JSON.stringify({ status: settled?.status, counts, half, failures })}\n`);
await stop();
