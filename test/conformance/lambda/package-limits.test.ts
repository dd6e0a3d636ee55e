// What a package may weigh (docs: gettingstarted-limits), and what a burst above the concurrency hears.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  LambdaClient,
  PublishLayerVersionCommand,
  PutFunctionConcurrencyCommand,
  TooManyRequestsException,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import { ZipFile } from 'yazl';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction, invoke, zip } from './fixture.ts';

const MB = 1024 * 1024;
const UNZIPPED_BYTES_MAX = 262_144_000;
let server: TestServer;
let lambda: LambdaClient;
before(async () => {
  server = await startTestServer();
  lambda = new LambdaClient(server.sdk);
});
after(() => server.stop());

/** A package of this many zeros beside a handler: small as it lies there. */
async function zeros(bytes: number): Promise<Buffer> {
  const archive = new ZipFile();
  archive.addBuffer(Buffer.from('exports.handler = async () => 1;'), 'index.js');
  archive.addBuffer(Buffer.alloc(bytes), 'zeros', { compressionLevel: 1 });
  archive.end();
  return Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
}

const tooLarge = {
  name: 'InvalidParameterValueException',
  message: `Unzipped size must be smaller than ${UNZIPPED_BYTES_MAX} bytes`,
  $fault: 'client',
};

test('a zip of more than 50 MB is refused', async () => {
  await assert.rejects(createFunction(lambda, 'heavy', '', { Code: { ZipFile: Buffer.alloc(50 * MB + 1) } }), {
    name: 'InvalidParameterValueException',
    message: `Zipped size must be smaller than ${50 * MB} bytes`,
  });
});

test('a package of more than 250 MB unzipped is refused, as function, update and layer', async () => {
  const bomb = await zeros(UNZIPPED_BYTES_MAX);
  assert.ok(bomb.length < 2 * MB);
  await assert.rejects(createFunction(lambda, 'bomb', '', { Code: { ZipFile: bomb } }), tooLarge);
  await createFunction(lambda, 'light', 'exports.handler = async () => 0;');
  const update = new UpdateFunctionCodeCommand({ FunctionName: 'light', ZipFile: bomb });
  await assert.rejects(lambda.send(update), tooLarge);
  const layer = new PublishLayerVersionCommand({ LayerName: 'bomb', Content: { ZipFile: bomb } });
  await assert.rejects(lambda.send(layer), tooLarge);
  assert.equal((await invoke(lambda, 'light')).result, 0);
});

test('a function and its layers together are no more than 250 MB unzipped', async () => {
  const ZipFile = await zeros(UNZIPPED_BYTES_MAX - 100);
  const layer = await lambda.send(new PublishLayerVersionCommand({ LayerName: 'large', Content: { ZipFile } }));
  const handler = 'exports.handler = async () => 1;'.padEnd(200, ' ');
  const made = createFunction(lambda, 'combined', handler, { Layers: [layer.LayerVersionArn ?? ''] });
  await assert.rejects(made, {
    name: 'InvalidParameterValueException',
    message:
      'Function code combined with layers exceeds the maximum allowed size of 262144000 bytes. ' +
      `The actual size is ${UNZIPPED_BYTES_MAX - 100 + 32 + 200} bytes.`,
  });
});

test('names and links that lead out of a package are refused when the function is made', async () => {
  const good = await zip({ aaaaaaa: 'x', 'index.js': 'exports.handler = async () => 1;' });
  const slip = Buffer.from(good.toString('latin1').replaceAll('aaaaaaa', '../evil'), 'latin1');
  const archive = new ZipFile();
  archive.addBuffer(Buffer.from('exports.handler = async () => 1;'), 'index.js');
  archive.addBuffer(Buffer.from('/etc/passwd'), 'passwd', { mode: 0o120777 });
  archive.end();
  const link = Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
  for (const code of [slip, link]) {
    await assert.rejects(createFunction(lambda, 'slip', '', { Code: { ZipFile: code } }), {
      name: 'InvalidParameterValueException',
      message: 'Could not unzip uploaded file. Please check your file, then try to upload again.',
    });
  }
});

test('a burst above the reserved concurrency is throttled with the reason and when to come again', async () => {
  await createFunction(
    lambda,
    'busy',
    'exports.handler = () => new Promise((resolve) => setTimeout(resolve, 1500, 1));',
  );
  await lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'busy', ReservedConcurrentExecutions: 2 }));
  const settled = await Promise.allSettled(Array.from({ length: 12 }, () => invoke(lambda, 'busy')));
  const served = settled.filter(({ status }) => status === 'fulfilled').length;
  assert.ok(served >= 2 && served < 12, String(served));
  for (const each of settled) {
    if (each.status === 'fulfilled') continue;
    const error = each.reason as TooManyRequestsException;
    assert.ok(error instanceof TooManyRequestsException);
    assert.deepEqual(
      [error.message, error.Reason, error.retryAfterSeconds, error.Type, error.$metadata.httpStatusCode],
      ['Rate Exceeded.', 'ReservedFunctionConcurrentInvocationLimitExceeded', '1', 'User', 429],
    );
  }
});
