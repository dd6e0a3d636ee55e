// How long from saving a file until a call runs it?  node benchmarks/functions/save.ts [rounds]
// `gatehouse start` on a template with one function each in TypeScript, JavaScript and Python; the call is sent again and
// again until the answer is the new one. Goal: 300 ms.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';

const ROUNDS = Number(process.argv[2] ?? 20);
const MAIN = path.resolve(import.meta.dirname, '../../bin/gatehouse.js');
const root = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-save-'));
const TEMPLATE = `Transform: AWS::Serverless-2016-10-31
Globals: {Function: {Handler: app.handler, Timeout: 10}}
Resources:
  Typed: {Type: AWS::Serverless::Function, Properties: {FunctionName: ts, CodeUri: ts/, Runtime: nodejs22.x}}
  Plain: {Type: AWS::Serverless::Function, Properties: {FunctionName: js, CodeUri: js/, Runtime: nodejs22.x}}
  Snake: {Type: AWS::Serverless::Function, Properties: {FunctionName: py, CodeUri: py/, Runtime: python3.11}}
`;
const SOURCES: Record<string, (text: string) => string> = {
  ts: (text) => `export const handler = async (): Promise<string> => '${text}';`,
  js: (text) => `exports.handler = async () => '${text}';`,
  py: (text) => `def handler(event, context):\n    return '${text}'\n`,
};
const save = (file: string, text: string): void => {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
};

save('template.yaml', TEMPLATE);
for (const [name, code] of Object.entries(SOURCES)) save(`${name}/app.${name}`, code('0'));
const child = spawn(process.execPath, [MAIN, 'start', root, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
const endpoint = await new Promise<string>((resolve) => {
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    const found = /serves \S+ on (\S+)[^]*Ctrl-C/.exec(output)?.[1];
    if (found) resolve(found);
  });
});
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const lambda = new LambdaClient({ endpoint, region: 'us-east-1', credentials });
const call = async (FunctionName: string): Promise<unknown> =>
  JSON.parse((await lambda.send(new InvokeCommand({ FunctionName }))).Payload?.transformToString() ?? '');

for (const [name, code] of Object.entries(SOURCES)) {
  const taken: number[] = [];
  for (let round = -2; round < ROUNDS; round++) {
    const text = `round ${round}`;
    const started = performance.now();
    save(`${name}/app.${name}`, code(text));
    while ((await call(name)) !== text) await new Promise((resolve) => setTimeout(resolve, 2));
    if (round >= 0) taken.push(performance.now() - started);
  }
  taken.sort((a, b) => a - b);
  const at = (share: number): string => (taken[Math.floor((taken.length - 1) * share)] ?? 0).toFixed(0).padStart(5);
  console.log(`.${name}  p50 ${at(0.5)} ms  p90 ${at(0.9)} ms  max ${at(1)} ms`);
}
child.kill('SIGINT');
await new Promise((resolve) => child.once('exit', resolve));
rmSync(root, { recursive: true, force: true });
