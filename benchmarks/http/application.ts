// A warm request all the way: listener, API Gateway, Lambda, a real sandbox, and back, against bare node:http in one run.
// CPU is that of the whole process tree, sandboxes included.
//   node benchmarks/http/application.ts        ROUNDS=5 MS=2000 CONNECTIONS=64
import { fileURLToPath } from 'node:url';
import { compareServers, type Variant } from './compare.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const COMMON = 'User-Agent: bench/1\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n';
const event = '{"name":"world"}';
const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
const INVOKE = '/2015-03-31/functions/hello/invocations';

const variants: Variant[] = [
  {
    name: 'bare node:http',
    args: [file('bare-process.ts')],
    request: (port) => `GET /hello HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${COMMON}\r\n`,
  },
  {
    name: 'HTTP API, Lambda proxy 2.0',
    args: [file('application-process.ts')],
    request: (port, paths) => `GET ${paths['http']} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${COMMON}\r\n`,
  },
  {
    name: 'REST API, Lambda proxy',
    args: [file('application-process.ts')],
    request: (port, paths) => `GET ${paths['rest']} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${COMMON}\r\n`,
  },
  {
    name: 'Lambda Invoke by the API',
    args: [file('application-process.ts')],
    request: (port) =>
      `POST ${INVOKE} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${COMMON}Content-Length: ${event.length}\r\n` +
      `X-Amz-Date: ${now}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=bench/${now.slice(0, 8)}/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=0\r\n\r\n${event}`,
  },
];
await compareServers('Whole application', variants);
