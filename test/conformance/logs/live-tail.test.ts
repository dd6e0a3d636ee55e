import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  PutLogEventsCommand,
  StartLiveTailCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { startTestServer } from '../../harness.ts';

test('a live tail shows what arrives after its start and matches', async () => {
  const server = await startTestServer();
  try {
    const logs = new CloudWatchLogsClient(server.sdk);
    const names = { logGroupName: 'tailed', logStreamName: 's' };
    const put = (...messages: string[]) =>
      logs.send(
        new PutLogEventsCommand({
          ...names,
          logEvents: messages.map((message) => ({ message, timestamp: Date.now() })),
        }),
      );
    await logs.send(new CreateLogGroupCommand(names));
    await logs.send(new CreateLogStreamCommand(names));
    await put('ERROR before');
    const arn = 'arn:aws:logs:us-east-1:000000000000:log-group:tailed';
    const input = { logGroupIdentifiers: [arn], logEventFilterPattern: 'ERROR' };
    const { responseStream } = await logs.send(new StartLiveTailCommand(input));
    const events = responseStream?.[Symbol.asyncIterator]();
    const { value: first } = (await events?.next()) ?? {};
    assert.deepEqual(first?.sessionStart?.logGroupIdentifiers, [arn]);
    await put('ERROR after', 'INFO after');
    for (;;) {
      const { value, done } = (await events?.next()) ?? {};
      assert.ok(!done && value?.sessionUpdate);
      const [event] = value.sessionUpdate.sessionResults ?? [];
      if (!event) continue;
      assert.equal(value.sessionUpdate.sessionResults?.length, 1);
      assert.deepEqual(value.sessionUpdate.sessionMetadata, { sampled: false });
      assert.deepEqual(
        [event.message, event.logStreamName, event.logGroupIdentifier],
        ['ERROR after', 's', '000000000000:tailed'],
      );
      break;
    }
    await events?.return?.();
    await assert.rejects(logs.send(new StartLiveTailCommand({ logGroupIdentifiers: ['tailed'] })), {
      name: 'InvalidParameterException',
    });
    await assert.rejects(logs.send(new StartLiveTailCommand({ logGroupIdentifiers: [`${arn}x`] })), {
      name: 'ResourceNotFoundException',
    });
  } finally {
    await server.stop();
  }
});
