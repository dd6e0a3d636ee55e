// Lambda behind mapping templates, mocks, gateway responses: also the API of examples/contact-us, word for word.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { PublishedMethod, PublishedRestIntegration } from '#gateway/index.ts';
import { ask, invocationUri, publishRest, startGatewayServer, type FakeFunction } from './fixture.ts';

const server = await startGatewayServer({ services: [] });
after(() => server.stop());

let count = 0;
const lambda = (
  run: FakeFunction,
  more: Partial<PublishedRestIntegration> = {},
): { methodIntegration: PublishedRestIntegration } => ({
  methodIntegration: {
    type: 'AWS',
    httpMethod: 'POST',
    uri: invocationUri(server.functionArn(`mapped${++count}`, run)),
    integrationResponses: { '200': { statusCode: '200' } },
    ...more,
  },
});

const ORIGIN = 'http://site.s3-website-us-east-1.localhost:4566';
const cors = { 'method.response.header.Access-Control-Allow-Origin': `'${ORIGIN}'` };

const FORM_TEMPLATE = `#set($fields = {"fullname": "", "emailid": "", "company": ""})
#foreach($pair in $input.body.split("&"))
#set($parts = $pair.split("=", 2))
#if($parts.size() == 2 && $fields.containsKey($parts[0]))
#set($ignored = $fields.put($parts[0], $util.urlDecode($parts[1])))
#end
#end
{
  "fullname": "$util.escapeJavaScript($fields.fullname).replaceAll("\\\\'", "'")",
  "emailid": "$util.escapeJavaScript($fields.emailid).replaceAll("\\\\'", "'")",
  "company": "$util.escapeJavaScript($fields.company).replaceAll("\\\\'", "'")"
}
`;
const JSON_TEMPLATE = `#set($body = $input.path('$'))
{
  "fullname": "$util.escapeJavaScript($body.fullname).replaceAll("\\\\'", "'")",
  "emailid": "$util.escapeJavaScript($body.emailid).replaceAll("\\\\'", "'")",
  "company": "$util.escapeJavaScript($body.company).replaceAll("\\\\'", "'")"
}
`;

function contactUs(
  sendEmail: FakeFunction,
): Record<string, Partial<PublishedMethod> & { methodIntegration: PublishedRestIntegration }> {
  return {
    'POST /sendEmail': lambda(sendEmail, {
      passthroughBehavior: 'NEVER',
      requestTemplates: { 'application/json': JSON_TEMPLATE, 'application/x-www-form-urlencoded': FORM_TEMPLATE },
      integrationResponses: {
        '200': { statusCode: '200', responseParameters: cors },
        '500': {
          statusCode: '500',
          selectionPattern: '(\\n|.)+',
          responseParameters: cors,
          responseTemplates: { 'application/json': '{"message": "The message could not be sent."}' },
        },
      },
    }),
    'OPTIONS /sendEmail': {
      methodIntegration: {
        type: 'MOCK',
        requestTemplates: { 'application/json': '{"statusCode": 200}' },
        integrationResponses: {
          '200': {
            statusCode: '200',
            responseParameters: { ...cors, 'method.response.header.Access-Control-Max-Age': "'600'" },
          },
        },
      },
    },
  };
}

const contactStage = {
  methodSettings: { 'sendEmail/POST': { throttlingRateLimit: 2, throttlingBurstLimit: 10 } },
};
const contactResponses = ['DEFAULT_4XX', 'DEFAULT_5XX'].map((responseType) => ({
  responseType,
  responseParameters: { 'gatewayresponse.header.Access-Control-Allow-Origin': `'${ORIGIN}'` },
}));

test('contact-us: JSON and form bodies become the same event', async () => {
  const seen: unknown[] = [];
  const apiId = await publishRest(server, { methods: contactUs((event) => (seen.push(event), { sent: true })) });
  const person = { fullname: 'Ann "A" O\'Neil', emailid: 'ann@example.com', company: 'Ünits\\n' };
  const json = await ask(server, apiId, '/test/sendEmail', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json; charset=utf-8' },
    body: JSON.stringify(person),
  });
  const form = await ask(server, apiId, '/test/sendEmail', {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...person, other: 'x' }).toString(),
  });
  assert.deepEqual(seen, [person, person]);
  for (const answer of [json, form]) {
    assert.equal(answer.status, 200);
    assert.equal(answer.body, '{"sent":true}');
    assert.equal(answer.headers['content-type'], 'application/json');
    assert.equal(answer.headers['access-control-allow-origin'], ORIGIN);
  }
});

test('contact-us: a failure and a crash answer the mapped error and reveal nothing', async () => {
  let message = 'no recipient';
  const apiId = await publishRest(server, {
    methods: contactUs(() => {
      throw new Error(message);
    }),
  });
  for (message of ['no recipient', 'first line\nsecond line', 'RequestId: x Error: Runtime exited']) {
    const { status, body, headers } = await ask(server, apiId, '/test/sendEmail', { method: 'POST', body: '{}' });
    assert.equal(status, 500);
    assert.equal(body, '{"message": "The message could not be sent."}');
    assert.equal(headers['access-control-allow-origin'], ORIGIN);
  }
});

test('contact-us: another content type is 415 with the CORS header of the gateway response', async () => {
  const apiId = await publishRest(server, {
    methods: contactUs(() => ({})),
    deployment: { gatewayResponses: contactResponses },
  });
  const { status, body, headers } = await ask(server, apiId, '/test/sendEmail', {
    method: 'POST',
    headers: { 'Content-Type': 'text/xml' },
    body: '<a/>',
  });
  assert.equal(status, 415);
  assert.equal(body, '{"message": "Unsupported Media Type"}');
  assert.equal(headers['access-control-allow-origin'], ORIGIN);
});

test('contact-us: the 13th request of a burst is 429; preflights are not in its bucket', async () => {
  const apiId = await publishRest(server, {
    methods: contactUs(() => ({})),
    stage: contactStage,
    deployment: { gatewayResponses: contactResponses },
  });
  const post = () => ask(server, apiId, '/test/sendEmail', { method: 'POST', body: '{}' });
  const burst = await Promise.all(Array.from({ length: 30 }, post));
  const refused = burst.filter(({ status }) => status === 429);
  assert.ok(refused.length >= 30 - 12, `${refused.length} refused`);
  assert.equal(refused[0]!.body, '{"message":"Too Many Requests"}');
  assert.equal(refused[0]!.headers['x-amzn-errortype'], 'TooManyRequestsException');
  assert.equal(refused[0]!.headers['access-control-allow-origin'], ORIGIN);
  for (let i = 0; i < 20; i++) {
    const preflight = await ask(server, apiId, '/test/sendEmail', {
      method: 'OPTIONS',
      headers: { Origin: ORIGIN, 'Access-Control-Request-Method': 'POST' },
    });
    assert.equal(preflight.status, 200);
    assert.equal(preflight.headers['access-control-max-age'], '600');
    assert.equal(preflight.body, '');
  }
});

test('pass-through: unmapped types go as they are unless the method says otherwise', async () => {
  const results: Record<string, unknown> = {};
  for (const passthroughBehavior of ['WHEN_NO_MATCH', 'WHEN_NO_TEMPLATES', 'NEVER'] as const) {
    const requestTemplates = { 'text/mapped': '{"mapped":true}' };
    const apiId = await publishRest(server, {
      methods: {
        'POST /some': lambda((event) => event, { passthroughBehavior, requestTemplates }),
        'POST /none': lambda((event) => event, { passthroughBehavior }),
      },
    });
    const statusOf = async (path: string, type: string) => {
      const { status, body } = await ask(server, apiId, path, {
        method: 'POST',
        headers: { 'Content-Type': type },
        body: '{"raw":true}',
      });
      return status === 200 ? body : status;
    };
    results[passthroughBehavior] = [
      await statusOf('/test/some', 'text/mapped'),
      await statusOf('/test/some', 'application/json'),
      await statusOf('/test/none', 'application/json'),
    ];
  }
  assert.deepEqual(results, {
    WHEN_NO_MATCH: ['{"mapped":true}', '{"raw":true}', '{"raw":true}'],
    WHEN_NO_TEMPLATES: ['{"mapped":true}', 415, '{"raw":true}'],
    NEVER: ['{"mapped":true}', 415, 415],
  });
});

test('a function behind templates gets an empty object where there is no payload', async () => {
  const apiId = await publishRest(server, { methods: { 'GET /': lambda((event) => event) } });
  assert.equal((await ask(server, apiId, '/test/')).body, '{}');
});

test('templates see parameters, context and stage variables', async () => {
  const template = `{
"id": "$input.params('id')", "page": "$input.params('page')", "agent": "$input.params().header.get('User-Agent')",
"stage": "$context.stage", "method": "$context.httpMethod", "path": "$context.resourcePath", "api": "$context.apiId",
"ip": "$context.identity.sourceIp", "variable": "$stageVariables.color", "other": "$stageVariables.get('color')",
"request": "$context.requestId", "principal": "$context.authorizer.principalId"}`;
  const apiId = await publishRest(server, {
    methods: { 'GET /things/{id}': lambda((event) => event, { requestTemplates: { 'application/json': template } }) },
    stage: { variables: { color: 'red' } },
  });
  const { body, headers } = await ask(server, apiId, '/test/things/7?page=2', { headers: { 'User-Agent': 'me' } });
  assert.deepEqual(JSON.parse(body), {
    id: '7',
    page: '2',
    agent: 'me',
    stage: 'test',
    method: 'GET',
    path: '/things/{id}',
    api: apiId,
    ip: '127.0.0.1',
    variable: 'red',
    other: 'red',
    request: headers['x-amzn-requestid'],
    principal: '',
  });
});

test('selection patterns choose by the error message; success has none', async () => {
  let outcome = 'ok';
  const apiId = await publishRest(server, {
    methods: {
      'GET /': lambda(
        () => {
          if (outcome !== 'ok') throw new Error(outcome);
          return { fine: true };
        },
        {
          integrationResponses: {
            '200': { statusCode: '200' },
            '404': {
              statusCode: '404',
              selectionPattern: '.*not found.*',
              responseTemplates: { 'application/json': '{"why":"$input.path(\'$.errorMessage\')"}' },
            },
            '400': { statusCode: '400', selectionPattern: '\\[400\\].*' },
          },
        },
      ),
    },
  });
  const statusOf = async (text: string) => {
    outcome = text;
    const { status, body } = await ask(server, apiId, '/test/');
    return [status, body];
  };
  assert.deepEqual(await statusOf('ok'), [200, '{"fine":true}']);
  assert.deepEqual(await statusOf('pet not found here'), [404, '{"why":"pet not found here"}']);
  assert.equal((await statusOf('[400] bad'))[0], 400);
  assert.equal((await statusOf('anything else'))[0], 200);
});

test('no matching and no default integration response is 500', async () => {
  const apiId = await publishRest(server, {
    methods: {
      'GET /': lambda(() => 1, { integrationResponses: { '400': { statusCode: '400', selectionPattern: 'x' } } }),
    },
  });
  const { status, body } = await ask(server, apiId, '/test/');
  assert.equal(status, 500);
  assert.equal(body, '{"message": "Internal server error"}');
});

test('response parameters come from headers, body, context, stage variables and text', async () => {
  const apiId = await publishRest(server, {
    stage: { variables: { v: 'stage-variable' } },
    methods: {
      'GET /': lambda(() => ({ location: 'https://example.com/', deep: { n: 5 } }), {
        integrationResponses: {
          '302': {
            statusCode: '302',
            responseParameters: {
              'method.response.header.Location': 'integration.response.body.location',
              'method.response.header.X-N': 'integration.response.body.deep.n',
              'method.response.header.X-Type': 'integration.response.header.Content-Type',
              'method.response.header.X-Stage': 'context.stage',
              'method.response.header.X-Variable': 'stageVariables.v',
              'method.response.header.X-Text': "'a text'",
              'method.response.header.X-None': 'integration.response.body.missing',
            },
          },
        },
      }),
    },
  });
  const { status, headers } = await ask(server, apiId, '/test/');
  assert.equal(status, 302);
  assert.equal(headers['location'], 'https://example.com/');
  assert.equal(headers['x-n'], '5');
  assert.equal(headers['x-type'], 'application/json');
  assert.equal(headers['x-stage'], 'test');
  assert.equal(headers['x-variable'], 'stage-variable');
  assert.equal(headers['x-text'], 'a text');
  assert.equal(headers['x-none'], undefined);
});

test('a response template overrides status and headers', async () => {
  const template = `#set($context.responseOverride.status = 418)
#set($context.responseOverride.header.X-Override = "yes")
{"out": $input.json('$.in')}`;
  const apiId = await publishRest(server, {
    methods: {
      'GET /': lambda(() => ({ in: [1] }), {
        integrationResponses: { '200': { statusCode: '200', responseTemplates: { 'application/json': template } } },
      }),
    },
  });
  const { status, headers, body } = await ask(server, apiId, '/test/');
  assert.equal(status, 418);
  assert.equal(headers['x-override'], 'yes');
  assert.equal(body, '{"out": [1]}');
});

test('X-Amz-Invocation-Type Event answers before the function ends', async () => {
  let ran = false;
  const apiId = await publishRest(server, {
    methods: {
      'POST /': lambda(
        () => {
          ran = true;
          throw new Error('nobody hears it');
        },
        {
          requestParameters: { 'integration.request.header.X-Amz-Invocation-Type': "'Event'" },
          integrationResponses: { '202': { statusCode: '202' } },
        },
      ),
    },
  });
  const { status, body } = await ask(server, apiId, '/test/', { method: 'POST', body: '{}' });
  assert.equal(status, 202);
  assert.equal(body, '');
  assert.equal(ran, true);
});

test('a template that breaks, and JSON that breaks it, are told apart', async () => {
  const broken = await publishRest(server, {
    methods: { 'POST /': lambda((event) => event, { requestTemplates: { 'application/json': '#if($x)' } }) },
  });
  const failed = await ask(server, broken, '/test/', { method: 'POST', body: '{}' });
  assert.equal(failed.status, 500);
  assert.equal(failed.body, '{"message": "Internal server error"}');
  const reads = await publishRest(server, {
    methods: { 'POST /': lambda((event) => event, { requestTemplates: { 'application/json': "$input.json('$.a')" } }) },
  });
  const bad = await ask(server, reads, '/test/', { method: 'POST', body: '{"a":' });
  assert.equal(bad.status, 400);
  assert.match(bad.body, /^\{"message": "Could not parse request body into json: /);
});

test('mocks answer by statusCode; without one they are misconfigured', async () => {
  const mock = (template: string | undefined): { methodIntegration: PublishedRestIntegration } => ({
    methodIntegration: {
      type: 'MOCK',
      ...(template !== undefined && { requestTemplates: { 'application/json': template } }),
      integrationResponses: {
        '200': { statusCode: '200', responseTemplates: { 'application/json': '{"id": "$context.requestId"}' } },
        '500': { statusCode: '500', selectionPattern: '5\\d{2}', responseTemplates: { 'application/json': 'failed' } },
      },
    },
  });
  const choose = `#if($input.params('scope') == "internal"){"statusCode": 200}#else{"statusCode": 500}#end`;
  const apiId = await publishRest(server, {
    methods: { 'GET /choose': mock(choose), 'GET /lenient': mock('{statusCode:200}'), 'GET /none': mock(undefined) },
  });
  const inside = await ask(server, apiId, '/test/choose?scope=internal');
  assert.deepEqual([inside.status, JSON.parse(inside.body).id], [200, inside.headers['x-amzn-requestid']]);
  const outside = await ask(server, apiId, '/test/choose');
  assert.deepEqual([outside.status, outside.body], [500, 'failed']);
  assert.equal((await ask(server, apiId, '/test/lenient')).status, 200);
  assert.deepEqual((await ask(server, apiId, '/test/none')).body, '{"message": "Internal server error"}');
});

test('gateway responses: own status, headers and templates with variables', async () => {
  const apiId = await publishRest(server, {
    stage: { variables: { help: 'docs' } },
    deployment: {
      gatewayResponses: [
        {
          responseType: 'MISSING_AUTHENTICATION_TOKEN',
          statusCode: '404',
          responseParameters: {
            'gatewayresponse.header.X-Text': "'text'",
            'gatewayresponse.header.X-From': 'method.request.header.X-Sent',
            'gatewayresponse.header.X-Query': 'method.request.querystring.q',
            'gatewayresponse.header.X-Path': 'context.path',
          },
          responseTemplates: {
            'application/json':
              '{"message":$context.error.messageString,"type":"$context.error.responseType","help":"${stageVariables.help}","not":"$x #if"}',
            'application/xml': '<error>$context.error.message</error>',
          },
        },
        { responseType: 'DEFAULT_5XX', statusCode: '503' },
      ],
    },
    methods: { 'GET /none': { methodIntegration: { type: 'MOCK' } } },
  });
  const missing = await ask(server, apiId, '/test/missing?q=7', { headers: { 'X-Sent': 'sent' } });
  assert.equal(missing.status, 404);
  assert.deepEqual(JSON.parse(missing.body), {
    message: 'Missing Authentication Token',
    type: 'MISSING_AUTHENTICATION_TOKEN',
    help: 'docs',
    not: '$x #if',
  });
  assert.equal(missing.headers['x-text'], 'text');
  assert.equal(missing.headers['x-from'], 'sent');
  assert.equal(missing.headers['x-query'], '7');
  assert.equal(missing.headers['x-path'], '/test/missing');
  const xml = await ask(server, apiId, '/test/missing', { headers: { Accept: 'application/xml' } });
  assert.equal(xml.body, '<error>Missing Authentication Token</error>');
  assert.equal(xml.headers['content-type'], 'application/xml');
  const failed = await ask(server, apiId, '/test/none');
  assert.deepEqual([failed.status, failed.body], [503, '{"message": "Internal server error"}']);
});

test('request validators: parameters first, then the body against its model', async () => {
  const models = [
    {
      name: 'Pet',
      contentType: 'application/json',
      schema: JSON.stringify({
        $schema: 'http://json-schema.org/draft-04/schema#',
        type: 'object',
        required: ['name'],
        properties: {
          name: { type: 'string', minLength: 1 },
          owner: { $ref: 'https://apigateway.amazonaws.com/restapis/abc/models/Owner' },
          age: { type: 'integer', minimum: 0, exclusiveMinimum: true },
        },
        additionalProperties: false,
      }),
    },
    {
      name: 'Owner',
      contentType: 'application/json',
      schema: '{"type":"object","required":["email"],"properties":{"email":{"type":"string","pattern":"^(a+)+@"}}}',
    },
  ];
  const apiId = await publishRest(server, {
    deployment: {
      models,
      requestValidators: [{ id: 'all', validateRequestBody: true, validateRequestParameters: true }],
      gatewayResponses: [
        {
          responseType: 'BAD_REQUEST_BODY',
          responseTemplates: { 'application/json': '$context.error.validationErrorString' },
        },
      ],
    },
    methods: {
      'POST /pets/{id}': {
        ...lambda((event) => event),
        requestValidatorId: 'all',
        requestModels: { 'application/json': 'Pet' },
        requestParameters: {
          'method.request.path.id': true,
          'method.request.querystring.page': true,
          'method.request.header.X-Key': true,
          'method.request.header.X-Optional': false,
        },
      },
    },
  });
  const post = (body: string, path = '/test/pets/1?page=1', headers: Record<string, string> = { 'x-key': 'k' }) =>
    ask(server, apiId, path, { method: 'POST', body, headers });
  const missing = await post('{', '/test/pets/1', {});
  assert.deepEqual(
    [missing.status, missing.body],
    [400, '{"message": "Missing required request parameters: [page, X-Key]"}'],
  );
  assert.equal((await post('{"name":"Rex","owner":{"email":"aa@x"},"age":3}')).status, 200);
  const wrong = {
    '{': '[]',
    '': '[]',
    '{}': '[object has missing required properties (["name"])]',
    '{"name":"Rex","x":1}': '[object instance has properties which are not allowed by the schema: ["x"]]',
    '{"name":"Rex","owner":{}}': '[object has missing required properties (["email"])]',
  };
  for (const [body, problems] of Object.entries(wrong)) {
    const answer = await post(body);
    assert.deepEqual([answer.status, answer.body], [400, problems], body);
  }
  for (const body of [
    '{"name":""}',
    '{"name":5}',
    '{"name":"Rex","age":0}',
    `{"name":"Rex","owner":{"email":"${'a'.repeat(60)}!"}}`,
  ]) {
    assert.equal((await post(body)).status, 400, body);
  }
  assert.equal((await post('[1]', '/test/pets/1?page=1', { 'x-key': 'k', 'Content-Type': 'text/plain' })).status, 200);
});

test('an invalid body without a gateway response of its own says so', async () => {
  const apiId = await publishRest(server, {
    deployment: {
      models: [{ name: 'Any', contentType: 'application/json', schema: '{"type":"object"}' }],
      requestValidators: [{ id: 'body', validateRequestBody: true }],
    },
    methods: {
      'POST /': {
        ...lambda((event) => event),
        requestValidatorId: 'body',
        requestModels: { 'application/json': 'Any' },
      },
    },
  });
  const { status, body, headers } = await ask(server, apiId, '/test/', { method: 'POST', body: '[]' });
  assert.deepEqual([status, body], [400, '{"message": "Invalid request body"}']);
  assert.equal(headers['x-amzn-errortype'], 'BadRequestException');
});

test('a canary gets its share of the requests, with its own variables', async () => {
  const { restDeployment } = await import('./fixture.ts');
  const mock = (text: string): { methodIntegration: PublishedRestIntegration } => ({
    methodIntegration: {
      type: 'MOCK',
      requestTemplates: { 'application/json': '{"statusCode":200}' },
      integrationResponses: { '200': { statusCode: '200', responseTemplates: { 'application/json': text } } },
    },
  });
  const apiId = await publishRest(server, {
    methods: { 'GET /': mock('old $stageVariables.v') },
    stage: { variables: { v: '1' }, canarySettings: { percentTraffic: 25, stageVariableOverrides: { v: '2' } } },
    canary: { deployment: restDeployment({ methods: { 'GET /': mock('new $stageVariables.v') } }, 'dep002') },
  });
  const bodies: string[] = [];
  for (let i = 0; i < 100; i++) bodies.push((await ask(server, apiId, '/test/')).body);
  assert.deepEqual(new Set(bodies), new Set(['old 1', 'new 2']));
  const canary = bodies.filter((body) => body === 'new 2').length;
  assert.ok(canary >= 22 && canary <= 28, `${canary} of 100`);
});
