// Functions of the Java runtimes on this machine's JVM, through AWS's own runtime interface client.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import yazl from 'yazl';
import { startTestServer, type TestServer } from '../../harness.ts';
import { whyNoJava } from '../../java-machine.ts';
import { invoke, ROLE } from './fixture.ts';

const WRAPPER = '#!/bin/sh\nexport NAME="$NAME wrapped"\nexec "$@"\n';

async function pack(): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  archive.addBuffer(readFileSync(path.join(import.meta.dirname, 'java/Handler.class')), 'Handler.class');
  archive.addBuffer(Buffer.from(WRAPPER), 'wrapper', { mode: 0o100755 });
  archive.end();
  return Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
}

describe('a Java function', { skip: await whyNoJava() }, () => {
  let server: TestServer;
  let lambda: LambdaClient;
  before(async () => {
    server = await startTestServer();
    lambda = new LambdaClient(server.sdk);
    const ZipFile = await pack();
    const define = (FunctionName: string, Handler: string, variables: Record<string, string> = {}): Promise<unknown> =>
      lambda.send(
        new CreateFunctionCommand({
          FunctionName,
          Role: ROLE,
          Runtime: 'java8.al2',
          Handler,
          Code: { ZipFile },
          MemorySize: 512,
          Timeout: 20,
          Environment: { Variables: { NAME: 'value', ...variables } },
        }),
      );
    await define('java', 'Handler::handle');
    await define('upper', 'Handler::upper');
    await define('broken', 'Nobody::handle');
    await define('wrapped', 'Handler::handle', { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrapper' });
  });
  after(() => server.stop());

  test('takes a map and a context and answers a map; the instance stays', async () => {
    const first = await invoke(lambda, 'java', { do: 'echo', list: [1, 'zwei'] });
    assert.equal(first.error, undefined, JSON.stringify(first.result));
    assert.deepEqual(first.result, {
      event: { do: 'echo', list: [1, 'zwei'] },
      calls: 1,
      function: 'java',
      memory: 512,
      remaining: true,
      heap: true,
      variable: 'value',
      environment: 'AWS_Lambda_java8.al2',
    });
    assert.equal((await invoke(lambda, 'java', { do: 'echo' })).result.calls, 2);
  });

  test('takes a string', async () => {
    assert.equal((await invoke(lambda, 'upper', 'straße')).result, 'STRASSE');
  });

  test('answers what it throws with its class and stack trace, and writes it to the log', async () => {
    const Payload = JSON.stringify({ do: 'fail' });
    const answer = await lambda.send(new InvokeCommand({ FunctionName: 'java', Payload, LogType: 'Tail' }));
    const { errorType, errorMessage, stackTrace } = JSON.parse(answer.Payload?.transformToString() ?? '');
    assert.equal(answer.FunctionError, 'Unhandled');
    assert.deepEqual([errorType, errorMessage], ['java.lang.IllegalStateException', 'as asked']);
    assert.match(stackTrace[0], /^Handler\.handle\(Handler\.java:\d+\)$/);
    const log = Buffer.from(answer.LogResult ?? '', 'base64').toString();
    assert.match(log, /^START RequestId: .*\nasked to fail\nas asked: java\.lang\.IllegalStateException\njava\./);
    assert.match(log, /REPORT RequestId: /);
  });

  test('is started by its wrapper, once', async () => {
    assert.equal((await invoke(lambda, 'wrapped', { do: 'echo' })).result.variable, 'value wrapped');
  });

  test('reaches AWS’s names over TLS that it trusts', async () => {
    const url = 'https://lambda.us-east-1.amazonaws.com/2015-03-31/functions/';
    const { error, result } = await invoke(lambda, 'java', { do: 'fetch', url });
    assert.equal(error, undefined, JSON.stringify(result));
    assert.equal(result.status, 403);
  });

  test('that ends its JVM is started again', async () => {
    const ended = await invoke(lambda, 'java', { do: 'exit' });
    assert.equal(ended.result.errorType, 'Runtime.ExitError');
    assert.match(ended.result.errorMessage, /Runtime exited with error: exit status 3$/);
    assert.equal((await invoke(lambda, 'java', { do: 'echo' })).result.calls, 1);
  });

  test('whose class is not there says so', async () => {
    const { error, result } = await invoke(lambda, 'broken');
    assert.equal(error, 'Unhandled');
    assert.equal(result.errorType, 'java.lang.ClassNotFoundException');
    assert.match(result.errorMessage, /Nobody/);
  });
});
