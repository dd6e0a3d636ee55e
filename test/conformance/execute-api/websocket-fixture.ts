// Hand-published stages of WebSocket APIs, and clients of them.
import { WebSocket } from 'ws';
import {
  publishStage,
  type PublishedWebSocketDeployment,
  type PublishedWebSocketIntegration,
  type PublishedWebSocketRoute,
  type PublishedWebSocketStage,
} from '#gateway/index.ts';
import { eventually } from '../../harness.ts';
import { ACCOUNT, invocationUri, newApiId, REGION, type FakeFunction, type GatewayServer } from './fixture.ts';

let count = 0;
export const proxy = (server: GatewayServer, run: FakeFunction): Partial<PublishedWebSocketIntegration> => ({
  integrationType: 'AWS_PROXY',
  integrationUri: invocationUri(server.functionArn(`socket${++count}`, run)),
});

export interface SocketApi {
  /** route key → integration */
  routes: Record<string, Partial<PublishedWebSocketIntegration>>;
  more?: Record<string, Partial<PublishedWebSocketRoute>>;
  stage?: Partial<PublishedWebSocketStage['stage']>;
  deployment?: Partial<PublishedWebSocketDeployment>;
  api?: Partial<PublishedWebSocketStage['api']>;
  apiId?: string;
}

/** Publishes a stage `live` and answers the API's id. */
export async function publishSockets(
  server: GatewayServer,
  { routes, more = {}, stage, deployment, api, apiId = newApiId() }: SocketApi,
): Promise<string> {
  const keys = Object.keys(routes);
  await server.platform.store.transact((tx) =>
    publishStage(tx, {
      kind: 'WEBSOCKET',
      accountId: ACCOUNT,
      region: REGION,
      apiId,
      api: { name: 'chat', routeSelectionExpression: '$request.body.action', ...api },
      stage: { stageName: 'live', ...stage },
      deployment: {
        id: 'dep001',
        routes: keys.map((routeKey, i) => ({
          routeId: `r${i}`,
          routeKey,
          target: `integrations/i${i}`,
          ...more[routeKey],
        })),
        integrations: keys.map((routeKey, i) => ({
          integrationId: `i${i}`,
          integrationType: 'MOCK',
          ...routes[routeKey],
        })),
        ...deployment,
      },
    }),
  );
  return apiId;
}

/** Of a route whose backend's answer goes back. */
export const ANSWERS: Partial<PublishedWebSocketRoute> = {
  routeResponseSelectionExpression: '$default',
  routeResponses: [{ routeResponseKey: '$default' }],
};

export interface SocketClient {
  socket: WebSocket;
  messages: string[];
  closed: Promise<{ code: number; reason: string }>;
  next(): Promise<string>;
}

export interface OpenOptions {
  query?: string;
  headers?: Record<string, string>;
  protocols?: string[];
  /** in place of the API's name and stage */
  url?: string;
}

/** Connects; rejects with `status body` when the handshake is refused. */
export async function openSocket(
  server: GatewayServer,
  apiId: string,
  options: OpenOptions = {},
): Promise<SocketClient> {
  const { port } = server.platform.config;
  const url = options.url ?? `ws://127.0.0.1:${port}/live${options.query ?? ''}`;
  const host = options.url ? {} : { Host: `${apiId}.execute-api.${REGION}.localhost:${port}` };
  const socket = new WebSocket(url, options.protocols ?? [], { headers: { ...host, ...options.headers } });
  const messages: string[] = [];
  let taken = 0;
  socket.on('message', (data: Buffer) => messages.push(data.toString()));
  const closed = new Promise<{ code: number; reason: string }>((resolve) =>
    socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })),
  );
  await new Promise<void>((resolve, reject) => {
    socket.once('open', () => resolve());
    socket.once('unexpected-response', (_request, response) => {
      response.setEncoding('utf8');
      let body = '';
      response.on('data', (chunk: string) => (body += chunk));
      response.on('end', () => reject(new Error(`${response.statusCode} ${body}`)));
    });
    socket.once('error', reject);
  });
  socket.on('error', () => {});
  return {
    socket,
    messages,
    closed,
    async next() {
      await eventually(() => messages.length > taken);
      return messages[taken++]!;
    },
  };
}

/** The handshake was refused with this status. */
export const refusedWith = (status: number) => (error: Error) => error.message.startsWith(`${status} `);
