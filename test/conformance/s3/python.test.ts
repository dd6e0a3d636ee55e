// The AWS CLI and boto3 as users have them.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';
import { startTestServer } from '../../harness.ts';
import { bucketName } from './fixture.ts';
import { pythonClients } from '../../python-clients.ts';

const run = promisify(execFile);
const bin = await pythonClients();
const skip = bin === undefined && 'there is no python3 with venv';
const server = await startTestServer();
const folder = mkdtempSync(path.join(tmpdir(), 's3-python-'));
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});
const env = {
  PATH: process.env['PATH'],
  HOME: folder,
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_ENDPOINT_URL: server.endpoint,
};
const python = async (...args: string[]): Promise<string> =>
  (await run(path.join(bin ?? '', 'python'), args, { env, cwd: folder })).stdout;
const aws = (...args: string[]): Promise<string> => python('-m', 'awscli', ...args);

test('aws s3 copies large files both ways, syncs folders and empties buckets', { skip }, async () => {
  const bucket = `s3://${bucketName()}`;
  const bytes = randomBytes(20 * 1024 * 1024); // above the CLI's multipart threshold
  writeFileSync(path.join(folder, 'large'), bytes);
  await aws('s3', 'mb', bucket);
  await aws('s3', 'cp', 'large', `${bucket}/dir/large`, '--no-progress');
  await aws('s3', 'cp', `${bucket}/dir/large`, 'back', '--no-progress');
  assert.equal(Buffer.compare(readFileSync(path.join(folder, 'back')), bytes), 0);
  mkdirSync(path.join(folder, 'site', 'sub'), { recursive: true });
  writeFileSync(path.join(folder, 'site', 'index.html'), 'home');
  writeFileSync(path.join(folder, 'site', 'sub', 'a b+ü.txt'), 'x');
  // S3 keeps whole seconds: a file of this second would look newer than its copy.
  for (const name of ['index.html', 'sub/a b+ü.txt'])
    utimesSync(path.join(folder, 'site', name), 1_000_000_000, 1_000_000_000);
  await aws('s3', 'sync', 'site', `${bucket}/site`, '--no-progress');
  assert.equal(await aws('s3', 'sync', 'site', `${bucket}/site`, '--no-progress'), '');
  const listed = await aws('s3', 'ls', bucket, '--recursive');
  assert.deepEqual(
    listed
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(20).trimStart()),
    ['20971520 dir/large', '4 site/index.html', '1 site/sub/a b+ü.txt'],
  );
  await aws('s3', 'mv', `${bucket}/dir/large`, `${bucket}/moved`, '--no-progress');
  await aws('s3', 'rb', bucket, '--force');
  assert.equal(await aws('s3', 'ls'), '');
});

test('aws s3api prints what S3 answers', { skip }, async () => {
  const bucket = bucketName();
  writeFileSync(path.join(folder, 'small'), 'hello');
  await aws('s3api', 'create-bucket', '--bucket', bucket);
  const put = JSON.parse(await aws('s3api', 'put-object', '--bucket', bucket, '--key', 'k', '--body', 'small')) as {
    ETag: string;
  };
  assert.equal(put.ETag, `"${createHash('md5').update('hello').digest('hex')}"`);
  const { Contents } = JSON.parse(await aws('s3api', 'list-objects-v2', '--bucket', bucket)) as {
    Contents: { Key: string }[];
  };
  assert.deepEqual(
    Contents.map(({ Key }) => Key),
    ['k'],
  );
  await assert.rejects(
    aws('s3api', 'get-object', '--bucket', bucket, '--key', 'none', 'out'),
    /An error occurred \(NoSuchKey\) when calling the GetObject operation: The specified key does not exist\./,
  );
  await aws('s3api', 'wait', 'object-exists', '--bucket', bucket, '--key', 'k');
});

const BOTO3 = `
import boto3, io, sys, urllib.request
from botocore.client import Config
from botocore.exceptions import ClientError
bucket = sys.argv[1]
s3 = boto3.client('s3')
s3.create_bucket(Bucket=bucket)
body = bytes(range(256)) * 40000
s3.upload_fileobj(io.BytesIO(body), bucket, 'dir/large', ExtraArgs={'Metadata': {'a': '1'}})
out = io.BytesIO()
s3.download_fileobj(bucket, 'dir/large', out)
assert out.getvalue() == body
for key in ['a b', 'x+y', 'ü']:
    s3.put_object(Bucket=bucket, Key=key, Body=b'x')
keys = [o['Key'] for page in s3.get_paginator('list_objects_v2').paginate(Bucket=bucket, PaginationConfig={'PageSize': 1}) for o in page['Contents']]
assert keys == ['a b', 'dir/large', 'x+y', 'ü'], keys
for version in ['s3v4', 's3']:
    signer = boto3.client('s3', config=Config(signature_version=version))
    url = signer.generate_presigned_url('get_object', Params={'Bucket': bucket, 'Key': 'a b'})
    assert urllib.request.urlopen(url).read() == b'x', version
try:
    s3.put_object(Bucket=bucket, Key='a b', Body=b'y', IfNoneMatch='*')
    raise SystemExit('not refused')
except ClientError as error:
    assert error.response['Error']['Code'] == 'PreconditionFailed', error.response
boto3.resource('s3').Bucket(bucket).objects.all().delete()
s3.delete_bucket(Bucket=bucket)
try:
    s3.head_bucket(Bucket=bucket)
    raise SystemExit('not gone')
except ClientError as error:
    assert error.response['Error']['Code'] == '404', error.response
post = s3.generate_presigned_post('some-bucket', 'k', Conditions=[['content-length-range', 1, 10]])
print('done', sorted(post['fields']))
`;

test('boto3 transfers, pages, presigns and deletes', { skip }, async () => {
  const out = await python('-c', BOTO3, bucketName());
  assert.match(out, /^done/);
});
