import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PublishedRestAuthorizer, PublishedRestIntegration } from '#gateway/index.ts';
import { signRequest } from '#protocol/sigv4-sign.ts';
import { fakeUsers, keyOf } from './fake-identity.ts';
import {
  ACCOUNT,
  ask,
  invocationUri,
  newApiId,
  publishRest,
  REGION,
  startGatewayServer,
  type Answer,
  type FakeFunction,
} from './fixture.ts';
import { startIssuer } from './issuer.ts';

const server = await startGatewayServer({ services: [], config: { iam: 'enforce' } });
// Everything awaited stands before the first test: tests begin while the file is still read.
const POOL = 'us-east-1_Example';
const cognito = await startIssuer(server, 'cognito-idp.us-east-1.amazonaws.com', `/${POOL}`);
after(() => server.stop());

let count = 0;
const echo: { methodIntegration: PublishedRestIntegration } = {
  methodIntegration: {
    type: 'AWS_PROXY',
    uri: invocationUri(server.functionArn('backend', (event) => ({ statusCode: 200, body: JSON.stringify(event) }))),
  },
};

const authorizer = (run: FakeFunction, more: Partial<PublishedRestAuthorizer> = {}): PublishedRestAuthorizer => ({
  id: 'auth1',
  name: 'authorizer',
  type: 'TOKEN',
  authorizerUri: invocationUri(server.functionArn(`authorizer${++count}`, run)),
  identitySource: 'method.request.header.Authorization',
  ...more,
});

const allow = (Resource: string | string[] = '*', Effect = 'Allow') => ({
  Version: '2012-10-17',
  Statement: [{ Action: 'execute-api:Invoke', Effect, Resource }],
});

const guarded = { ...echo, authorizationType: 'CUSTOM' as const, authorizerId: 'auth1' };

const refusal = ({ status, body, headers }: Answer) => [status, body, headers['x-amzn-errortype']];

test('TOKEN: the function gets the token and the method, its context goes to the backend', async () => {
  let event: any;
  const apiId = await publishRest(server, {
    deployment: {
      authorizers: [
        authorizer((given) => {
          event = given;
          return { principalId: 'ann', policyDocument: allow(), context: { level: 5, admin: true, name: 'Ann' } };
        }),
      ],
    },
    methods: { 'GET /pets/{id}': guarded },
  });
  const { status, body } = await ask(server, apiId, '/test/pets/1', { headers: { authorization: 'secret' } });
  assert.equal(status, 200);
  assert.deepEqual(event, {
    type: 'TOKEN',
    methodArn: `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/test/GET/pets/1`,
    authorizationToken: 'secret',
  });
  const { integrationLatency, ...given } = JSON.parse(body).requestContext.authorizer;
  assert.deepEqual(given, { principalId: 'ann', level: '5', admin: 'true', name: 'Ann' });
  assert.equal(typeof integrationLatency, 'number');
});

test('TOKEN: no token and an invalid one are 401 without asking the function', async () => {
  let asked = 0;
  const apiId = await publishRest(server, {
    deployment: {
      authorizers: [
        authorizer(
          () => {
            asked++;
            return { principalId: 'x', policyDocument: allow() };
          },
          { identityValidationExpression: 'Bearer [a-z]+' },
        ),
      ],
    },
    methods: { 'GET /': guarded },
  });
  const get = (headers: Record<string, string>) => ask(server, apiId, '/test/', { headers });
  const expected = [401, '{"message":"Unauthorized"}', 'UnauthorizedException'];
  assert.deepEqual(refusal(await get({})), expected);
  assert.deepEqual(refusal(await get({ Authorization: '' })), expected);
  assert.deepEqual(refusal(await get({ Authorization: 'Bearer 123' })), expected);
  assert.equal(asked, 0);
  assert.equal((await get({ Authorization: 'Bearer abc' })).status, 200);
});

test('the function decides: allow, deny, explicit deny, Unauthorized, failure, nonsense', async () => {
  const answers: Record<string, () => unknown> = {
    deny: () => ({ principalId: 'x', policyDocument: allow('arn:aws:execute-api:*:*:*/*/POST/*') }),
    nothing: () => ({ principalId: 'x', policyDocument: allow([]) }),
    explicit: () => ({ principalId: 'x', policyDocument: allow('*', 'Deny') }),
    unauthorized: () => {
      throw new Error('Unauthorized');
    },
    failure: () => {
      throw new Error('something else');
    },
    text: () => 'allow',
    noPrincipal: () => ({ policyDocument: allow() }),
    noPolicy: () => ({ principalId: 'x' }),
    badPolicy: () => ({ principalId: 'x', policyDocument: { Statement: 'allow all' } }),
    badContext: () => ({ principalId: 'x', policyDocument: allow(), context: { list: [1] } }),
  };
  const apiId = await publishRest(server, {
    deployment: { authorizers: [authorizer((event) => answers[event.authorizationToken]!())] },
    methods: { 'GET /': guarded },
  });
  const get = async (token: string) =>
    refusal(await ask(server, apiId, '/test/', { headers: { Authorization: token } }));
  const denied = 'User is not authorized to access this resource';
  assert.deepEqual(await get('deny'), [403, `{"Message":"${denied}"}`, 'AccessDeniedException']);
  assert.deepEqual(await get('nothing'), [403, `{"Message":"${denied}"}`, 'AccessDeniedException']);
  assert.deepEqual(await get('explicit'), [
    403,
    `{"Message":"${denied} with an explicit deny"}`,
    'AccessDeniedException',
  ]);
  assert.deepEqual(await get('unauthorized'), [401, '{"message":"Unauthorized"}', 'UnauthorizedException']);
  for (const token of ['failure', 'text', 'noPrincipal', 'noPolicy', 'badPolicy', 'badContext']) {
    assert.deepEqual(await get(token), [500, '{"message":null}', 'AuthorizerConfigurationException'], token);
  }
});

test('answers are kept by token for the TTL, their policy is compared with every method', async () => {
  const tokens: string[] = [];
  const apiId = newApiId();
  const arn = `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/test/GET/a`;
  await publishRest(server, {
    apiId,
    deployment: {
      authorizers: [
        authorizer((event) => {
          tokens.push(event.authorizationToken);
          return { principalId: 'x', policyDocument: allow(arn) };
        }),
      ],
    },
    methods: { 'GET /a': guarded, 'GET /b': guarded },
  });
  const get = async (path: string, token: string) =>
    (await ask(server, apiId, path, { headers: { Authorization: token } })).status;
  assert.deepEqual(
    [await get('/test/a', 't1'), await get('/test/a', 't1'), await get('/test/b', 't1'), await get('/test/a', 't2')],
    [200, 200, 403, 200],
  );
  assert.deepEqual(tokens, ['t1', 't2']);
});

test('a TTL of zero asks every time', async () => {
  let asked = 0;
  const apiId = await publishRest(server, {
    deployment: {
      authorizers: [
        authorizer(() => ({ principalId: String(++asked), policyDocument: allow() }), {
          authorizerResultTtlInSeconds: 0,
        }),
      ],
    },
    methods: { 'GET /': guarded },
  });
  for (let i = 0; i < 3; i++) await ask(server, apiId, '/test/', { headers: { Authorization: 'x' } });
  assert.equal(asked, 3);
});

test('REQUEST: the event is the whole request without its payload; every identity source must be there', async () => {
  const events: any[] = [];
  const apiId = await publishRest(server, {
    stage: { variables: { tenant: 'blue' } },
    deployment: {
      authorizers: [
        authorizer(
          (given) => {
            events.push(given);
            return { principalId: 'x', policyDocument: allow() };
          },
          {
            type: 'REQUEST',
            identitySource:
              'method.request.header.X-Key, method.request.querystring.q, stageVariables.tenant, context.httpMethod',
          },
        ),
      ],
    },
    methods: { 'POST /pets/{id}': guarded },
  });
  const post = (path: string, headers: Record<string, string>) =>
    ask(server, apiId, path, { method: 'POST', headers, body: 'payload' });
  assert.equal((await post('/test/pets/1', { 'X-Key': 'k' })).status, 401);
  assert.equal((await post('/test/pets/1?q=1', {})).status, 401);
  assert.equal(events.length, 0);
  assert.equal((await post('/test/pets/1?q=1', { 'X-Key': 'k' })).status, 200);
  const [event] = events;
  assert.equal(event.type, 'REQUEST');
  assert.equal(event.methodArn, `arn:aws:execute-api:${REGION}:${ACCOUNT}:${apiId}/test/POST/pets/1`);
  assert.equal(event.resource, '/pets/{id}');
  assert.equal(event.headers['X-Key'], 'k');
  assert.deepEqual(event.queryStringParameters, { q: '1' });
  assert.deepEqual(event.pathParameters, { id: '1' });
  assert.deepEqual(event.stageVariables, { tenant: 'blue' });
  assert.equal(event.requestContext.stage, 'test');
  assert.ok(!('body' in event) && !('isBase64Encoded' in event));
});

const pool: PublishedRestAuthorizer = {
  id: 'auth1',
  name: 'pool',
  type: 'COGNITO_USER_POOLS',
  providerARNs: [`arn:aws:cognito-idp:us-east-1:${ACCOUNT}:userpool/${POOL}`],
  identitySource: 'method.request.header.Authorization',
};
const tokens = { ...echo, authorizationType: 'COGNITO_USER_POOLS' as const, authorizerId: 'auth1' };

test('COGNITO_USER_POOLS: identity tokens of the pool pass, their claims go to the backend', async () => {
  const apiId = await publishRest(server, {
    deployment: { authorizers: [pool] },
    methods: { 'GET /': tokens, 'GET /scoped': { ...tokens, authorizationScopes: ['pets/read', 'pets/write'] } },
  });
  const get = (Authorization: string, path = '/test/') => ask(server, apiId, path, { headers: { Authorization } });
  const identity = await cognito.sign({
    sub: 'ann',
    token_use: 'id',
    aud: 'client',
    'cognito:groups': ['admin', 'users'],
  });
  for (const header of [identity, `Bearer ${identity}`]) {
    const { status, body } = await get(header);
    assert.equal(status, 200);
    const { claims } = JSON.parse(body).requestContext.authorizer;
    assert.equal(claims.sub, 'ann');
    assert.equal(claims['cognito:groups'], '[admin users]');
    assert.match(claims.exp, /^\d+$/);
  }
  const access = (scope: string) => cognito.sign({ sub: 'ann', token_use: 'access', client_id: 'client', scope });
  const refused = [401, '{"message":"Unauthorized"}', 'UnauthorizedException'];
  assert.deepEqual(refusal(await get(await access('pets/read'))), refused);
  assert.equal((await get(await access('openid pets/read'), '/test/scoped')).status, 200);
  assert.deepEqual(refusal(await get(await access('openid'), '/test/scoped')), refused);
  assert.deepEqual(refusal(await get(identity, '/test/scoped')), refused);
  assert.deepEqual(refusal(await get(await cognito.sign({ token_use: 'id' }, { wrongKey: true }))), refused);
  assert.deepEqual(refusal(await get('nonsense')), refused);
  assert.deepEqual(refusal(await ask(server, apiId, '/test/')), refused);
  const expired = await get(await cognito.sign({ token_use: 'id' }, { expires: '1s ago' }));
  assert.deepEqual(refusal(expired), [401, '{"message":"The incoming token has expired"}', 'UnauthorizedException']);
});

fakeUsers(server, {
  caller: [{ Effect: 'Allow', Action: 'execute-api:Invoke', Resource: 'arn:aws:execute-api:*:*:*/test/POST/*' }],
  nobody: [],
});

async function signed(
  apiId: string,
  userName: string | undefined,
  options: { method?: string; body?: string; secret?: string } = {},
) {
  const { method = 'POST', body = '{"n":1}' } = options;
  const host = `${apiId}.execute-api.${REGION}.localhost:${server.platform.config.port}`;
  const target = '/test/pets?b=2&a=1';
  const headers =
    userName === undefined
      ? {}
      : signRequest(
          { method, target, headers: { host }, body },
          {
            credentials: { ...keyOf(userName), ...(options.secret && { secretAccessKey: options.secret }) },
            region: REGION,
            service: 'execute-api',
            now: Date.now(),
          },
        );
  const { host: _host, ...rest } = headers as Record<string, string>;
  return ask(server, apiId, target, { method, headers: rest, body });
}

const signedMethod = { ...echo, authorizationType: 'AWS_IAM' as const };

test('AWS_IAM: the signature is verified and execute-api:Invoke evaluated', async () => {
  const apiId = await publishRest(server, { methods: { 'POST /pets': signedMethod, 'PUT /pets': signedMethod } });
  const good = await signed(apiId, 'caller');
  assert.equal(good.status, 200);
  const { identity } = JSON.parse(good.body).requestContext;
  assert.equal(identity.userArn, `arn:aws:iam::${ACCOUNT}:user/caller`);
  assert.equal(identity.accountId, ACCOUNT);
  assert.equal(identity.caller, 'AIDAcaller');
  assert.equal(identity.accessKey, keyOf('caller').accessKeyId);
  const masked = `arn:aws:execute-api:${REGION}:********9012:${apiId}/test`;
  const denied = (user: string, path: string) =>
    `{"Message":"User: arn:aws:iam::${ACCOUNT}:user/${user} is not authorized to perform: execute-api:Invoke on resource: ${masked}/${path}"}`;
  assert.deepEqual(refusal(await signed(apiId, 'nobody')), [
    403,
    denied('nobody', 'POST/pets'),
    'AccessDeniedException',
  ]);
  assert.deepEqual(refusal(await signed(apiId, 'caller', { method: 'PUT' })), [
    403,
    denied('caller', 'PUT/pets'),
    'AccessDeniedException',
  ]);
  assert.deepEqual(refusal(await signed(apiId, undefined)), [
    403,
    '{"message":"Missing Authentication Token"}',
    'MissingAuthenticationTokenException',
  ]);
  const wrong = await signed(apiId, 'caller', { secret: 'wrong' });
  assert.equal(wrong.status, 403);
  assert.match(
    wrong.body,
    /^\{"message":"The request signature we calculated does not match the signature you provided/,
  );
  assert.equal(wrong.headers['x-amzn-errortype'], 'InvalidSignatureException');
});

const policy = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement });
const everyone = { Effect: 'Allow', Principal: '*', Action: 'execute-api:Invoke', Resource: 'execute-api:/*' };
const fromIp = (Effect: string, ip: string) => ({
  ...everyone,
  Effect,
  Condition: { IpAddress: { 'aws:SourceIp': ip } },
});

test('resource policies: without an authorizer the policy must allow', async () => {
  const open = async (text: string) => {
    const apiId = await publishRest(server, {
      deployment: { policy: text },
      methods: { 'GET /a': echo, 'GET /b': echo },
    });
    return {
      apiId,
      statuses: [(await ask(server, apiId, '/test/a')).status, (await ask(server, apiId, '/test/b')).status],
    };
  };
  assert.deepEqual((await open(policy(everyone))).statuses, [200, 200]);
  assert.deepEqual((await open(policy({ ...everyone, Resource: 'execute-api:/test/GET/a' }))).statuses, [200, 403]);
  assert.deepEqual((await open(policy(everyone, fromIp('Deny', '127.0.0.0/8')))).statuses, [403, 403]);
  assert.deepEqual((await open(policy(fromIp('Allow', '10.0.0.0/8')))).statuses, [403, 403]);
  // Nobody comes through a VPC endpoint here: what is allowed from one alone is allowed to nobody.
  const Condition = { StringNotEquals: { 'aws:SourceVpce': 'vpce-1' } };
  assert.deepEqual((await open(policy(everyone, { ...everyone, Effect: 'Deny', Condition }))).statuses, [403, 403]);
  const only = { ...everyone, Condition: { StringEquals: { 'aws:SourceVpc': 'vpc-1' } } };
  assert.deepEqual((await open(policy(only))).statuses, [403, 403]);
  const { apiId } = await open(policy(everyone, fromIp('Deny', '127.0.0.1')));
  assert.deepEqual(refusal(await ask(server, apiId, '/test/a')), [
    403,
    `{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: arn:aws:execute-api:${REGION}:********9012:${apiId}/test/GET/a with an explicit deny"}`,
    'AccessDeniedException',
  ]);
});

test('resource policies: an explicit deny comes before a Lambda authorizer, silence does not stop it', async () => {
  let asked = 0;
  const withPolicy = async (text: string) => {
    const apiId = await publishRest(server, {
      deployment: {
        policy: text,
        authorizers: [authorizer(() => ({ principalId: String(++asked), policyDocument: allow() }))],
      },
      methods: { 'GET /': guarded },
    });
    return (await ask(server, apiId, '/test/', { headers: { Authorization: 'x' } })).status;
  };
  assert.equal(await withPolicy(policy(fromIp('Deny', '127.0.0.1'))), 403);
  assert.equal(asked, 0);
  assert.equal(await withPolicy(policy(fromIp('Allow', '10.0.0.0/8'))), 200);
});

test('resource policies: a user pool token and the policy must both allow', async () => {
  const token = await cognito.sign({ sub: 'ann', token_use: 'id' });
  const withPolicy = async (text: string) => {
    const apiId = await publishRest(server, {
      deployment: { policy: text, authorizers: [pool] },
      methods: { 'GET /': tokens },
    });
    return (await ask(server, apiId, '/test/', { headers: { Authorization: token } })).status;
  };
  assert.equal(await withPolicy(policy(everyone)), 200);
  assert.equal(await withPolicy(policy(fromIp('Allow', '10.0.0.0/8'))), 403);
});

test('resource policies with AWS_IAM: either may allow in the same account, a deny of either counts', async () => {
  const withPolicy = async (text: string, user: string) => {
    const apiId = await publishRest(server, { deployment: { policy: text }, methods: { 'POST /pets': signedMethod } });
    return (await signed(apiId, user)).status;
  };
  const toNobody = { ...everyone, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/nobody` } };
  assert.equal(await withPolicy(policy(toNobody), 'nobody'), 200);
  assert.equal(await withPolicy(policy(toNobody), 'caller'), 200);
  assert.equal(await withPolicy(policy({ ...toNobody, Effect: 'Deny' }), 'nobody'), 403);
  assert.equal(await withPolicy(policy({ ...everyone, Effect: 'Deny' }), 'caller'), 403);
});
