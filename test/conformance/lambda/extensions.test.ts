// A layer with an external extension, as a user publishes it: its words are in the function's log group.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient, PublishLayerVersionCommand, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda';
import { eventually } from '../../eventually.ts';
import { startTestServer, type TestServer } from '../../harness.ts';
import { bashExtension } from '../../sandbox/extension-fixture.ts';
import { zip } from '../../sandbox/pool-fixture.ts';
import { createFunction, invoke, zip as zipCode } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
let logs: CloudWatchLogsClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
  logs = new CloudWatchLogsClient(server.sdk);
});
after(() => server.stop());

test('an extension of a layer runs beside Node and Python functions, and writes to their log groups', async () => {
  const ZipFile = await zip({ 'extensions/watch': bashExtension('["INVOKE","SHUTDOWN"]', 'echo "heard $EVENT"') });
  const { LayerVersionArn = '' } = await lambda.send(
    new PublishLayerVersionCommand({ LayerName: 'watch', Content: { ZipFile } }),
  );
  const python = { ZipFile: await zipCode({ 'index.py': 'def handler(event, context):\n  return event' }) };
  const functions = [
    ['extended-node', { Runtime: 'nodejs24.x' }],
    ['extended-python', { Runtime: 'python3.12', Code: python }],
  ] as const;
  for (const [FunctionName, settings] of functions) {
    await createFunction(lambda, FunctionName, 'exports.handler = async (event) => event', {
      ...settings,
      Layers: [LayerVersionArn],
    });
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 30 }, { FunctionName });
    assert.deepEqual((await invoke(lambda, FunctionName, { a: 1 })).result, { a: 1 });
    const messages = await eventually(async () => {
      const logGroupName = `/aws/lambda/${FunctionName}`;
      const { events = [] } = await logs.send(new FilterLogEventsCommand({ logGroupName }));
      const text = events.map(({ message }) => message).join('');
      return text.includes('REPORT RequestId') && text.includes('heard') ? text : undefined;
    });
    assert.match(messages, /heard \{"eventType":"INVOKE","deadlineMs":\d+,"requestId":"[^"]+"/);
    assert.match(messages, /EXTENSION\tName: watch\tState: Ready\tEvents: \[INVOKE, SHUTDOWN\]/);
  }
});
