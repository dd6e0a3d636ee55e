// What API Gateway does before it asks a function, each against bare node:http in one run: a cached answer, authorizers whose
// answers are kept, keys, refusals, validation, and routes by the thousand. Functions are stubs.
//   node benchmarks/http/gateway-features.ts    ROUNDS=4 MS=1000 CONNECTIONS=64: a minute and a half
import { fileURLToPath } from 'node:url';
import { compareServers, type Variant } from './compare.ts';

process.env['ROUNDS'] ??= '4';
process.env['MS'] ??= '1000';
const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const COMMON = 'User-Agent: bench/1\r\nAccept: */*\r\nAccept-Encoding: gzip, deflate\r\n';
const body = '{"name":"Ann O\'Neil","age":30}';

const get = (apiId: string, path: string, more: (paths: Record<string, string>) => string = () => '') => ({
  args: [file('gateway-features-process.ts')],
  request: (port: number, paths: Record<string, string>): string =>
    `GET ${path} HTTP/1.1\r\nHost: ${apiId}.execute-api.us-east-1.localhost:${port}\r\n${COMMON}${more(paths)}\r\n`,
});
const REST = 'features01';
const variants: Variant[] = [
  {
    name: 'bare node:http',
    args: [file('bare-process.ts')],
    request: (port) => `GET /proxy HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n${COMMON}\r\n`,
  },
  { name: 'REST, Lambda proxy', ...get(REST, '/test/proxy?q=tea') },
  { name: 'REST, cached hit', ...get(REST, '/test/cached?q=tea') },
  {
    name: 'REST, Lambda authorizer from its cache',
    ...get(REST, '/test/guarded', () => 'Authorization: Bearer abc.def.ghi\r\n'),
  },
  {
    name: 'REST, API key, throttle and quota of a plan',
    ...get(REST, '/test/keyed', () => 'X-Api-Key: a-key-of-the-benchmark\r\n'),
  },
  { name: 'REST, throttled: refused', ...get(REST, '/test/throttled'), status: '429' },
  {
    name: 'REST, validation and mapping',
    args: [file('gateway-features-process.ts')],
    request: (port) =>
      `POST /test/mapped HTTP/1.1\r\nHost: ${REST}.execute-api.us-east-1.localhost:${port}\r\n${COMMON}` +
      `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  },
  {
    name: 'HTTP, JWT authorizer',
    ...get('tenroutes1', '/jwt', ({ token = '' }) => `Authorization: Bearer ${token}\r\n`),
  },
  { name: 'HTTP, 10 routes', ...get('tenroutes1', '/items/7/parts/9') },
  { name: 'HTTP, 10,000 routes', ...get('tenthousan', '/items/7/parts/9') },
];
await compareServers('API Gateway, features', variants);
