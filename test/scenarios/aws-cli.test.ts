// The AWS CLI packages, deploys and uses the example, as somebody would who has never heard of us.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { eventually, startTestServer, type TestServer } from '../harness.ts';
import { pythonClients } from '../python-clients.ts';

const run = promisify(execFile);
const TEMPLATE = path.resolve(import.meta.dirname, '../../examples/contact-us/template.yaml');
let server: TestServer;
let bin: string | undefined;
let scratch: string;
before(async () => {
  bin = await pythonClients();
  server = await startTestServer();
  scratch = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-cli-'));
});
after(async () => {
  await server.stop();
  rmSync(scratch, { recursive: true });
});

async function aws(...args: string[]): Promise<string> {
  const { stdout } = await run(path.join(bin ?? '', 'python'), [path.join(bin ?? '', 'aws'), ...args], {
    cwd: scratch,
    env: {
      PATH: process.env['PATH'],
      HOME: scratch,
      AWS_ACCESS_KEY_ID: '111122223333',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_DEFAULT_REGION: 'eu-central-1',
      // not --endpoint-url: 'package' makes an S3 client of its own that does not hear of it
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  return stdout;
}

test('the AWS CLI packages and deploys a SAM template, invokes its function and reads its log', async (t) => {
  if (bin === undefined) return t.skip('no Python on this machine');
  const identity = JSON.parse(await aws('sts', 'get-caller-identity')) as { Account: string };
  assert.equal(identity.Account, '111122223333');
  await aws('s3', 'mb', 's3://packages-of-the-cli');
  const packaged = path.join(scratch, 'packaged.yaml');
  await aws(
    'cloudformation',
    'package',
    '--template-file',
    TEMPLATE,
    '--s3-bucket',
    'packages-of-the-cli',
    '--output-template-file',
    packaged,
  );
  assert.match(readFileSync(packaged, 'utf8'), /CodeUri: s3:\/\/packages-of-the-cli\//);
  await aws(
    'cloudformation',
    'deploy',
    '--template-file',
    packaged,
    '--stack-name',
    'contact',
    '--capabilities',
    'CAPABILITY_IAM',
    'CAPABILITY_AUTO_EXPAND',
  );

  const { Stacks } = JSON.parse(await aws('cloudformation', 'describe-stacks', '--stack-name', 'contact')) as {
    Stacks: { StackStatus: string; Outputs: { OutputKey: string; OutputValue: string }[] }[];
  };
  assert.equal(Stacks[0]?.StackStatus, 'CREATE_COMPLETE');
  const url = Stacks[0]?.Outputs.find((output) => output.OutputKey === 'SendEmailUrl')?.OutputValue ?? '';
  assert.match(url, /^https:\/\/[a-z0-9]{10}\.execute-api\.eu-central-1\.amazonaws\.com\/test\/sendEmail$/);

  const resources = JSON.parse(await aws('cloudformation', 'describe-stack-resources', '--stack-name', 'contact')) as {
    StackResources: { LogicalResourceId: string; PhysicalResourceId: string }[];
  };
  const physical = (id: string): string =>
    resources.StackResources.find((each) => each.LogicalResourceId === id)?.PhysicalResourceId ?? '';

  writeFileSync(
    path.join(scratch, 'event.json'),
    JSON.stringify({ fullname: 'Ann', emailid: 'ann@example.com', company: 'ACME' }),
  );
  await aws(
    'lambda',
    'invoke',
    '--function-name',
    physical('SendEmail'),
    '--payload',
    'file://event.json',
    'answer.json',
  );
  assert.equal(
    (JSON.parse(readFileSync(path.join(scratch, 'answer.json'), 'utf8')) as { status: string }).status,
    'sent',
  );
  await eventually(async () =>
    (await aws('logs', 'filter-log-events', '--log-group-name', `/aws/lambda/${physical('SendEmail')}`)).includes(
      'Received event',
    ),
  );

  writeFileSync(path.join(scratch, 'index.html'), '<h1>from the CLI</h1>');
  await aws('s3', 'cp', 'index.html', `s3://${physical('Site')}/index.html`);
  const page = await fetch(`${server.endpoint}/_aws/s3-website/${physical('Site')}/`);
  assert.equal(await page.text(), '<h1>from the CLI</h1>');

  const api = new URL(url).hostname.split('.')[0];
  const sent = await fetch(`${server.endpoint}/_aws/execute-api/${api}/test/sendEmail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"fullname":"Bob","emailid":"bob@example.com"}',
  });
  assert.equal(sent.status, 200);

  await aws('s3', 'rm', '--recursive', `s3://${physical('Site')}`);
  await aws('cloudformation', 'delete-stack', '--stack-name', 'contact');
  await aws('cloudformation', 'wait', 'stack-delete-complete', '--stack-name', 'contact');
  await assert.rejects(
    aws('lambda', 'get-function', '--function-name', physical('SendEmail')),
    /ResourceNotFoundException/,
  );
});
