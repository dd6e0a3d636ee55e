import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ManualClock } from '#core/clock.ts';
import { ServiceError } from '#core/errors.ts';
import { rootPrincipal, servicePrincipal, type Principal } from '#core/principal.ts';
import { authorizeOperation, decideAccess, denialText } from './authorize.ts';
import type { Context } from './context.ts';
import { accessDenied } from './denial.ts';
import type { PrincipalPolicies } from './identity.ts';
import type { Platform } from './platform.ts';
import type { Authorization, Service } from './service.ts';

const ACCOUNT = '111122223333';
const FUNCTION = `arn:aws:lambda:us-east-1:${ACCOUNT}:function:f`;
const user: Principal = {
  type: 'user',
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/ada`,
  userId: 'AIDAEXAMPLE',
  userName: 'ada',
};
const session: Principal = {
  type: 'assumed-role',
  accountId: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/job/run`,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/job`,
  userId: 'AROAEXAMPLE:run',
  sessionName: 'run',
  tokenIssuedAt: Date.parse('2026-01-01T00:00:00Z'),
};

type Statement = Record<string, unknown>;
const document = (...statements: Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (more: Statement = {}): Statement => ({ Effect: 'Allow', Action: '*', Resource: '*', ...more });

function platformOf(policies: PrincipalPolicies, iam: 'report' | 'enforce' = 'enforce') {
  const said: string[] = [];
  const platform = {
    config: { iam, mode: 'start' },
    clock: new ManualClock(),
    identity: { policiesOf: async () => policies },
    warn: (text: string) => void said.push(text),
  } as unknown as Platform;
  return { platform, said };
}

function contextOf(platform: Platform, principal: Principal, more: Partial<Context> = {}): Context {
  return {
    platform,
    principal,
    accountId: ACCOUNT,
    region: 'us-east-1',
    service: 'lambda',
    operation: 'Invoke',
    ...more,
  } as Context;
}

const serviceOf = (authorization: Authorization): Service =>
  ({ id: 'lambda', operations: {}, authorize: { Invoke: () => [authorization] } }) as Service;

/** Is a key seen with this value? Asked by a policy that allows under that condition alone. */
async function sees(principal: Principal, key: string, value: string, more: Partial<Context> = {}): Promise<boolean> {
  const { platform } = platformOf({
    identity: [document(allow({ Condition: { StringEquals: { [key]: value } } }))],
    tags: { Team: 'red' },
  });
  const decision = await decideAccess(platform, contextOf(platform, principal, more), {
    action: 'lambda:InvokeFunction',
    resource: FUNCTION,
    conditions: { 'lambda:FunctionArn': FUNCTION },
  });
  return decision.allowed;
}

test('the keys of a request that came over HTTP', async () => {
  const http = {
    sourceIp: '203.0.113.7',
    secure: true,
    userAgent: 'curl',
    headers: { referer: 'https://x/' },
  } as unknown as NonNullable<Context['http']>;
  const expected: [string, string][] = [
    ['aws:SourceIp', '203.0.113.7'],
    ['aws:SecureTransport', 'true'],
    ['aws:UserAgent', 'curl'],
    ['aws:Referer', 'https://x/'],
    ['aws:RequestedRegion', 'us-east-1'],
    ['aws:CurrentTime', '2026-01-01T00:00:00.000Z'],
    ['aws:EpochTime', '1767225600'],
    ['aws:ViaAWSService', 'false'],
    ['aws:ResourceAccount', ACCOUNT],
    ['aws:PrincipalIsAWSService', 'false'],
    ['aws:PrincipalTag/team', 'red'],
    ['lambda:functionarn', FUNCTION],
  ];
  for (const [key, value] of expected) assert.equal(await sees(user, key, value, { http }), true, key);
});

test('the keys of users and sessions', async () => {
  const ofUser: [string, string][] = [
    ['aws:PrincipalType', 'User'],
    ['aws:PrincipalArn', `arn:aws:iam::${ACCOUNT}:user/ada`],
    ['aws:PrincipalAccount', ACCOUNT],
    ['aws:userid', 'AIDAEXAMPLE'],
    ['aws:username', 'ada'],
  ];
  for (const [key, value] of ofUser) assert.equal(await sees(user, key, value), true, key);
  const ofSession: [string, string][] = [
    ['aws:PrincipalType', 'AssumedRole'],
    ['aws:PrincipalArn', `arn:aws:iam::${ACCOUNT}:role/job`],
    ['aws:userid', 'AROAEXAMPLE:run'],
    ['aws:TokenIssueTime', '2026-01-01T00:00:00.000Z'],
    ['aws:MultiFactorAuthPresent', 'false'],
  ];
  for (const [key, value] of ofSession) assert.equal(await sees(session, key, value), true, key);
  assert.equal(await sees(session, 'aws:username', 'job'), false);
});

test('a call that a service makes for the principal has no address, and names the service', async () => {
  const calledVia = ['cloudformation.amazonaws.com', 'lambda.amazonaws.com'];
  assert.equal(await sees(user, 'aws:ViaAWSService', 'true', { calledVia }), true);
  assert.equal(await sees(user, 'aws:CalledViaFirst', 'cloudformation.amazonaws.com', { calledVia }), true);
  assert.equal(await sees(user, 'aws:CalledViaLast', 'lambda.amazonaws.com', { calledVia }), true);
  const { platform } = platformOf({
    identity: [
      document(
        allow({
          Condition: {
            Null: { 'aws:SourceIp': 'true' },
            'ForAnyValue:StringEquals': { 'aws:CalledVia': 'lambda.amazonaws.com' },
          },
        }),
      ),
    ],
  });
  const decision = await decideAccess(platform, contextOf(platform, user, { calledVia }), {
    action: 'a:B',
    resource: '*',
  });
  assert.equal(decision.allowed, true);
});

test('a service may do what the resource policy lets it do for that source', async () => {
  const source = `arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/test/POST/x`;
  const resourcePolicy = document({
    Effect: 'Allow',
    Principal: { Service: 'apigateway.amazonaws.com' },
    Action: 'lambda:InvokeFunction',
    Resource: FUNCTION,
    Condition: {
      ArnLike: { 'AWS:SourceArn': `arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/*/POST/x` },
      StringEquals: { 'AWS:SourceAccount': ACCOUNT },
    },
  });
  const { platform } = platformOf({ identity: [] });
  const ask = (principal: Principal) =>
    decideAccess(platform, contextOf(platform, principal), {
      action: 'lambda:InvokeFunction',
      resource: FUNCTION,
      resourcePolicy,
    });
  assert.equal((await ask(servicePrincipal('apigateway.amazonaws.com', source))).allowed, true);
  assert.equal((await ask(servicePrincipal('apigateway.amazonaws.com', source.replace('POST', 'GET')))).allowed, false);
  assert.equal((await ask(servicePrincipal('events.amazonaws.com', source))).allowed, false);
});

test('enforced: AccessDenied in the words of the service; reported: said once, and not for every resource', async () => {
  const strict = platformOf({ identity: [] });
  const authorization = { action: 'lambda:InvokeFunction', resource: FUNCTION };
  const text = `User: ${user.arn} is not authorized to perform: lambda:InvokeFunction on resource: ${FUNCTION} because no identity-based policy allows the lambda:InvokeFunction action`;
  await assert.rejects(
    authorizeOperation(serviceOf(authorization), {}, contextOf(strict.platform, user)),
    (error) =>
      error instanceof ServiceError &&
      error.code === 'AccessDeniedException' &&
      error.status === 403 &&
      error.message === text,
  );
  const lenient = platformOf({ identity: [] }, 'report');
  for (let i = 0; i < 10; i++) {
    await authorizeOperation(serviceOf(authorization), {}, contextOf(lenient.platform, user));
    await authorizeOperation(
      serviceOf({ ...authorization, resource: `${FUNCTION}${i}` }),
      {},
      contextOf(lenient.platform, user),
    );
  }
  assert.equal(lenient.said.length, 3);
  assert.equal(lenient.said[0], `IAM would deny this: ${text}`);
});

test('anonymous callers are denied in report mode too', async () => {
  const { platform, said } = platformOf({ identity: [] }, 'report');
  await assert.rejects(
    authorizeOperation(
      serviceOf({ action: 'a:B', resource: FUNCTION }),
      {},
      contextOf(platform, { type: 'anonymous' }),
    ),
  );
  assert.deepEqual(said, []);
});

test('without a table an operation is asked by its name', async () => {
  const { platform } = platformOf({ identity: [document(allow({ Action: 'ses:SendEmail' }))] });
  const service = { id: 'sesv2', iamPrefix: 'ses', operations: {} } as unknown as Service;
  await authorizeOperation(service, {}, contextOf(platform, user, { operation: 'SendEmail' }));
  await assert.rejects(authorizeOperation(service, {}, contextOf(platform, user, { operation: 'GetAccount' })));
});

test('a resource policy that cannot be read denies, and the root user of its bucket can replace it', async () => {
  const { platform, said } = platformOf({ identity: [document(allow())] });
  const resource = 'arn:aws:s3:::b';
  const ask = (action: string) =>
    decideAccess(platform, contextOf(platform, rootPrincipal(ACCOUNT)), {
      action,
      resource,
      resourcePolicy: '{"broken":1}',
    });
  assert.equal((await ask('s3:ListBucket')).allowed, false);
  assert.match(said[0] ?? '', /^the policy of arn:aws:s3:::b cannot be evaluated/);
  assert.equal((await ask('s3:PutBucketPolicy')).allowed, true);
});

test('each service says it its own way', () => {
  const implicit = { allowed: false, explicit: false, source: 'identity' } as const;
  const error = (service: string, action: string, resource: string) =>
    accessDenied(service, user, { action, resource }, implicit);
  const of = (service: string, action: string, resource: string) => {
    const { code, status, message } = error(service, action, resource);
    return [code, status, message];
  };
  const because = (action: string) => `because no identity-based policy allows the ${action} action`;
  assert.deepEqual(of('s3', 's3:GetObject', 'arn:aws:s3:::b/k'), [
    'AccessDenied',
    403,
    `User: ${user.arn} is not authorized to perform: s3:GetObject on resource: "arn:aws:s3:::b/k" ${because('s3:GetObject')}`,
  ]);
  assert.deepEqual(of('sns', 'sns:Publish', 'arn:t'), [
    'AuthorizationError',
    403,
    `User: ${user.arn} is not authorized to perform: SNS:Publish on resource: arn:t ${because('SNS:Publish')}`,
  ]);
  assert.deepEqual(of('sqs', 'sqs:SendMessage', 'arn:q'), [
    'AccessDenied',
    403,
    `User: ${user.arn} is not authorized to perform: sqs:sendmessage on resource: arn:q ${because('sqs:sendmessage')}`,
  ]);
  assert.deepEqual(of('dynamodb', 'dynamodb:GetItem', 'arn:d').slice(0, 2), ['AccessDeniedException', 400]);
  assert.deepEqual(of('ec2', 'ec2:RunInstances', '*').slice(0, 2), ['UnauthorizedOperation', 403]);
  const foreign = { action: 's3:GetObject', resource: 'arn:aws:s3:::b/k', resourceAccountId: '999988887777' };
  assert.equal(accessDenied('s3', user, foreign, implicit).message, 'Access Denied');
  assert.match(
    denialText(user, foreign, { allowed: false, explicit: true, source: 'boundary' }),
    / with an explicit deny in a permissions boundary$/,
  );
});
