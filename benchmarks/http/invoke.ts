// A warm Invoke through the API and a function URL against bare node:http, in one run, with a real sandbox.
// CPU is that of the whole process tree, sandboxes included.
//   node benchmarks/http/invoke.ts        ROUNDS=5 MS=2000 CONNECTIONS=64
import { fileURLToPath } from 'node:url';
import { compareServers, type Variant } from './compare.ts';

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const COMMON = 'User-Agent: bench/1\r\nAccept: */*\r\n';
const event = '{"name":"world"}';
const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
const day = now.slice(0, 8);
const SIGNED =
  `X-Amz-Date: ${now}\r\nAuthorization: AWS4-HMAC-SHA256 Credential=bench/${day}/us-east-1/lambda/aws4_request, ` +
  'SignedHeaders=host;x-amz-date, Signature=0\r\n';

const post = (port: number, path: string, more = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${COMMON}${more}Content-Type: application/json\r\n` +
  `Content-Length: ${event.length}\r\n\r\n${event}`;

const variants: Variant[] = [
  { name: 'bare node:http', args: [file('bare-process.ts')], request: (port) => post(port, '/hello') },
  {
    name: 'Invoke',
    args: [file('application-process.ts')],
    request: (port) => post(port, '/2015-03-31/functions/hello/invocations', SIGNED),
  },
  {
    name: 'function URL',
    args: [file('application-process.ts')],
    request: (port, paths) => post(port, paths['url'] ?? '/'),
  },
];
await compareServers('Lambda', variants);
