// The reference: what node:http does at least for such an answer.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { serveBenchmark } from './compare.ts';

const body = JSON.stringify({ hello: 'world' });
const server = http.createServer((request, response) => {
  request.resume();
  response.writeHead(200, ['Content-Type', 'application/json', 'Content-Length', String(body.length)]);
  response.end(body);
});
server.listen(0, '127.0.0.1', () => serveBenchmark((server.address() as AddressInfo).port));
