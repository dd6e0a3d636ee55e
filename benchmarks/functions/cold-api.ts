// How long is a cold start through the API, against `node -e 0` in the same run?  node benchmarks/functions/cold-api.ts [rounds]
// Each call is the first of new code: UpdateFunctionCode, a pause in which a spare boots, then Invoke by HTTP on a connection
// that is open. Goals: hello p50 3 ms and 0.15 x, p99 10 ms; Python 3 ms.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import { rootPrincipal } from '#core/principal.ts';
import { nodeBinary } from '#functions/runtimes.ts';
import { startServer } from '#server/index.ts';
import { zip } from '../../test/sandbox/pool-fixture.ts';
import { compare, time } from './rounds.ts';

const ROUNDS = Number(process.argv[2] ?? 40);
const SPARE_WAIT_MS = 300;
const { platform, endpoint, stop } = await startServer({ config: { port: 0 }, warn: () => {} });
const { defaultAccountId: accountId, defaultRegion: region } = platform.config;
const call = (operation: string, input: object): Promise<unknown> =>
  platform.call('lambda', operation as never, input as never, { as: rootPrincipal(accountId), accountId, region });

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
const now = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
const headers = {
  'X-Amz-Date': now,
  Authorization: `AWS4-HMAC-SHA256 Credential=bench/${now.slice(0, 8)}/us-east-1/lambda/aws4_request, SignedHeaders=host;x-amz-date, Signature=0`,
};

function invoke(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const url = `${endpoint}/2015-03-31/functions/${name}/invocations`;
    const request = http.request(url, { agent, method: 'POST', headers }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => resolve(text));
    });
    request.on('error', reject);
    request.end('{}');
  });
}

/** A function whose answer is the round: an old one cannot be taken for a new one. */
async function define(
  name: string,
  runtime: string,
  file: string,
  source: (n: number) => string,
): Promise<() => Promise<number>> {
  let round = 0;
  const code = (): Promise<Buffer> => zip({ [file]: source(++round) });
  const settings = {
    FunctionName: name,
    Runtime: runtime,
    Handler: 'index.handler',
    Role: `arn:aws:iam::${accountId}:role/r`,
  };
  await call('CreateFunction', { ...settings, Code: { ZipFile: await code() } });
  return async () => {
    await call('UpdateFunctionCode', { FunctionName: name, ZipFile: await code() });
    await new Promise((resolve) => setTimeout(resolve, SPARE_WAIT_MS));
    let answer = '';
    const taken = await time(async () => (answer = await invoke(name)));
    if (answer !== String(round)) throw new Error(`${name} answered ${answer} in round ${round}`);
    return taken;
  };
}

const variants: Record<string, () => Promise<number>> = {
  'node -e 0': () => time(() => once(spawn(nodeBinary(), ['-e', '0'], { stdio: 'ignore' }), 'exit')),
  'hello, by the API': await define('js', 'nodejs24.x', 'index.js', (n) => `exports.handler = async () => ${n};`),
  'hello ESM, by the API': await define(
    'esm',
    'nodejs24.x',
    'index.mjs',
    (n) => `export const handler = async () => ${n};`,
  ),
  'Python, by the API': await define(
    'py',
    'python3.11',
    'index.py',
    (n) => `def handler(event, context):\n    return ${n}\n`,
  ),
};
console.log(`Node ${process.version}, ${process.arch}, ${ROUNDS} rounds`);
for (const line of await compare(variants, ROUNDS)) console.log(line);
console.log('goals: hello p50 3 ms and 0.15 x, p99 10 ms; Python 3 ms');
agent.destroy();
await stop();
