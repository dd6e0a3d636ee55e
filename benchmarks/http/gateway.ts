// A warm request through a REST and an HTTP API against bare node:http, in one run. The function is a stub: what is measured
// is listener, front, route, throttle, event and answer.
//   node benchmarks/http/gateway.ts            ROUNDS=5 MS=2000 CONNECTIONS=64
import { fileURLToPath } from 'node:url';
import { compareServers, type Variant } from './compare.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const COMMON = 'User-Agent: bench/1\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\nX-Custom: value\r\n';
const host = (apiId: string, port: number): string => `${apiId}.execute-api.us-east-1.localhost:${port}`;
const body = '{"name":"Ann O\'Neil","age":30}';

const variants: Variant[] = [
  {
    name: 'bare node:http',
    args: [file('bare-process.ts')],
    request: (port) => `GET /proxy/1 HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${COMMON}\r\n`,
  },
  {
    name: 'HTTP API, Lambda proxy 2.0',
    args: [file('gateway-process.ts')],
    request: (port) => `GET /proxy/1?a=b HTTP/1.1\r\nHost: ${host('httpapi001', port)}\r\n${COMMON}\r\n`,
  },
  {
    name: 'REST API, Lambda proxy',
    args: [file('gateway-process.ts')],
    request: (port) => `GET /test/proxy/1?a=b HTTP/1.1\r\nHost: ${host('restapi001', port)}\r\n${COMMON}\r\n`,
  },
  {
    name: 'REST API, validation and mapping',
    args: [file('gateway-process.ts')],
    request: (port) =>
      `POST /test/mapped HTTP/1.1\r\nHost: ${host('restapi001', port)}\r\n${COMMON}Content-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`,
  },
];
await compareServers('API Gateway', variants);
