import assert from 'node:assert/strict';
import { ApiGatewayV2Client, CreateApiCommand, type CreateApiCommandInput } from '@aws-sdk/client-apigatewayv2';
import {
  DescribeStackEventsCommand,
  DescribeStacksCommand,
  type CloudFormationClient,
} from '@aws-sdk/client-cloudformation';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import yazl from 'yazl';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

export interface HttpApiServer extends TestServer {
  client: ApiGatewayV2Client;
  /** a request to a stage, by path */
  ask(apiId: string, stageName: string, path: string, init?: RequestInit): Promise<Response>;
  createApi(input?: Partial<CreateApiCommandInput>): Promise<string>;
  /** a Node.js function; answers its ARN */
  createFunction(name: string, source: string): Promise<string>;
}

export async function startHttpApiServer(): Promise<HttpApiServer> {
  const server = await startTestServer();
  const client = new ApiGatewayV2Client(server.sdk);
  const lambda = new LambdaClient(server.sdk);
  return {
    ...server,
    client,
    ask: (apiId, stageName, path, init) =>
      fetch(`${server.endpoint}/_aws/execute-api/${apiId}/${encodeURIComponent(stageName)}${path}`, init),
    async createApi(input = {}) {
      const command = new CreateApiCommand({ Name: 'pets', ProtocolType: 'HTTP', ...input });
      return (await client.send(command)).ApiId ?? '';
    },
    async createFunction(name, source) {
      const archive = new yazl.ZipFile();
      archive.addBuffer(Buffer.from(source), 'index.mjs');
      archive.end();
      const ZipFile = Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
      const { FunctionArn } = await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Role: 'arn:aws:iam::000000000000:role/test',
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Code: { ZipFile },
        }),
      );
      return FunctionArn ?? '';
    },
  };
}

/** The error's code and words. */
export const refusal = (name: string, message: string | RegExp) => (error: Error) => {
  assert.equal(error.name, name);
  if (typeof message === 'string') assert.equal(error.message, message);
  else assert.match(error.message, message);
  return true;
};

/** Asks until the stage answers with this status: a stage is live a moment after its change. */
export const untilStatus = (ask: () => Promise<Response>, status: number): Promise<Response> =>
  eventually(async () => {
    const response = await ask();
    return response.status === status ? response : undefined;
  });

/** The stack's outputs once it has this status; fails with the reasons when it cannot have it any more. */
export async function untilStack(
  cloudformation: CloudFormationClient,
  StackName: string,
  status: string,
): Promise<Record<string, string>> {
  const stack = await eventually(async () => {
    const { Stacks } = await cloudformation.send(new DescribeStacksCommand({ StackName }));
    const found = Stacks?.[0];
    if (/ROLLBACK|FAILED/.test(found?.StackStatus ?? '')) {
      const { StackEvents = [] } = await cloudformation.send(new DescribeStackEventsCommand({ StackName }));
      assert.fail(
        StackEvents.map((each) => `${each.LogicalResourceId}: ${each.ResourceStatusReason ?? ''}`).join('\n'),
      );
    }
    return found?.StackStatus === status ? found : undefined;
  }, 30_000);
  return Object.fromEntries((stack.Outputs ?? []).map((each) => [each.OutputKey ?? '', each.OutputValue ?? '']));
}
