// `gatehouse start` while somebody writes functions: what is saved is what the next call runs, in each language.
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { eventually } from '../harness.ts';

const MAIN = path.resolve(import.meta.dirname, '../../bin/gatehouse.js');
const root = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-reload-'));
const TEMPLATE = `Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Handler: app.handler, Timeout: 10}}
Resources:
  Typed: {Type: AWS::Serverless::Function, Properties: {FunctionName: typed, CodeUri: typed/, Runtime: nodejs22.x}}
  Plain: {Type: AWS::Serverless::Function, Properties: {FunctionName: plain, CodeUri: plain/, Runtime: nodejs22.x}}
  Snake: {Type: AWS::Serverless::Function, Properties: {FunctionName: snake, CodeUri: snake/, Runtime: python3.11}}
  Built:
    Type: AWS::Serverless::Function
    Metadata: {BuildMethod: esbuild, BuildProperties: {EntryPoints: [src/app.ts], Minify: true, Sourcemap: true}}
    Properties: {FunctionName: built, CodeUri: built/, Runtime: nodejs22.x}
`;
const SOURCES: Record<string, { file: string; code: (text: string) => string }> = {
  typed: {
    file: 'typed/app.ts',
    code: (text) =>
      `import { shared } from '../common/shared';\n\nexport const handler = async (event: { fail?: boolean }): Promise<string> => {\n  if (event.fail) throw new Error('typed');\n  return shared('${text}');\n};\n`,
  },
  plain: { file: 'plain/app.js', code: (text) => `exports.handler = async () => '${text}';` },
  snake: { file: 'snake/app.py', code: (text) => `def handler(event, context):\n    return '${text}'\n` },
  built: {
    file: 'built/src/app.ts',
    code: (text) =>
      `interface Failing { fail?: boolean }\n\nconst text: string = '${text}';\nexport const handler = async ({ fail }: Failing): Promise<string> => {\n  if (fail) throw new Error('built');\n  return text;\n};\n`,
  },
};
const save = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};
const SHARED = 'export const shared = (text: string): string => text;\n';

let child: ChildProcess;
let output = '';
let lambda: LambdaClient;

before(async () => {
  save('template.yaml', TEMPLATE);
  save('common/shared.ts', SHARED);
  for (const { file, code } of Object.values(SOURCES)) save(file, code('first'));
  child = spawn(process.execPath, [MAIN, 'start', root, '--port', '0', '--memory'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const banner = await eventually(() => /serves \S+ on (\S+)[^]*Ctrl-C/.exec(output), 30_000);
  lambda = new LambdaClient({
    endpoint: banner[1] ?? '',
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
});
after(async () => {
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGINT');
  await gone;
  rmSync(root, { recursive: true, force: true });
});

async function call(FunctionName: string, event: object = {}): Promise<any> {
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }));
  return JSON.parse(Payload?.transformToString() ?? '');
}

for (const [name, { file, code }] of Object.entries(SOURCES)) {
  test(`saving ${path.basename(file)} of ${name} changes what the next call runs`, async () => {
    assert.equal(await call(name), 'first');
    save(file, code('second'));
    await eventually(async () => (await call(name)) === 'second');
  });
}

test('saving a file outside the folder that a bundle took in changes the bundle', async () => {
  save('common/shared.ts', SHARED.replace('=> text', "=> text + '!'"));
  await eventually(async () => (await call('typed')) === 'second!');
});

test('a stack trace names the lines of the TypeScript, in a minified bundle too', async () => {
  const typed = await call('typed', { fail: true });
  assert.match(typed.trace[1], /\/var\/task\/app\.ts:4:/);
  const built = await call('built', { fail: true });
  assert.match(built.trace[1], /src\/app\.ts:5:/);
});

test('code that cannot be bundled leaves the version before, and says why', async () => {
  output = '';
  save('typed/app.ts', "import { x } from './gone';\nexport const handler = async () => x;\n");
  await eventually(() => /Typed: esbuild could not bundle it[^]*The version before goes on/.test(output));
  assert.equal(await call('typed'), 'second!');
  save('typed/app.ts', SOURCES['typed']?.code('third') ?? '');
  await eventually(async () => (await call('typed')) === 'third!');
});
