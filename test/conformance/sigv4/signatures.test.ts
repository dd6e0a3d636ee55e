// Requests with issued keys: what is signed is verified, and every way to sign wrong is answered in AWS's words.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFile, stat, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  ListUsersCommand,
  UpdateAccessKeyCommand,
} from '@aws-sdk/client-iam';
import { LambdaClient, ListFunctionsCommand } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import type { AwsCredentialIdentity } from '@smithy/types';
import { ChunkSignatures } from '#protocol/sigv4.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { startTestServer, type TestServer } from '../../harness.ts';

const ACCOUNT = '000000000000';
let dataDir: string;
let server: TestServer;
/** the root user's, as the file has them */
let credentials: { accessKeyId: string; secretAccessKey: string };

const textOf = (text: string, name: string): string => new RegExp(`^${name} = (.+)$`, 'm').exec(text)?.[1] ?? '';

before(async () => {
  dataDir = await mkdtemp(path.join(tmpdir(), 'gatehouse-sigv4-'));
  server = await startTestServer({ config: { mode: 'serve', iam: 'enforce', dataDir } });
  const file = await readFile(path.join(dataDir, 'root-credentials'), 'utf8');
  credentials = {
    accessKeyId: textOf(file, 'aws_access_key_id'),
    secretAccessKey: textOf(file, 'aws_secret_access_key'),
  };
});
after(async () => {
  await server?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const sdk = (
  change: Partial<Omit<TestServer['sdk'], 'credentials'>> & { credentials?: AwsCredentialIdentity } = {},
) => ({
  ...server.sdk,
  credentials,
  ...change,
});

async function refusal(
  sending: Promise<unknown>,
): Promise<{ name: string; message: string; $metadata: { httpStatusCode?: number } }> {
  try {
    await sending;
  } catch (error) {
    return error as never;
  }
  return assert.fail('it was accepted');
}

test('the first start of serve leaves the root key in a file that only its owner reads', async () => {
  const file = path.join(dataDir, 'root-credentials');
  assert.equal((await stat(file)).mode & 0o777, 0o600);
  assert.match(
    await readFile(file, 'utf8'),
    /^\[default\]\naws_access_key_id = AKIA[A-Z2-7]{16}\naws_secret_access_key = \S{40}\n/,
  );
  const identity = await new STSClient(sdk()).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Arn, `arn:aws:iam::${ACCOUNT}:root`);
  assert.equal(identity.UserId, ACCOUNT);
});

test('serve knows issued keys only', async () => {
  const unknown = { credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const of = async (client: { send: (command: any) => Promise<unknown> }, command: unknown) => {
    const { name, message, $metadata } = await refusal(client.send(command));
    return [name, message, $metadata.httpStatusCode];
  };
  const invalid = 'The security token included in the request is invalid.';
  assert.deepEqual(await of(new IAMClient(sdk(unknown)), new ListUsersCommand({})), [
    'InvalidClientTokenId',
    invalid,
    403,
  ]);
  assert.deepEqual(await of(new CloudWatchLogsClient(sdk(unknown)), new DescribeLogGroupsCommand({})), [
    'UnrecognizedClientException',
    invalid,
    400,
  ]);
  assert.deepEqual(await of(new LambdaClient(sdk(unknown)), new ListFunctionsCommand({})), [
    'UnrecognizedClientException',
    invalid,
    403,
  ]);
  assert.deepEqual(await of(new S3Client(sdk(unknown)), new GetObjectCommand({ Bucket: 'b', Key: 'k' })), [
    'InvalidAccessKeyId',
    'The AWS Access Key Id you provided does not exist in our records.',
    403,
  ]);
});

test('a wrong secret does not match, in every protocol', async () => {
  const wrong = { credentials: { ...credentials, secretAccessKey: 'wrong' } };
  const query = await refusal(new IAMClient(sdk(wrong)).send(new ListUsersCommand({})));
  assert.deepEqual([query.name, query.$metadata.httpStatusCode], ['SignatureDoesNotMatch', 403]);
  assert.match(
    query.message,
    /^The request signature we calculated does not match .*The Canonical String for this request should have been\n'POST\n\/\n/s,
  );
  const json = await refusal(new CloudWatchLogsClient(sdk(wrong)).send(new DescribeLogGroupsCommand({})));
  assert.deepEqual([json.name, json.$metadata.httpStatusCode], ['InvalidSignatureException', 400]);
  const rest = await refusal(new LambdaClient(sdk(wrong)).send(new ListFunctionsCommand({})));
  assert.deepEqual([rest.name, rest.$metadata.httpStatusCode], ['InvalidSignatureException', 403]);
  const s3 = await refusal(new S3Client(sdk(wrong)).send(new GetObjectCommand({ Bucket: 'b', Key: 'k' })));
  assert.deepEqual([s3.name, s3.$metadata.httpStatusCode], ['SignatureDoesNotMatch', 403]);
});

test('requests without signature: only S3 takes them, as anonymous', async () => {
  const logs = await fetch(server.endpoint, {
    method: 'POST',
    headers: { 'x-amz-target': 'Logs_20140328.DescribeLogGroups', 'content-type': 'application/x-amz-json-1.1' },
    body: '{}',
  });
  assert.equal(logs.status, 400);
  assert.match(await logs.text(), /MissingAuthenticationTokenException.*Request is missing Authentication Token/s);
  const sts = await fetch(`${server.endpoint}/?Action=GetCallerIdentity&Version=2011-06-15`);
  assert.equal(sts.status, 403);
  assert.match(
    await sts.text(),
    /<Code>MissingAuthenticationToken<\/Code><Message>Request is missing Authentication Token<\/Message>/,
  );
  const lambda = await fetch(`${server.endpoint}/2015-03-31/functions/`);
  assert.equal(lambda.status, 403);
  assert.match(await lambda.text(), /Missing Authentication Token/);
});

test('an inactive key is unknown', async () => {
  const iam = new IAMClient(sdk());
  await iam.send(new CreateUserCommand({ UserName: 'sleeper' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'sleeper' }));
  const own = sdk({
    credentials: { accessKeyId: AccessKey!.AccessKeyId!, secretAccessKey: AccessKey!.SecretAccessKey! },
  });
  const identity = await new STSClient(own).send(new GetCallerIdentityCommand({}));
  assert.equal(identity.Arn, `arn:aws:iam::${ACCOUNT}:user/sleeper`);
  await iam.send(
    new UpdateAccessKeyCommand({ UserName: 'sleeper', AccessKeyId: AccessKey!.AccessKeyId, Status: 'Inactive' }),
  );
  assert.equal((await refusal(new STSClient(own).send(new GetCallerIdentityCommand({})))).name, 'InvalidClientTokenId');
});

test('temporary credentials need their token', async () => {
  const { Credentials } = await new STSClient(sdk()).send(new GetSessionTokenCommand({}));
  const {
    AccessKeyId: accessKeyId = '',
    SecretAccessKey: secretAccessKey = '',
    SessionToken: sessionToken = '',
  } = Credentials ?? {};
  const whole = { accessKeyId, secretAccessKey, sessionToken };
  assert.equal(
    (await new STSClient(sdk({ credentials: whole })).send(new GetCallerIdentityCommand({}))).Account,
    ACCOUNT,
  );
  const without = await refusal(
    new STSClient(sdk({ credentials: { accessKeyId, secretAccessKey } })).send(new GetCallerIdentityCommand({})),
  );
  assert.equal(without.name, 'InvalidClientTokenId');
  const other = await refusal(
    new S3Client(sdk({ credentials: { ...whole, sessionToken: 'other' } })).send(
      new GetObjectCommand({ Bucket: 'b', Key: 'k' }),
    ),
  );
  assert.equal(other.name, 'InvalidToken');
});

test("S3: plain, streamed and odd-named objects pass with the SDK's signatures", async () => {
  const s3 = new S3Client(sdk());
  await s3.send(new CreateBucketCommand({ Bucket: 'signed' }));
  const key = "a b/ü!'()*~+&=@:,;$#?.txt";
  await s3.send(new PutObjectCommand({ Bucket: 'signed', Key: key, Body: 'text', Metadata: { name: 'x  y' } }));
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket: 'signed', Key: key }))).ContentLength, 4);
  const body = Readable.from([Buffer.alloc(70_000, 'a'), Buffer.alloc(70_000, 'b')]);
  await s3.send(new PutObjectCommand({ Bucket: 'signed', Key: 'stream', Body: body, ContentLength: 140_000 }));
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket: 'signed', Key: 'stream' }))).ContentLength, 140_000);
});

test("S3: presigned URLs, theirs and nobody else's", async () => {
  const s3 = new S3Client(sdk());
  await s3.send(new CreateBucketCommand({ Bucket: 'presigned' }));
  const put = await getSignedUrl(s3, new PutObjectCommand({ Bucket: 'presigned', Key: 'k' }));
  assert.equal((await fetch(put, { method: 'PUT', body: 'text' })).status, 200);
  const get = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'presigned', Key: 'k' }));
  assert.equal(await (await fetch(get)).text(), 'text');
  const moved = await fetch(get.replace('/k?', '/other?'));
  assert.equal(moved.status, 403);
  assert.match(await moved.text(), /<Code>SignatureDoesNotMatch<\/Code>.*<CanonicalRequest>GET/s);
  const deleted = await fetch(get, { method: 'DELETE' });
  assert.equal(deleted.status, 403);
  const late = await getSignedUrl(s3, new GetObjectCommand({ Bucket: 'presigned', Key: 'k' }), {
    expiresIn: 1,
    signingDate: new Date(Date.now() - 60_000),
  });
  const expired = await fetch(late);
  assert.equal(expired.status, 403);
  assert.match(await expired.text(), /<Code>AccessDenied<\/Code><Message>Request has expired<\/Message>/);
});

/** PUT with signed chunks, as the SDKs for Java and C++ send it over plain HTTP. */
async function putSignedChunks(bucket: string, key: string, chunks: Buffer[], tamper?: (signature: string) => string) {
  const host = new URL(server.endpoint).host;
  const headers = signRequest(
    {
      method: 'PUT',
      target: `/${bucket}/${key}`,
      headers: {
        host,
        'content-encoding': 'aws-chunked',
        'x-amz-decoded-content-length': String(chunks.reduce((sum, chunk) => sum + chunk.length, 0)),
      },
      payload: 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD',
    },
    { credentials, region: 'us-east-1', service: 's3', now: Date.now() },
  );
  const amzDate = headers['x-amz-date'] as string;
  const signatures = new ChunkSignatures({
    secretAccessKey: credentials.secretAccessKey,
    scope: { date: amzDate.slice(0, 8), region: 'us-east-1', service: 's3' },
    amzDate,
    signature: (headers['authorization'] as string).slice(-64),
  });
  const parts = [...chunks, Buffer.alloc(0)].flatMap((chunk) => {
    signatures.update(chunk);
    const signature = signatures.nextSignature();
    return [
      Buffer.from(`${chunk.length.toString(16)};chunk-signature=${tamper?.(signature) ?? signature}\r\n`),
      chunk,
      Buffer.from('\r\n'),
    ];
  });
  const { host: _own, ...sent } = headers;
  return fetch(`${server.endpoint}/${bucket}/${key}`, { method: 'PUT', headers: sent, body: Buffer.concat(parts) });
}

test('S3: signed chunks are verified one by one', async () => {
  const s3 = new S3Client(sdk());
  await s3.send(new CreateBucketCommand({ Bucket: 'chunked' }));
  const chunks = [Buffer.alloc(65_536, 'a'), Buffer.alloc(1024, 'b')];
  assert.equal((await putSignedChunks('chunked', 'good', chunks)).status, 200);
  assert.equal((await s3.send(new HeadObjectCommand({ Bucket: 'chunked', Key: 'good' }))).ContentLength, 66_560);
  const bad = await putSignedChunks('chunked', 'bad', chunks, (signature) =>
    signature.replace(/^./, (c) => (c === '0' ? '1' : '0')),
  );
  assert.equal(bad.status, 403);
  assert.match(await bad.text(), /<Code>SignatureDoesNotMatch<\/Code>/);
  assert.equal(
    (await refusal(s3.send(new HeadObjectCommand({ Bucket: 'chunked', Key: 'bad' })))).$metadata.httpStatusCode,
    404,
  );
});

async function send(
  service: string,
  change: (headers: Record<string, string>) => Record<string, string>,
  now = Date.now(),
) {
  const body = 'Action=GetCallerIdentity&Version=2011-06-15';
  const request = {
    method: 'POST',
    target: '/',
    headers: { host: new URL(server.endpoint).host, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  };
  const { host: _own, ...headers } = change(signRequest(request, { credentials, region: 'us-east-1', service, now }));
  const response = await fetch(server.endpoint, { method: 'POST', headers, body });
  return { status: response.status, text: await response.text() };
}

test('clock skew, scope and header mistakes', async () => {
  assert.equal((await send('sts', (headers) => headers)).status, 200);
  const old = await send('sts', (headers) => headers, Date.now() - 20 * 60_000);
  assert.equal(old.status, 403);
  assert.match(
    old.text,
    /<Code>SignatureDoesNotMatch<\/Code><Message>Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 15 min\.\)<\/Message>/,
  );
  const early = await send('sts', (headers) => headers, Date.now() + 20 * 60_000);
  assert.match(early.text, /Signature not yet current: .* \+ 5 min\.\)/);
  const unsigned = await send('sts', (headers) => ({ ...headers, 'x-amz-extra': '1' }));
  assert.match(unsigned.text, /must be a 'SignedHeader' in the AWS Authorization\./);
  const incomplete = await send('sts', (headers) => ({
    ...headers,
    authorization: headers['authorization']!.replace(/, Signature=.*/, ''),
  }));
  assert.match(
    incomplete.text,
    /<Code>IncompleteSignature<\/Code><Message>Authorization header requires &apos;Signature&apos; parameter\.|Authorization header requires 'Signature' parameter\./,
  );
});

test('keys and sessions are good after a restart', async () => {
  const { Credentials } = await new STSClient(sdk()).send(new GetSessionTokenCommand({}));
  await server.stop();
  server = await startTestServer({ config: { mode: 'serve', iam: 'enforce', dataDir } });
  const again = textOf(await readFile(path.join(dataDir, 'root-credentials'), 'utf8'), 'aws_access_key_id');
  assert.equal(again, credentials.accessKeyId);
  const temporary = {
    accessKeyId: Credentials!.AccessKeyId!,
    secretAccessKey: Credentials!.SecretAccessKey!,
    sessionToken: Credentials!.SessionToken!,
  };
  assert.equal(
    (await new STSClient(sdk({ credentials: temporary })).send(new GetCallerIdentityCommand({}))).Account,
    ACCOUNT,
  );
});
