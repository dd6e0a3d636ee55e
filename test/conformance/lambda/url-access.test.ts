import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { CreateFunctionUrlConfigCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { startTestServer, type TestServer } from '../../harness.ts';
import { createFunction } from './fixture.ts';

let server: TestServer;
let lambda: LambdaClient;
let iam: IAMClient;
let url: URL;
const ARN = 'arn:aws:lambda:us-east-1:000000000000:function:guarded';
before(async () => {
  server = await startTestServer({ config: { iam: 'enforce' } });
  lambda = new LambdaClient(server.sdk);
  iam = new IAMClient(server.sdk);
  const trust = {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  };
  await iam.send(new CreateRoleCommand({ RoleName: 'test', AssumeRolePolicyDocument: JSON.stringify(trust) }));
  await createFunction(lambda, 'guarded', 'exports.handler = async (event) => event.requestContext;', {
    Tags: { open: 'yes' },
  });
  const created = await lambda.send(
    new CreateFunctionUrlConfigCommand({ FunctionName: 'guarded', AuthType: 'AWS_IAM' }),
  );
  const [id = ''] = new URL(created.FunctionUrl ?? '').hostname.split('.');
  url = new URL(`${server.endpoint}/_aws/lambda-url/${id}/x?a=b`);
});
after(() => server.stop());

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}
async function user(UserName: string, statement?: object): Promise<Credentials> {
  await iam.send(new CreateUserCommand({ UserName }));
  if (statement) {
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Resource: ARN, ...statement }],
    });
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }));
  }
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }));
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
}

function call(credentials: Credentials, body = 'text'): Promise<Response> {
  const { host: _sentByFetch, ...headers } = signRequest(
    {
      method: 'POST',
      target: url.pathname + url.search,
      headers: { host: url.host, 'content-type': 'text/plain' },
      body: 'text',
    },
    { credentials, region: 'us-east-1', service: 'lambda', now: Date.now() },
  );
  return fetch(url, { method: 'POST', headers, body });
}

test('both permissions are needed, and the function is told who calls', async () => {
  const both = ['lambda:InvokeFunctionUrl', 'lambda:InvokeFunction'];
  const allowed = await user('allowed', {
    Action: both,
    Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'AWS_IAM' } },
  });
  const answer = await call(allowed);
  assert.equal(answer.status, 200);
  const { accountId, authorizer } = (await answer.json()) as {
    accountId: string;
    authorizer: { iam: Record<string, unknown> };
  };
  assert.equal(accountId, '000000000000');
  const { callerId, userId, ...rest } = authorizer.iam;
  assert.match(String(callerId), /^AIDA/);
  assert.equal(userId, callerId);
  assert.deepEqual(rest, {
    accessKey: allowed.accessKeyId,
    accountId: '000000000000',
    cognitoIdentity: null,
    principalOrgId: null,
    userArn: 'arn:aws:iam::000000000000:user/allowed',
  });
  for (const [name, statement] of [
    ['nobody', undefined],
    ['half', { Action: 'lambda:InvokeFunctionUrl' }],
    ['elsewhere', { Action: both, Condition: { StringEquals: { 'lambda:FunctionUrlAuthType': 'NONE' } } }],
  ] as const) {
    const refused = await call(await user(name, statement));
    assert.deepEqual([refused.status, refused.headers.get('x-amzn-errortype')], [403, 'AccessDeniedException'], name);
  }
});

test('a wrong signature, a changed body, an unknown key', async () => {
  const signer = await user('signer', { Action: 'lambda:*' });
  assert.equal((await call(signer)).status, 200);
  for (const answer of [await call({ ...signer, secretAccessKey: 'wrong' }), await call(signer, 'changed')]) {
    assert.deepEqual([answer.status, answer.headers.get('x-amzn-errortype')], [403, 'InvalidSignatureException']);
    assert.match(
      ((await answer.json()) as { message: string }).message,
      /^The request signature we calculated does not match/,
    );
  }
});

test('permissions that hang on the tags of a function', async () => {
  const tagged = (value: string) => ({
    Action: 'lambda:InvokeFunction',
    Condition: { StringEquals: { 'aws:ResourceTag/open': value } },
  });
  const invokeAs = async (credentials: Credentials) =>
    new LambdaClient({ ...server.sdk, credentials }).send(
      new InvokeCommand({ FunctionName: 'guarded', InvocationType: 'DryRun' }),
    );
  assert.equal((await invokeAs(await user('by-tag', tagged('yes')))).StatusCode, 204);
  const other = await user('by-other-tag', tagged('no'));
  await assert.rejects(invokeAs(other), {
    name: 'AccessDeniedException',
    message: `User: arn:aws:iam::000000000000:user/by-other-tag is not authorized to perform: lambda:InvokeFunction on resource: ${ARN} because no identity-based policy allows the lambda:InvokeFunction action`,
  });
});
