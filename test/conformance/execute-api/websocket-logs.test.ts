// Access logs, execution logs, metrics.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CloudWatchLogsClient, CreateLogGroupCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { webSocketMetricsOf } from '#gateway/index.ts';
import { iam } from '#services/iam/index.ts';
import { logs as logsService } from '#services/logs/index.ts';
import { sts } from '#services/sts/index.ts';
import { eventually } from '../../harness.ts';
import { ACCOUNT, REGION, startGatewayServer } from './fixture.ts';
import { openSocket, proxy, publishSockets } from './websocket-fixture.ts';

const server = await startGatewayServer({ services: [iam, logsService, sts] });
after(() => server.stop());
const logs = new CloudWatchLogsClient({
  ...server.sdk,
  credentials: { accessKeyId: ACCOUNT, secretAccessKey: 'test' },
});
const linesOf = async (logGroupName: string): Promise<string[]> =>
  ((await logs.send(new FilterLogEventsCommand({ logGroupName }))).events ?? []).map(({ message = '' }) => message);

test('an access log has a line for the handshake, each message and the end', async () => {
  await logs.send(new CreateLogGroupCommand({ logGroupName: 'chat-access' }));
  const apiId = await publishSockets(server, {
    routes: {
      $disconnect: proxy(server, () => ({ statusCode: 200 })),
      say: proxy(server, () => ({ statusCode: 201 })),
    },
    stage: {
      accessLogSettings: {
        destinationArn: `arn:aws:logs:${REGION}:${ACCOUNT}:log-group:chat-access`,
        format:
          '$context.eventType $context.routeKey $context.status $context.integration.status $context.error.message $context.messageDirection $context.stage $context.error.responseType',
      },
    },
  });
  const client = await openSocket(server, apiId);
  client.socket.send('{"action":"say"}');
  await eventually(() => server.events.length === 1);
  client.socket.send('{"action":"other"}');
  await client.next();
  client.socket.close();
  const lines = await eventually(async () => {
    const found = await linesOf('chat-access');
    return found.length === 4 ? found : undefined;
  });
  assert.deepEqual(lines.toSorted(), [
    'CONNECT - 200 - - IN live -',
    'DISCONNECT $disconnect 200 200 - IN live -',
    'MESSAGE - 403 - Forbidden IN live RESOURCE_NOT_FOUND',
    'MESSAGE say 201 200 - IN live -',
  ]);
});

test('execution logs follow the level of the route', async () => {
  const apiId = await publishSockets(server, {
    routes: {
      quiet: proxy(server, () => ({ statusCode: 200 })),
      fails: proxy(server, () => {
        throw new Error('broken');
      }),
      loud: proxy(server, () => ({ statusCode: 200, body: 'secret answer' })),
    },
    stage: {
      defaultRouteSettings: { loggingLevel: 'ERROR' },
      routeSettings: { loud: { loggingLevel: 'INFO', dataTraceEnabled: true } },
    },
  });
  const client = await openSocket(server, apiId);
  for (const action of ['quiet', 'fails', 'loud']) {
    client.socket.send(JSON.stringify({ action, text: `from ${action}` }));
  }
  const group = `/aws/apigateway/${apiId}/live`;
  const text = await eventually(async () => {
    const all = (await linesOf(group)).join('\n');
    return all.includes('Successfully completed') && all.includes('Execution failed') ? all : undefined;
  });
  assert.match(text, /WebSocket Request Route: \[loud\]/);
  assert.match(text, /Endpoint response body before transformations: .*secret answer/);
  assert.match(text, /Execution failed: Internal server error\. Status: 502/);
  assert.ok(!text.includes('from quiet') && !text.includes('[quiet]'));
  client.socket.terminate();
});

test('metrics count connections, messages both ways and errors by their kind', async () => {
  const apiId = await publishSockets(server, {
    routes: {
      $connect: proxy(server, () => ({ statusCode: 200 })),
      fails: { integrationType: 'HTTP_PROXY', integrationMethod: 'GET', integrationUri: 'http://127.0.0.1:1/' },
      fine: proxy(server, () => ({ statusCode: 200 })),
    },
    stage: { routeSettings: { fine: { detailedMetricsEnabled: true } } },
  });
  const client = await openSocket(server, apiId);
  for (const action of ['fine', 'fine', 'fails', 'unknown']) client.socket.send(JSON.stringify({ action }));
  await client.next();
  await client.next();
  const dimensions = { accountId: ACCOUNT, region: REGION, apiId, stage: 'live' };
  const read = (method?: string) =>
    webSocketMetricsOf(server.platform)
      .read({ ...dimensions, ...(method && { method }) }, 0, Date.now() + 60_000)
      .map(({ figures }) => figures);
  const sum = (all: { [name: string]: unknown }[], name: string) =>
    all.reduce((total, figures) => total + Number(figures[name]), 0);
  await eventually(() => sum(read() as never, 'messageCount') === 6);
  const all = read() as never;
  assert.deepEqual(
    ['connectCount', 'messageCount', 'clientErrors', 'executionErrors', 'integrationErrors'].map((name) =>
      sum(all, name),
    ),
    [1, 6, 1, 1, 0],
  );
  assert.equal(sum(read('fine') as never, 'messageCount'), 2);
  client.socket.terminate();
});
