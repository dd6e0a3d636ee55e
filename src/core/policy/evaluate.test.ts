import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { rootPrincipal, servicePrincipal, type Principal } from '../principal.ts';
import { compilePolicy, type PolicyRequest } from './compile.ts';
import { evaluate, type Decision } from './evaluate.ts';

const ACCOUNT = '111122223333';
const OTHER = '444455556666';
const user: Principal = {
  type: 'user',
  accountId: ACCOUNT,
  arn: `arn:aws:iam::${ACCOUNT}:user/ada`,
  userId: 'AIDAEXAMPLE123456789',
  userName: 'ada',
};
const session: Principal = {
  type: 'assumed-role',
  accountId: ACCOUNT,
  arn: `arn:aws:sts::${ACCOUNT}:assumed-role/job/run`,
  roleArn: `arn:aws:iam::${ACCOUNT}:role/job`,
  userId: 'AROAEXAMPLE123456789:run',
  sessionName: 'run',
};
const BUCKET = 'arn:aws:s3:::b/k';

type Statement = Record<string, unknown>;
const document = (...statements: Statement[]): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements });
const allow = (more: Statement = {}): Statement => ({
  Effect: 'Allow',
  Action: 's3:GetObject',
  Resource: '*',
  ...more,
});
const deny = (more: Statement = {}): Statement => ({ ...allow(more), Effect: 'Deny' });

interface Case {
  principal?: Principal;
  action?: string;
  resource?: string;
  keys?: Record<string, string | string[]>;
  identity?: Statement[];
  boundary?: Statement[];
  session?: Statement[];
  attached?: Statement[];
  owner?: string;
  mustAllow?: boolean;
}

function decide(one: Case): Decision {
  const keys = Object.fromEntries(Object.entries(one.keys ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
  const request: PolicyRequest = {
    principal: one.principal ?? user,
    action: one.action ?? 's3:GetObject',
    resource: one.resource ?? BUCKET,
    lookup: (key) => keys[key],
  };
  const identity = (statements: Statement[]) => compilePolicy(document(...statements), 'identity');
  return evaluate(
    request,
    {
      identity: one.identity ? [identity(one.identity)] : [],
      ...(one.boundary && { boundary: identity(one.boundary) }),
      ...(one.session && { session: [identity(one.session)] }),
      ...(one.attached && { resource: compilePolicy(document(...one.attached), 'resource') }),
    },
    { accountId: one.owner ?? ACCOUNT, ...(one.mustAllow && { resourcePolicyMustAllow: true }) },
  );
}

const outcome = (one: Case): string => {
  const decision = decide(one);
  return decision.allowed ? 'allowed' : `${decision.explicit ? 'explicit' : 'implicit'} ${decision.source}`;
};
const toUser = { Principal: { AWS: user.arn } };
const toRole = { Principal: { AWS: session.roleArn } };
const toSession = { Principal: { AWS: session.arn } };
const toAccount = { Principal: { AWS: ACCOUNT } };
const toAll = { Principal: '*' };

test('nothing is allowed by silence, and an explicit Deny wins wherever it stands', () => {
  assert.equal(outcome({}), 'implicit identity');
  assert.equal(outcome({ identity: [allow()] }), 'allowed');
  assert.equal(outcome({ identity: [allow(), deny()] }), 'explicit identity');
  assert.equal(outcome({ identity: [allow()], boundary: [allow(), deny()] }), 'explicit boundary');
  assert.equal(outcome({ identity: [allow()], session: [deny()] }), 'explicit session');
  assert.equal(outcome({ identity: [allow()], attached: [deny(toAll)] }), 'explicit resource');
  assert.equal(outcome({ attached: [allow(toUser), deny(toUser)] }), 'explicit resource');
});

test('boundaries and session policies only narrow', () => {
  assert.equal(outcome({ identity: [allow()], boundary: [allow({ Action: 'ec2:*' })] }), 'implicit boundary');
  assert.equal(outcome({ boundary: [allow()] }), 'implicit identity');
  assert.equal(
    outcome({ principal: session, identity: [allow()], session: [allow({ Action: 'ec2:*' })] }),
    'implicit session',
  );
  assert.equal(
    outcome({ principal: session, identity: [allow()], session: [allow()], boundary: [allow()] }),
    'allowed',
  );
});

test('in one account either policy suffices; who is named himself passes boundary and session policy too', () => {
  const narrow = { boundary: [allow({ Action: 'ec2:*' })], session: [allow({ Action: 'ec2:*' })] };
  assert.equal(outcome({ attached: [allow(toUser)] }), 'allowed');
  assert.equal(outcome({ attached: [allow(toUser)], ...narrow }), 'allowed');
  assert.equal(outcome({ principal: session, attached: [allow(toSession)], ...narrow }), 'allowed');
  assert.equal(outcome({ principal: session, attached: [allow(toRole)] }), 'allowed');
  assert.equal(
    outcome({ principal: session, attached: [allow(toRole)], boundary: narrow.boundary }),
    'implicit boundary',
  );
  assert.equal(outcome({ principal: session, attached: [allow(toRole)], session: narrow.session }), 'implicit session');
  assert.equal(outcome({ attached: [allow(toAll)] }), 'allowed');
});

test('a grant to the account leaves the decision to its identity policies', () => {
  assert.equal(outcome({ attached: [allow(toAccount)] }), 'implicit identity');
  assert.equal(outcome({ attached: [allow(toAccount)], identity: [allow()] }), 'allowed');
  assert.equal(
    outcome({ attached: [allow({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } })], identity: [allow()] }),
    'allowed',
  );
});

test('across accounts both sides must allow', () => {
  assert.equal(outcome({ owner: OTHER, identity: [allow()] }), 'implicit resource');
  assert.equal(outcome({ owner: OTHER, attached: [allow(toUser)] }), 'implicit identity');
  assert.equal(outcome({ owner: OTHER, attached: [allow(toUser)], identity: [allow()] }), 'allowed');
  assert.equal(outcome({ owner: OTHER, attached: [allow(toAccount)], identity: [allow()] }), 'allowed');
  assert.equal(outcome({ owner: OTHER, attached: [allow(toAll)], identity: [allow()] }), 'allowed');
  assert.equal(outcome({ owner: OTHER, principal: rootPrincipal(ACCOUNT), attached: [allow(toAccount)] }), 'allowed');
  assert.equal(outcome({ owner: OTHER, principal: rootPrincipal(ACCOUNT) }), 'implicit resource');
});

test('the root user may do everything in its account but what a resource policy denies', () => {
  const principal = rootPrincipal(ACCOUNT);
  assert.equal(outcome({ principal }), 'allowed');
  assert.equal(outcome({ principal, attached: [deny(toAll)] }), 'explicit resource');
});

test('services and anonymous callers have the resource policy alone', () => {
  const principal = servicePrincipal(
    'apigateway.amazonaws.com',
    `arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/*/GET/x`,
  );
  const toService = { Principal: { Service: 'apigateway.amazonaws.com' } };
  assert.equal(outcome({ principal }), 'implicit resource');
  assert.equal(outcome({ principal, attached: [allow(toService)] }), 'allowed');
  assert.equal(outcome({ principal, attached: [allow(toAll)] }), 'allowed');
  assert.equal(outcome({ principal, attached: [allow(toAccount)] }), 'implicit resource');
  const bound = allow({
    ...toService,
    Condition: { ArnLike: { 'AWS:SourceArn': `arn:aws:execute-api:us-east-1:${ACCOUNT}:abc/*/GET/*` } },
  });
  assert.equal(
    outcome({
      principal,
      attached: [bound],
      keys: { 'aws:SourceArn': principal.type === 'service' ? principal.sourceArn! : '' },
    }),
    'allowed',
  );
  assert.equal(
    outcome({
      principal,
      attached: [bound],
      keys: { 'aws:SourceArn': 'arn:aws:execute-api:us-east-1:1:abc/test/POST/x' },
    }),
    'implicit resource',
  );
  assert.equal(outcome({ principal: { type: 'anonymous' }, attached: [allow(toAll)] }), 'allowed');
  assert.equal(
    outcome({ principal: { type: 'anonymous' }, attached: [allow({ Principal: { AWS: '*' } })] }),
    'allowed',
  );
  assert.equal(outcome({ principal: { type: 'anonymous' }, attached: [allow(toAccount)] }), 'implicit resource');
});

test('where the resource policy must allow, identity policies alone do not suffice', () => {
  assert.equal(outcome({ identity: [allow()], mustAllow: true }), 'implicit resource');
  assert.equal(outcome({ attached: [allow(toUser)], mustAllow: true }), 'allowed');
  assert.equal(outcome({ attached: [allow(toAccount)], mustAllow: true }), 'implicit identity');
});

test('NotPrincipal with Deny spares who is named with account, role and session', () => {
  const spare = (...arns: string[]): Statement => ({
    Effect: 'Deny',
    Action: 's3:*',
    Resource: '*',
    NotPrincipal: { AWS: arns },
  });
  const identity = [allow()];
  assert.equal(outcome({ identity, attached: [spare(user.arn, ACCOUNT)] }), 'allowed');
  assert.equal(outcome({ identity, attached: [spare(`arn:aws:iam::${OTHER}:root`)] }), 'explicit resource');
  assert.equal(
    outcome({ principal: session, identity, attached: [spare(session.roleArn, session.arn, ACCOUNT)] }),
    'allowed',
  );
  assert.equal(outcome({ principal: session, identity, attached: [spare(session.roleArn)] }), 'explicit resource');
});

test('actions: without regard to case, with wildcards, and their complement', () => {
  const action = (pattern: string, name: string): string =>
    outcome({ identity: [allow({ Action: pattern })], action: name });
  assert.equal(action('S3:getobject', 's3:GetObject'), 'allowed');
  assert.equal(action('s3:Get*', 's3:GetObjectAcl'), 'allowed');
  assert.equal(action('s3:Get*', 's3:PutObject'), 'implicit identity');
  assert.equal(action('s3:?etObject', 's3:GetObject'), 'allowed');
  assert.equal(action('*', 'iam:CreateUser'), 'allowed');
  const notIam = [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }];
  assert.equal(outcome({ identity: notIam }), 'allowed');
  assert.equal(outcome({ identity: notIam, action: 'iam:CreateUser' }), 'implicit identity');
});

test('resources: with case, field by field, the last field taking the rest', () => {
  const resource = (pattern: string | string[], arn: string): boolean =>
    decide({ identity: [allow({ Resource: pattern })], resource: arn }).allowed;
  assert.equal(resource('arn:aws:s3:::b/*', 'arn:aws:s3:::b/x/y:z'), true);
  assert.equal(resource('arn:aws:s3:::B/*', 'arn:aws:s3:::b/x'), false);
  assert.equal(resource('arn:aws:s3:::b', 'arn:aws:s3:::b/x'), false);
  assert.equal(resource(['arn:aws:s3:::a', 'arn:aws:s3:::b/?'], 'arn:aws:s3:::b/x'), true);
  assert.equal(resource('arn:aws:lambda:*:*:function:*', 'arn:aws:lambda:us-east-1:1:function:f:live'), true);
  assert.equal(resource('arn:aws:lambda:*:function:f', 'arn:aws:lambda:us-east-1:1:function:f'), false);
  assert.equal(resource('arn:aws:lambda:us-*:1:function:f-*-b', 'arn:aws:lambda:us-east-1:1:function:f-a-b'), true);
  const butSecrets = [{ Effect: 'Allow', Action: 's3:*', NotResource: 'arn:aws:s3:::secret/*' }];
  assert.equal(outcome({ identity: butSecrets }), 'allowed');
  assert.equal(outcome({ identity: butSecrets, resource: 'arn:aws:s3:::secret/k' }), 'implicit identity');
});

test('policy variables stand for request values, literally, with defaults', () => {
  const home = [allow({ Resource: 'arn:aws:s3:::b/home/${aws:username}/*' })];
  assert.equal(
    outcome({ identity: home, resource: 'arn:aws:s3:::b/home/ada/x', keys: { 'aws:username': 'ada' } }),
    'allowed',
  );
  assert.equal(
    outcome({ identity: home, resource: 'arn:aws:s3:::b/home/bob/x', keys: { 'aws:username': 'ada' } }),
    'implicit identity',
  );
  assert.equal(
    outcome({ identity: home, resource: 'arn:aws:s3:::b/home/bob/x', keys: { 'aws:username': '*' } }),
    'implicit identity',
  );
  assert.equal(outcome({ identity: home, resource: 'arn:aws:s3:::b/home//x' }), 'implicit identity');
  const withDefault = [allow({ Resource: "arn:aws:s3:::b/${aws:PrincipalTag/team, 'company-wide'}/*" })];
  assert.equal(outcome({ identity: withDefault, resource: 'arn:aws:s3:::b/company-wide/x' }), 'allowed');
  assert.equal(
    outcome({ identity: withDefault, resource: 'arn:aws:s3:::b/red/x', keys: { 'aws:PrincipalTag/team': 'red' } }),
    'allowed',
  );
  const star = [allow({ Resource: 'arn:aws:s3:::b/${*}${?}${$}/k' })];
  assert.equal(outcome({ identity: star, resource: 'arn:aws:s3:::b/*?$/k' }), 'allowed');
  assert.equal(outcome({ identity: star, resource: 'arn:aws:s3:::b/abc/k' }), 'implicit identity');
});

test('variables have no meaning in documents of 2008-10-17', () => {
  const text = JSON.stringify({ Statement: [allow({ Resource: 'arn:aws:s3:::b/${aws:username}' })] });
  const request: PolicyRequest = {
    principal: user,
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::b/ada',
    lookup: () => 'ada',
  };
  const policies = { identity: [compilePolicy(text, 'identity')] };
  assert.equal(evaluate(request, policies, { accountId: ACCOUNT }).allowed, false);
  assert.equal(
    evaluate({ ...request, resource: 'arn:aws:s3:::b/${aws:username}' }, policies, { accountId: ACCOUNT }).allowed,
    true,
  );
});

test('NotResource with a variable that has no value grants nothing and denies all', () => {
  const but = { NotResource: 'arn:aws:s3:::b/${aws:username}', Resource: undefined };
  assert.equal(outcome({ identity: [allow(but)] }), 'implicit identity');
  assert.equal(outcome({ identity: [allow(), deny(but)] }), 'explicit identity');
});

const statements = fc.array(
  fc.record({
    Effect: fc.constantFrom('Allow', 'Deny'),
    Action: fc.constantFrom('s3:*', 's3:GetObject', 's3:Put*', 'ec2:*', '*'),
    Resource: fc.constantFrom('*', 'arn:aws:s3:::b/*', 'arn:aws:s3:::c/*', BUCKET),
  }),
  { minLength: 1, maxLength: 5 },
);

test('property: a matching Deny in any policy denies; one more Allow never takes away', () => {
  fc.assert(
    fc.property(statements, statements, (identity, boundary) => {
      const before = decide({ identity, boundary });
      const denied = decide({ identity: [...identity, deny({ Resource: BUCKET })], boundary });
      assert.equal(denied.allowed, false);
      const wider = decide({ identity: [...identity, allow()], boundary });
      if (before.allowed) assert.equal(wider.allowed, true);
    }),
  );
});

test('property: the order of statements does not matter', () => {
  fc.assert(
    fc.property(statements, (identity) => {
      assert.deepEqual(decide({ identity }), decide({ identity: [...identity].reverse() }));
    }),
  );
});
