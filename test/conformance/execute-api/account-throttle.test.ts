// The limit on all requests of an account (serve and start: --account-throttle), over every API that it has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { APIGatewayClient, GetAccountCommand } from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, CreateStackCommand, waitUntilStackCreateComplete } from '@aws-sdk/client-cloudformation';
import { startTestServer } from '../../harness.ts';

const TEMPLATE = JSON.stringify({
  Resources: Object.fromEntries(
    ['One', 'Two'].flatMap((name) => [
      [`${name}Api`, { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: name } }],
      [
        `${name}Method`,
        {
          Type: 'AWS::ApiGateway::Method',
          Properties: {
            RestApiId: { Ref: `${name}Api` },
            ResourceId: { 'Fn::GetAtt': [`${name}Api`, 'RootResourceId'] },
            HttpMethod: 'GET',
            AuthorizationType: 'NONE',
            Integration: {
              Type: 'MOCK',
              RequestTemplates: { 'application/json': '{"statusCode": 200}' },
              IntegrationResponses: [{ StatusCode: '200' }],
            },
            MethodResponses: [{ StatusCode: '200' }],
          },
        },
      ],
      [
        `${name}Deployment`,
        {
          Type: 'AWS::ApiGateway::Deployment',
          DependsOn: `${name}Method`,
          Properties: { RestApiId: { Ref: `${name}Api` }, StageName: 'test' },
        },
      ],
    ]),
  ),
  Outputs: { One: { Value: { Ref: 'OneApi' } }, Two: { Value: { Ref: 'TwoApi' } } },
});

test("an account's throttle holds over all its APIs, and GetAccount shows it", async () => {
  const accountThrottle = { rateLimit: 0.001, burstLimit: 4 };
  const server = await startTestServer({ config: { accountThrottle } });
  try {
    const stacks = new CloudFormationClient(server.sdk);
    await stacks.send(new CreateStackCommand({ StackName: 'two-apis', TemplateBody: TEMPLATE }));
    const { reason } = await waitUntilStackCreateComplete(
      { client: stacks, maxWaitTime: 20, minDelay: 1, maxDelay: 1 },
      { StackName: 'two-apis' },
    );
    const [{ Outputs = [] }] = (reason as { Stacks: [{ Outputs?: { OutputKey: string; OutputValue: string }[] }] })
      .Stacks;
    const idOf = (name: string): string => Outputs.find(({ OutputKey }) => OutputKey === name)!.OutputValue;
    const ask = async (name: string): Promise<number> =>
      (await fetch(`${server.endpoint}/_aws/execute-api/${idOf(name)}/test/`)).status;

    const statuses: number[] = [];
    for (const name of ['One', 'Two', 'One', 'Two', 'One', 'Two']) statuses.push(await ask(name));
    assert.deepEqual(statuses, [200, 200, 200, 200, 429, 429]);

    const account = await new APIGatewayClient(server.sdk).send(new GetAccountCommand());
    assert.deepEqual(account.throttleSettings, accountThrottle);
  } finally {
    await server.stop();
  }
});
