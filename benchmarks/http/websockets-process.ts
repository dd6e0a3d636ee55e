// The server with one WebSocket API, whose integrations are mocks: what is measured is the handshake, the connection, the callback.
import { publishStage } from '#gateway/index.ts';
import { startServer } from '#server/index.ts';
import { iam } from '#services/iam/index.ts';
import { sts } from '#services/sts/index.ts';
import { serveConnections } from './websockets-report.ts';

const NO_LIMIT = { accountRateLimit: 1e9, accountBurstLimit: 1e9 };
const { platform } = await startServer({
  config: { port: 0 },
  services: [iam, sts],
  gateway: { limits: NO_LIMIT },
  warn: () => {},
});
const $default = '{"statusCode":200}';
await platform.store.transact((tx) =>
  publishStage(tx, {
    kind: 'WEBSOCKET',
    accountId: '000000000000',
    region: 'us-east-1',
    apiId: 'sockets001',
    api: { name: 'bench', routeSelectionExpression: '$request.body.action' },
    stage: { stageName: 'live' },
    deployment: {
      id: 'd',
      routes: [
        { routeId: 'c', routeKey: '$connect', target: 'integrations/m' },
        {
          routeId: 'd',
          routeKey: '$default',
          target: 'integrations/m',
          routeResponseSelectionExpression: '$default',
          routeResponses: [{ routeResponseKey: '$default' }],
        },
      ],
      integrations: [
        {
          integrationId: 'm',
          integrationType: 'MOCK',
          requestTemplates: { $default },
          integrationResponses: [
            { integrationResponseKey: '$default', responseTemplates: { $default: '$context.connectionId' } },
          ],
        },
      ],
    },
  }),
);
serveConnections(platform.config.port);
