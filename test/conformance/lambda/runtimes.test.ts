// Runtimes that this machine does not run are refused when a function is to have them, in the words of `gatehouse doctor`.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateFunctionCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  type Runtime,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { listRuntimes } from '#functions/index.ts';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, ROLE, zip } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

const NOT_STARTED: Runtime[] = ['ruby3.4', 'dotnet8'];

test('doctor lists every runtime, and a remedy for each that is there to be had', async () => {
  const checks = await listRuntimes();
  for (const name of ['python3.12', 'java21', ...NOT_STARTED]) {
    assert.ok(
      checks.some(({ check }) => check === `runtime ${name}`),
      name,
    );
  }
  for (const { check, ok, detail, remedy } of checks) {
    assert.ok(ok || remedy !== undefined || /container image|bootstrap/.test(detail), check);
  }
});

for (const runtime of NOT_STARTED) {
  test(`CreateFunction and UpdateFunctionConfiguration refuse ${runtime} and say what helps`, async () => {
    const words = (await listRuntimes()).find(({ check }) => check === `runtime ${runtime}`)?.detail;
    const refusal = { name: 'InvalidParameterValueException', message: words };
    const Code = { ZipFile: await zip({ f: 'x' }) };
    const FunctionName = `refused-${runtime.replace('.', '-')}`;
    const create = new CreateFunctionCommand({ FunctionName, Role: ROLE, Runtime: runtime, Handler: 'f.f', Code });
    await assert.rejects(lambda.send(create), refusal);
    await assert.rejects(lambda.send(new GetFunctionConfigurationCommand({ FunctionName })), {
      name: 'ResourceNotFoundException',
    });
    await createFunction(lambda, FunctionName, 'exports.handler = async () => 1');
    const update = new UpdateFunctionConfigurationCommand({ FunctionName, Runtime: runtime });
    await assert.rejects(lambda.send(update), refusal);
    const { Runtime: kept } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    assert.equal(kept, 'nodejs22.x');
  });
}
