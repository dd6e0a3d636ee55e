import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudFormationClient,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  UpdateStackCommand,
  type Stack,
} from '@aws-sdk/client-cloudformation';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let cfn: CloudFormationClient;
before(async () => {
  server = await startTestServer();
  cfn = new CloudFormationClient(server.sdk);
});
after(() => server.stop());

const template = (runtime: string, code: string): string => `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: lambda.amazonaws.com}, Action: sts:AssumeRole}]
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Runtime: ${runtime}
      Handler: index.handler
      Timeout: 20
      Role: !GetAtt Role.Arn
      Code:
        ZipFile: |
${code.replaceAll(/^/gm, '          ')}
  Greeting:
    Type: Custom::Greeting
    Properties: {ServiceToken: !GetAtt Function.Arn, Name: Ada}
Outputs:
  Text: {Value: !GetAtt Greeting.Text}
`;

async function deploy(stackName: string, body: string): Promise<Stack> {
  const { StackId } = await cfn.send(
    new CreateStackCommand({ StackName: stackName, TemplateBody: body, Capabilities: ['CAPABILITY_IAM'] }),
  );
  const stack = await eventually(async () => {
    const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: StackId }));
    return Stacks![0]!.StackStatus === 'CREATE_IN_PROGRESS' || Stacks![0]!.StackStatus === 'ROLLBACK_IN_PROGRESS'
      ? undefined
      : Stacks![0];
  }, 60_000);
  const { StackEvents } = await cfn.send(new DescribeStackEventsCommand({ StackName: StackId }));
  const failed = StackEvents!.filter((event) => event.ResourceStatus!.endsWith('FAILED'));
  assert.equal(stack.StackStatus, 'CREATE_COMPLETE', failed.map((event) => event.ResourceStatusReason).join('\n'));
  await cfn.send(new DeleteStackCommand({ StackName: stackName }));
  await eventually(async () => {
    const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: StackId }));
    return Stacks![0]!.StackStatus === 'DELETE_COMPLETE';
  }, 60_000);
  return stack;
}

test('inline Node.js code answers by cfn-response, at the address that AWS names', async () => {
  const code = `
const response = require('cfn-response');
exports.handler = (event, context) => {
  response.send(event, context, response.SUCCESS, { Text: 'hello ' + event.ResourceProperties.Name }, 'greeting-1');
};
`;
  const stack = await deploy('node', template('nodejs24.x', code));
  assert.equal(stack.Outputs![0]!.OutputValue, 'hello Ada');
});

test('inline Python code answers by cfnresponse', async () => {
  const code = `
import cfnresponse

def handler(event, context):
    cfnresponse.send(event, context, cfnresponse.SUCCESS, {"Text": "hello " + event["ResourceProperties"]["Name"]})
`;
  const stack = await deploy('python', template('python3.12', code));
  assert.equal(stack.Outputs![0]!.OutputValue, 'hello Ada');
});

test('another physical id at an update makes the function delete what had the old one', async () => {
  const code = `
const response = require('cfn-response');
exports.handler = (event, context) => {
  const { Name } = event.ResourceProperties;
  response.send(event, context, response.SUCCESS, { Text: Name }, event.RequestType === 'Delete' ? event.PhysicalResourceId : Name);
};
`;
  const body = template('nodejs24.x', code);
  const settled = (status: string) =>
    eventually(async () => {
      const { Stacks } = await cfn.send(new DescribeStacksCommand({ StackName: 'renames' }));
      return Stacks![0]!.StackStatus === status ? Stacks![0] : undefined;
    }, 30_000);
  const Capabilities = ['CAPABILITY_IAM' as const];
  await cfn.send(new CreateStackCommand({ StackName: 'renames', TemplateBody: body, Capabilities }));
  await settled('CREATE_COMPLETE');
  const next = body.replace('Name: Ada', 'Name: Grace');
  await cfn.send(new UpdateStackCommand({ StackName: 'renames', TemplateBody: next, Capabilities }));
  assert.equal((await settled('UPDATE_COMPLETE'))!.Outputs![0]!.OutputValue, 'Grace');
  const { StackEvents } = await cfn.send(new DescribeStackEventsCommand({ StackName: 'renames' }));
  const deleted = StackEvents!.find((event) => event.ResourceStatus === 'DELETE_COMPLETE');
  assert.deepEqual([deleted!.LogicalResourceId, deleted!.PhysicalResourceId], ['Greeting', 'Ada']);
  const replaced = StackEvents!.find((event) => event.ResourceStatusReason?.startsWith('Requested update'));
  assert.deepEqual(
    [replaced!.ResourceStatus, replaced!.PhysicalResourceId, replaced!.ResourceStatusReason],
    ['UPDATE_IN_PROGRESS', 'Grace', 'Requested update required the provider to create a new physical resource'],
  );
});
