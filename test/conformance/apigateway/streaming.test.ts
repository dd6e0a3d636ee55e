import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { PutIntegrationCommand, PutMethodCommand, type PutIntegrationCommandInput } from '@aws-sdk/client-api-gateway';
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import yazl from 'yazl';
import { createApi, deploy, putMock, refusal, startRestApiServer, untilStatus } from './fixture.ts';

const server = await startRestApiServer();
after(() => server.stop());
const { client } = server;

const SOURCE = `export const handler = awslambda.streamifyResponse(async (event, stream) => {
  const out = awslambda.HttpResponseStream.from(stream, { statusCode: 203, headers: { 'x-path': event.path } });
  out.write('one ');
  out.write('two');
  out.end();
});`;

async function createFunction(name: string): Promise<string> {
  const archive = new yazl.ZipFile();
  archive.addBuffer(Buffer.from(SOURCE), 'index.mjs');
  archive.end();
  const ZipFile = Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
  const { FunctionArn } = await new LambdaClient(server.sdk).send(
    new CreateFunctionCommand({
      FunctionName: name,
      Role: 'arn:aws:iam::000000000000:role/test',
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Code: { ZipFile },
    }),
  );
  return FunctionArn ?? '';
}

const uriOf = (functionArn: string) =>
  `arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/${functionArn}/response-streaming-invocations`;

test('a function streams through a REST API', async () => {
  const { restApiId, rootId } = await createApi(server);
  const place = { restApiId, resourceId: rootId, httpMethod: 'GET' };
  await client.send(new PutMethodCommand({ ...place, authorizationType: 'NONE' }));
  const integration = await client.send(
    new PutIntegrationCommand({
      ...place,
      type: 'AWS_PROXY',
      integrationHttpMethod: 'POST',
      uri: uriOf(await createFunction('streams')),
      responseTransferMode: 'STREAM',
      timeoutInMillis: 900_000,
    }),
  );
  assert.deepEqual([integration.responseTransferMode, integration.timeoutInMillis], ['STREAM', 900_000]);
  await deploy(server, restApiId);
  const response = await untilStatus(() => server.ask(restApiId, 'test', '/'), 203);
  assert.equal(response.headers.get('x-path'), '/');
  assert.equal(await response.text(), 'one two');
});

test('streams that cannot be are refused', async () => {
  const api = await createApi(server);
  const place = await putMock(server, api, '"x"');
  const put = (input: Partial<PutIntegrationCommandInput>) =>
    client.send(new PutIntegrationCommand({ ...place, type: 'MOCK', integrationHttpMethod: 'POST', ...input }));
  const uri = uriOf('arn:aws:lambda:us-east-1:000000000000:function:f');
  const refused: [Partial<PutIntegrationCommandInput>, RegExp][] = [
    [{ responseTransferMode: 'STREAM' }, /only for AWS_PROXY and HTTP_PROXY/],
    [{ type: 'AWS_PROXY', uri }, /go together/],
    [{ type: 'AWS_PROXY', uri: uri.replace('response-streaming-', ''), responseTransferMode: 'STREAM' }, /go together/],
    [{ type: 'AWS_PROXY', uri, responseTransferMode: 'STREAM', timeoutInMillis: 900_001 }, /^Timeout should be/],
  ];
  for (const [input, message] of refused) await assert.rejects(put(input), refusal('BadRequestException', message));
});
