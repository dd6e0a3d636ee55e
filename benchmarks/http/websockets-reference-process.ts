// The reference of websockets.ts: a bare `ws` server that knows its clients by id, and sends what is posted to one.
import { randomUUID } from 'node:crypto';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer, type WebSocket } from 'ws';
import { serveConnections } from './websockets-report.ts';

const clients = new Map<string, WebSocket>();
const server = http.createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    clients.get((request.url ?? '').slice(1))?.send(Buffer.concat(chunks).toString());
    response.end();
  });
});
new WebSocketServer({ server, perMessageDeflate: false, clientTracking: false }).on('connection', (client) => {
  const id = randomUUID();
  clients.set(id, client);
  client.on('message', () => client.send(id));
  client.on('close', () => clients.delete(id));
});
server.listen(0, '127.0.0.1', () => serveConnections((server.address() as AddressInfo).port));
