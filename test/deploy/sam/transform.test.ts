import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { SamError, transformSam } from '../../../src/deploy/sam/index.ts';
import type { Json, SamErrorCause, TransformOptions } from '../../../src/deploy/sam/index.ts';

const options: TransformOptions = { region: 'eu-central-1' };

function causesOf(resources: Record<string, Json>): readonly SamErrorCause[] {
  try {
    transformSam({ Resources: resources }, options);
  } catch (error) {
    assert.ok(error instanceof SamError);
    return error.causes;
  }
  assert.fail('the template was not refused');
}

function functionWith(properties: Record<string, Json>): Json {
  const code = { InlineCode: 'exports.handler = async () => 1', Handler: 'index.handler', Runtime: 'nodejs22.x' };
  return { Type: 'AWS::Serverless::Function', Properties: { ...code, ...properties } };
}

suite('transformSam', () => {
  test('leaves the given template as it was and makes another', () => {
    const events = { Get: { Type: 'Api', Properties: { Path: '/', Method: 'get' } } };
    const template = {
      Transform: 'AWS::Serverless-2016-10-31',
      Globals: { Function: { Timeout: 5 } },
      Conditions: { Always: { 'Fn::Equals': ['a', 'a'] } },
      Resources: { Greeter: functionWith({ Events: events }) },
    };
    const before = structuredClone(template);
    const first = transformSam(template, options);
    assert.deepEqual(template, before);
    assert.deepEqual(transformSam(template, options), first);
  });

  test('uses the value of a parameter before its default', () => {
    const template = {
      Parameters: { Alias: { Type: 'String', Default: 'test' } },
      Resources: { Greeter: functionWith({ AutoPublishAlias: { Ref: 'Alias' } }) },
    };
    const aliases = (result: Json): string[] =>
      Object.keys((result as { Resources: object }).Resources).filter((logicalId) => logicalId.includes('Alias'));
    assert.deepEqual(aliases(transformSam(template, options)), ['GreeterAliastest']);
    const given = { ...options, parameterValues: { Alias: 'live' } };
    assert.deepEqual(aliases(transformSam(template, given)), ['GreeterAliaslive']);
  });

  test('refuses what AWS knows but this transform cannot do', () => {
    const location = { ApplicationId: 'arn:aws:serverlessrepo:us-east-1:1:applications/a', SemanticVersion: '1.0.0' };
    const [cause] = causesOf({ Nested: { Type: 'AWS::Serverless::Application', Properties: { Location: location } } });
    assert.match(cause?.message ?? '', /Serverless Application Repository are not available here/);
  });
});

suite('SamError', () => {
  test('names the resource and the event of each cause', () => {
    const events = { Work: { Type: 'SQS', Properties: { BatchSize: 1 } } };
    const causes = causesOf({ Broken: functionWith({ Nothing: 1 }), Greeter: functionWith({ Events: events }) });
    assert.deepEqual(
      causes.map(({ logicalId, eventId }) => [logicalId, eventId]),
      [
        ['Broken', undefined],
        ['Greeter', 'Work'],
      ],
    );
  });

  test('names the resource of the template when the text names a part of it', () => {
    const [ofConnector] = causesOf({
      Greeter: { ...(functionWith({}) as object), Connectors: { Write: { Properties: { Permissions: ['Write'] } } } },
    });
    assert.match(ofConnector?.message ?? '', /^Resource with id \[GreeterWrite\]/);
    assert.equal(ofConnector?.logicalId, 'Greeter');

    const properties = { Auth: { Type: 'AWS_IAM' }, SchemaInline: 'type Query { a: Int }', Functions: { Load: {} } };
    const [ofFunction] = causesOf({ Graph: { Type: 'AWS::Serverless::GraphQLApi', Properties: properties } });
    assert.equal(ofFunction?.message, "Resource with id [Load] is invalid. 'DataSource' must be set.");
    assert.equal(ofFunction?.logicalId, 'Graph');
  });

  test('has the whole text of AWS as its message', () => {
    assert.throws(() => transformSam({ Resources: {} }, options), {
      message:
        'Invalid Serverless Application Specification document. Number of errors found: 1. ' +
        "Structure of the SAM template is invalid. 'Resources' section is required",
    });
  });
});

suite('EventInvokeConfig', () => {
  // No pair has one that is right, so these are from AWS's documentation alone.
  function destinationsOf(onSuccess: Json): Record<string, Record<string, Json>> {
    const config = { MaximumRetryAttempts: 1, DestinationConfig: { OnSuccess: onSuccess } };
    const resources = { Greeter: functionWith({ EventInvokeConfig: config }) };
    const template = { Conditions: { Given: { 'Fn::Equals': [1, 1] } }, Resources: resources };
    return (transformSam(template, options) as { Resources: Record<string, Record<string, Json>> }).Resources;
  }

  const queueId = 'GreeterEventInvokeConfigOnSuccessQueue';

  test('makes the queue that is not given, and lets the function send to it', () => {
    const made = destinationsOf({ Type: 'SQS' });
    const arn = { 'Fn::GetAtt': [queueId, 'Arn'] };
    assert.deepEqual(made[queueId], { Type: 'AWS::SQS::Queue', Properties: {} });
    assert.deepEqual(made['GreeterEventInvokeConfig']?.['Properties'], {
      FunctionName: { Ref: 'Greeter' },
      Qualifier: '$LATEST',
      MaximumRetryAttempts: 1,
      DestinationConfig: { OnSuccess: { Destination: arn } },
    });
    const role = made['GreeterRole']?.['Properties'] as { Policies: Json };
    assert.deepEqual(role.Policies, [
      {
        PolicyName: 'GreeterEventInvokeConfigOnSuccessSQSPolicy',
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Action: 'sqs:SendMessage', Resource: arn, Effect: 'Allow' }],
        },
      },
    ]);
  });

  test('makes it under the branch of a condition that has none', () => {
    const destination = { 'Fn::If': ['Given', 'arn:given', { Ref: 'AWS::NoValue' }] };
    const made = destinationsOf({ Type: 'SQS', Destination: destination });
    assert.equal(made[queueId]?.['Condition'], 'NOTGiven');
    const config = made['GreeterEventInvokeConfig']?.['Properties'] as { DestinationConfig: Json };
    assert.deepEqual(config.DestinationConfig, {
      OnSuccess: { Destination: { 'Fn::If': ['Given', 'arn:given', { 'Fn::GetAtt': [queueId, 'Arn'] }] } },
    });
  });
});

suite('AWS::Serverless::GraphQLApi', () => {
  // No pair has functions and resolvers that are right, so this one is from AWS's documentation alone.
  test('makes pipelines of functions and resolvers', () => {
    const runtime = { Name: 'APPSYNC_JS', Version: '1.0.0' };
    const template = {
      Resources: {
        Graph: {
          Type: 'AWS::Serverless::GraphQLApi',
          Properties: {
            Auth: { Type: 'API_KEY' },
            Logging: false,
            SchemaInline: 'type Query { a: Int }',
            DataSources: { Lambda: { Numbers: { FunctionArn: 'arn:f', ServiceRoleArn: 'arn:r' } } },
            Functions: {
              Load: { DataSource: 'Numbers', InlineCode: 'code', Runtime: runtime },
              Round: { DataSource: 'NONE', CodeUri: 's3://bucket/round.js', Runtime: runtime },
            },
            Resolvers: { Query: { a: { Pipeline: ['Load', 'Round'] } } },
          },
        },
      },
    };
    const { Resources: made } = transformSam(template, options) as { Resources: Record<string, Record<string, Json>> };
    assert.deepEqual(Object.keys(made).toSorted(), [
      'Graph',
      'GraphLoad',
      'GraphNoneDataSource',
      'GraphNumbersLambdaDataSource',
      'GraphQuerya',
      'GraphRound',
      'GraphSchema',
    ]);
    assert.deepEqual(made['GraphLoad'], {
      Type: 'AWS::AppSync::FunctionConfiguration',
      Properties: {
        ApiId: { 'Fn::GetAtt': ['Graph', 'ApiId'] },
        DataSourceName: { 'Fn::GetAtt': ['GraphNumbersLambdaDataSource', 'Name'] },
        Name: 'Load',
        Code: 'code',
        Runtime: { Name: 'APPSYNC_JS', RuntimeVersion: '1.0.0' },
      },
    });
    const resolver = made['GraphQuerya']?.['Properties'] as Record<string, Json>;
    assert.equal(resolver['Kind'], 'PIPELINE');
    assert.deepEqual(resolver['PipelineConfig'], {
      Functions: [{ 'Fn::GetAtt': ['GraphLoad', 'FunctionId'] }, { 'Fn::GetAtt': ['GraphRound', 'FunctionId'] }],
    });
  });
});
