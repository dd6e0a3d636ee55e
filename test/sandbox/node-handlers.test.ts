// Every form of Node handler and what Lambda makes of its answer (docs: nodejs-handler, nodejs-exceptions).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => (fixture = await startPool()));
after(() => fixture.stop());

const define = (source: string, settings = {}) => defineFunction({ 'index.js': source }, settings);
const run = async (source: string, event: unknown = {}, settings = {}) =>
  invoke(fixture, await define(source, settings), event, { logTail: true });

test('an async handler answers with its value', async () => {
  const result = await run('exports.handler = async (event) => ({ got: event.n + 1 })', { n: 1 });
  assert.deepEqual(answerOf(result), { got: 2 });
  assert.equal(result.functionError, undefined);
});

test('undefined becomes null', async () => {
  assert.equal((await run('exports.handler = async () => {}')).payload.toString(), 'null');
});

test('a callback answers once the event loop is empty', async () => {
  const source = `exports.handler = (event, context, callback) => {
    const seen = [];
    setTimeout(() => seen.push('late'), 20);
    callback(null, seen);
  }`;
  assert.deepEqual(answerOf(await run(source)), ['late']);
});

test('callbackWaitsForEmptyEventLoop = false answers at once and freezes what is left', async () => {
  const snapshot = await define(`let ticks = 0;
  exports.handler = (event, context, callback) => {
    context.callbackWaitsForEmptyEventLoop = false;
    if (!event.again) setTimeout(() => ticks++, 1);
    if (event.again) setTimeout(() => callback(null, ticks), 50);
    else callback(null, 'now');
  }`);
  assert.equal(answerOf(await invoke(fixture, snapshot)), 'now');
  assert.equal(answerOf(await invoke(fixture, snapshot, { again: true })), 1);
});

test('a callback error is the function error', async () => {
  const result = await run(`exports.handler = (event, context, callback) => callback(new TypeError('no'))`);
  assert.equal(result.functionError, 'Unhandled');
  const { errorType, errorMessage, trace } = answerOf(result);
  assert.deepEqual([errorType, errorMessage, trace[0]], ['TypeError', 'no', 'TypeError: no']);
  assert.match(
    result.logTail ?? '',
    /\tERROR\tInvoke Error \t\{"errorType":"TypeError","errorMessage":"no","stack":\["TypeError: no"/,
  );
});

test('a callback text is an error of type string', async () => {
  const result = await run(`exports.handler = (event, context, callback) => callback('sorry')`);
  assert.deepEqual(answerOf(result), { errorType: 'string', errorMessage: 'sorry', trace: [] });
});

test('context.succeed, context.fail and context.done of the first runtimes still answer', async () => {
  assert.equal(answerOf(await run('exports.handler = (e, c) => c.succeed("yes")')), 'yes');
  assert.equal(answerOf(await run('exports.handler = (e, c) => c.done(null, 3)')), 3);
  assert.equal(answerOf(await run('exports.handler = (e, c) => c.fail(new Error("x"))')).errorMessage, 'x');
});

test('a plain return value of a synchronous handler is not the answer', async () => {
  assert.equal((await run('exports.handler = () => 5')).payload.toString(), 'null');
});

test('an error thrown by the handler is the function error', async () => {
  const result = await run('exports.handler = () => { throw new RangeError("far") }');
  assert.equal(answerOf(result).errorType, 'RangeError');
  assert.match(answerOf(result).trace[1], /at .*handler \(\/var\/task\/index\.js:1:\d+\)/);
});

test('an async handler whose promise never settles is a Node exit', async () => {
  const result = await run('exports.handler = async () => new Promise(() => {})');
  assert.equal(answerOf(result).errorType, 'Runtime.NodeJsExit');
});

test('an unhandled rejection ends the runtime with status 128', async () => {
  const result = await run(`exports.handler = async () => {
    Promise.reject(new Error('boom'));
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }`);
  const { errorType, errorMessage } = answerOf(result);
  assert.deepEqual([errorType, errorMessage], ['Runtime.UnhandledPromiseRejection', 'Error: boom']);
  assert.match(result.logTail ?? '', /Error: Runtime exited with error: exit status 128\nRuntime.ExitError/);
});

test('an uncaught exception ends the runtime with status 129', async () => {
  const result = await run(`exports.handler = (e, c, cb) => { setTimeout(() => { throw new Error('later') }, 1) }`);
  assert.deepEqual([answerOf(result).errorType, answerOf(result).errorMessage], ['Error', 'later']);
  assert.match(result.logTail ?? '', /exit status 129/);
});

test('process.exit is a Runtime.ExitError in the words of AWS, and the next request starts anew', async () => {
  const snapshot = await define(
    'let n = 0; exports.handler = async (e) => { if (e.exit) process.exit(1); return ++n }',
  );
  await invoke(fixture, snapshot);
  const requestId = '8f5a9b3c-0000-4000-8000-000000000001';
  const result = await invoke(fixture, snapshot, { exit: true }, { requestId });
  assert.equal(result.functionError, 'Unhandled');
  assert.equal(
    result.payload.toString(),
    `{"errorType":"Runtime.ExitError","errorMessage":"RequestId: ${requestId} Error: Runtime exited with error: exit status 1"}`,
  );
  assert.equal(answerOf(await invoke(fixture, snapshot)), 1);
});

test('process.exit(0) exits without providing a reason', async () => {
  const result = await run('exports.handler = async () => process.exit(0)');
  assert.match(answerOf(result).errorMessage, /Error: Runtime exited without providing a reason$/);
});

test('an endless loop is killed at the timeout with the words of AWS', async () => {
  const requestId = '8f5a9b3c-0000-4000-8000-000000000002';
  const snapshot = await define('exports.handler = async (e) => { while (e.loop); return 1 }', { timeoutSeconds: 1 });
  const result = await invoke(fixture, snapshot, { loop: true }, { requestId, logTail: true });
  assert.equal(
    result.payload.toString(),
    `{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: ${requestId} Error: Task timed out after 1.00 seconds"}`,
  );
  assert.match(result.logTail ?? '', new RegExp(`Z ${requestId} Task timed out after 1.00 seconds\n`));
  assert.match(result.logTail ?? '', /\tBilled Duration: 1\d{3} ms\t.*\tStatus: timeout\t\n/);
  assert.equal(answerOf(await invoke(fixture, snapshot)), 1);
});

test('an ES module with top-level await', async () => {
  const snapshot = await defineFunction({
    'index.mjs': 'const value = await Promise.resolve(7); export const handler = async () => value;',
  });
  assert.equal(answerOf(await invoke(fixture, snapshot)), 7);
});

test('a package of type module with an import and top-level await', async () => {
  const snapshot = await defineFunction({
    'package.json': '{"type":"module"}',
    'lib.js': 'export const two = 2;',
    'index.js': 'import { two } from "./lib.js"; await null; export const handler = async () => two;',
  });
  assert.equal(answerOf(await invoke(fixture, snapshot)), 2);
});

test('a handler in a folder, nested in an object', async () => {
  const snapshot = await defineFunction(
    { 'src/api/app.js': 'exports.routes = { get: { handler: async () => __dirname } }' },
    { handler: 'src/api/app.routes.get.handler' },
  );
  assert.equal(answerOf(await invoke(fixture, snapshot)), '/var/task/src/api');
});

test('a missing module, export or function, and a syntax error, have their own types', async () => {
  const cases: [string, string, string, RegExp][] = [
    [
      'require("nothere")',
      'index.handler',
      'Runtime.ImportModuleError',
      /^Error: Cannot find module 'nothere'\nRequire stack:\n- \/var\/task\/index\.js\n- \/var\/runtime\/index\.mjs$/,
    ],
    ['exports.handler = 1', 'app.handler', 'Runtime.ImportModuleError', /^Error: Cannot find module 'app'/],
    ['exports.other = 1', 'index.handler', 'Runtime.HandlerNotFound', /^index\.handler is undefined or not exported$/],
    ['exports.handler = 1', 'index.handler', 'Runtime.HandlerNotFound', /^index\.handler is not a function$/],
    ['exports.handler = {{', 'index.handler', 'Runtime.UserCodeSyntaxError', /^SyntaxError: /],
    ['exports.handler = 1', 'index', 'Runtime.MalformedHandlerName', /^Bad handler$/],
    ['throw new EvalError("init")', 'index.handler', 'EvalError', /^init$/],
  ];
  for (const [source, handler, type, message] of cases) {
    const result = await run(source, {}, { handler });
    assert.equal(result.functionError, 'Unhandled');
    assert.equal(answerOf(result).errorType, type);
    assert.match(answerOf(result).errorMessage, message);
    assert.match(
      result.logTail ?? '',
      new RegExp(`INIT_REPORT Init Duration: [\\d.]+ ms\tPhase: invoke\tStatus: error\tError Type: ${type}`),
    );
  }
});

test('process.exit during initialisation is a Runtime.ExitError', async () => {
  const result = await run('process.exit(3)');
  assert.match(answerOf(result).errorMessage, /Error: Runtime exited with error: exit status 3$/);
});

test('initialisation that takes too long is tried again within the invocation and its timeout', async () => {
  const result = await run('while (true);', {}, { timeoutSeconds: 1 });
  assert.equal(answerOf(result).errorType, 'Sandbox.Timedout');
  assert.match(
    result.logTail ?? '',
    /INIT_REPORT Init Duration: (10\d{3}|9999)\.\d\d ms\tPhase: init\tStatus: timeout\n/,
  );
  assert.match(result.logTail ?? '', /Phase: invoke\tStatus: timeout\n/);
});

test('a callback handler is refused from nodejs24.x on', async () => {
  const source = 'exports.handler = (event, context, callback) => callback(null, 1)';
  assert.equal(answerOf(await run(source, {}, { runtime: 'nodejs22.x' })), 1);
  assert.equal(
    answerOf(await run(source, {}, { runtime: 'nodejs24.x' })).errorType,
    'Runtime.CallbackHandlerDeprecated',
  );
});

test('the context has what AWS documents', async () => {
  const source = `exports.handler = async (event, context) => ({ ...context, left: context.getRemainingTimeInMillis() })`;
  const snapshot = await define(source, { memoryMb: 256, version: '7' });
  const requestId = '8f5a9b3c-0000-4000-8000-000000000003';
  const invokedFunctionArn = `${snapshot.arn}:live`;
  const clientContext = '{"custom":{"a":1}}';
  const { left, logStreamName, ...context } = answerOf(
    await invoke(fixture, snapshot, {}, { requestId, invokedFunctionArn, clientContext }),
  );
  assert.deepEqual(context, {
    callbackWaitsForEmptyEventLoop: true,
    functionVersion: '7',
    functionName: snapshot.name,
    memoryLimitInMB: '256',
    logGroupName: `/aws/lambda/${snapshot.name}`,
    clientContext: { custom: { a: 1 } },
    invokedFunctionArn,
    awsRequestId: requestId,
  });
  assert.ok(left > 0 && left <= 10_000);
  assert.match(logStreamName, /^\d{4}\/\d\d\/\d\d\/\[7\][0-9a-f]{32}$/);
});

test('the environment has what AWS documents, the user variables, and nothing of the platform', async () => {
  const snapshot = await define('exports.handler = async () => process.env', {
    environment: { TABLE: 't', AWS_REGION: 'ignored' },
    runtime: 'nodejs20.x',
  });
  const environment = answerOf(await invoke(fixture, snapshot, {}, { traceHeader: 'Root=1-2-3' }));
  const { AWS_LAMBDA_LOG_STREAM_NAME: stream, ...rest } = environment;
  assert.match(stream, /\[\$LATEST\]/);
  assert.equal(rest.TABLE, 't');
  assert.equal(rest.AWS_REGION, 'us-east-1');
  assert.equal(rest.AWS_EXECUTION_ENV, 'AWS_Lambda_nodejs20.x');
  assert.equal(rest._HANDLER, 'index.handler');
  assert.equal(rest.LAMBDA_TASK_ROOT, '/var/task');
  assert.equal(rest.AWS_SESSION_TOKEN, 'token');
  assert.equal(rest._X_AMZN_TRACE_ID, 'Root=1-2-3');
  assert.equal(rest.TZ, ':UTC');
  assert.match(
    rest.NODE_PATH,
    /^\/opt\/nodejs\/node20\/node_modules:\/opt\/nodejs\/node_modules:\/var\/runtime\/node_modules:/,
  );
  assert.deepEqual([rest.PWD, rest.SHLVL], ['/var/task', '0']);
  for (const name of Object.keys(rest)) assert.doesNotMatch(name, /GATEHOUSE|NODE_CHANNEL|npm_|SUDO|SSH|OLDPWD|^HOME$/);
});

test('console lines carry time, request id and level, in order with the report', async () => {
  const requestId = '8f5a9b3c-0000-4000-8000-000000000004';
  const snapshot = await define(`exports.handler = async () => {
    console.log('a %d', 1); console.error('b'); console.warn('c'); console.debug('d'); process.stdout.write('raw\\n');
    require('child_process').execFileSync('sh', ['-c', 'echo from a child'], { stdio: 'inherit' });
  }`);
  const result = await invoke(fixture, snapshot, {}, { requestId, logTail: true });
  const lines = (result.logTail ?? '').split('\n').map((line) => line.replace(/^\d{4}-\S+Z\t/, 'TIME\t'));
  assert.match(
    fixture.logs.get(snapshot.name)?.[0] ?? '',
    /^INIT_START Runtime Version: nodejs:22\.v\d+\tRuntime Version ARN: arn:aws:lambda:us-east-1::runtime:/,
  );
  // INIT_START stands in the log alone
  assert.deepEqual(lines.filter((line) => line !== 'from a child').slice(0, 6), [
    `START RequestId: ${requestId} Version: $LATEST`,
    `TIME\t${requestId}\tINFO\ta 1`,
    `TIME\t${requestId}\tERROR\tb`,
    `TIME\t${requestId}\tWARN\tc`,
    `TIME\t${requestId}\tDEBUG\td`,
    'raw',
  ]);
  assert.ok(lines.includes('from a child'));
  assert.ok(lines.includes(`END RequestId: ${requestId}`));
  assert.match(
    result.logTail ?? '',
    new RegExp(
      `REPORT RequestId: ${requestId}\tDuration: [\\d.]+ ms\tBilled Duration: \\d+ ms\tMemory Size: 128 MB\tMax Memory Used: \\d+ MB\tInit Duration: [\\d.]+ ms\t\n$`,
    ),
  );
});

test('JSON logs have one object per record and respect the application level', async () => {
  const logging = { group: '/aws/lambda/x', format: 'JSON' as const, applicationLevel: 'WARN' };
  const snapshot = await define(
    `exports.handler = async () => { console.info('quiet'); console.warn({ a: 1 }); console.error('x', new Error('bad')) }`,
    { logging },
  );
  const result = await invoke(fixture, snapshot, {}, { logTail: true });
  const records = (result.logTail ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const own = records.filter((record) => record.level);
  assert.deepEqual(
    own.map((record) => record.level),
    ['WARN', 'ERROR'],
  );
  assert.deepEqual(own[0].message, { a: 1 });
  assert.equal(own[1].errorMessage, 'bad');
  assert.deepEqual(
    records.filter((record) => record.type).map((record) => record.type),
    ['platform.start', 'platform.report'],
  );
});

test('an answer above 6 MB is refused in the words of AWS', async () => {
  const result = await run('exports.handler = async () => "x".repeat(7 * 1024 * 1024)', {}, { memoryMb: 256 });
  assert.deepEqual(answerOf(result), {
    errorType: 'Function.ResponseSizeTooLarge',
    errorMessage: 'Response payload size exceeded maximum allowed payload size (6291556 bytes).',
  });
});

test('6 MB go in and out', async () => {
  const text = 'é'.repeat(1_500_000) + 'x'.repeat(3_000_000);
  const result = await run('exports.handler = async (event) => event', text, { memoryMb: 512 });
  assert.equal(answerOf(result), text);
});

test('a request above 6 MB is refused', async () => {
  await assert.rejects(run('exports.handler = async () => 1', 'x'.repeat(6_291_456)), {
    code: 'RequestTooLargeException',
    status: 413,
    message: '6291458 byte payload is too large for the RequestResponse invocation type (limit 6291456 bytes)',
  });
});

// The rules of aws-lambda-ric 3.3.0, Lambda's own runtime interface client for Node.
test('what belongs to callbacks is in the context up to nodejs22.x', async () => {
  const source = 'exports.handler = async (event, context) => Object.keys(context)';
  const common =
    'functionVersion functionName memoryLimitInMB logGroupName logStreamName clientContext identity invokedFunctionArn awsRequestId tenantId getRemainingTimeInMillis'.split(
      ' ',
    );
  assert.deepEqual(answerOf(await run(source)), [
    'callbackWaitsForEmptyEventLoop',
    'succeed',
    'fail',
    'done',
    ...common,
  ]);
  assert.deepEqual(answerOf(await run(source, {}, { runtime: 'nodejs24.x' })), common);
});

test('a trace ends with the call of the handler', async () => {
  const { trace } = answerOf(await run('exports.handler = async function named() { throw new TypeError("no") }'));
  assert.equal(trace.length, 3);
  assert.deepEqual(trace.slice(0, 2), ['TypeError: no', '    at Runtime.named [as handler] (/var/task/index.js:1:50)']);
  assert.match(trace[2], /^ {4}at Runtime\.handleOnceNonStreaming \(file:\/\/\/var\/runtime\/index\.mjs:\d+:\d+\)$/);
});

test('answers and errors that are none', async () => {
  const circular = answerOf(await run('exports.handler = async () => { const a = {}; a.a = a; return a }'));
  assert.deepEqual([circular.errorType, circular.errorMessage], ['Error', 'Unable to stringify response body']);
  const text = await run('exports.handler = async () => { throw "text" }');
  assert.deepEqual(answerOf(text), { errorType: 'string', errorMessage: 'text', trace: [] });
  assert.match(
    text.logTail ?? '',
    /\tERROR\tInvoke Error \t\{"errorType":"Error","errorMessage":"text","stack":\["Error: text",/,
  );
  const nothing = answerOf(await run('exports.handler = async () => { throw null }'));
  assert.deepEqual(nothing, { errorType: 'string', errorMessage: 'handled', trace: [] });
});

test('JSON records keep a single part as it is, and the members of errors', async () => {
  const source = `exports.handler = async () => {
    console.log(42); console.log(undefined); console.log({ cause: new RangeError('inner') });
    console.log('two', new TypeError('parts')); throw new Error('thrown') }`;
  const result = await run(source, {}, { logging: { group: '/aws/lambda/f', format: 'JSON' } });
  const records = (result.logTail ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, any>);
  const [number, nothing, nested, two, thrown] = records.filter((record) => record['level']);
  assert.equal(number?.['message'], 42);
  assert.deepEqual(Object.keys(nothing ?? {}), ['timestamp', 'level', 'requestId']);
  assert.deepEqual(
    [nested?.['message'].cause.errorType, nested?.['message'].cause.errorMessage],
    ['RangeError', 'inner'],
  );
  assert.match(two?.['message'], /^two TypeError: parts\n/);
  assert.deepEqual(
    [two?.['errorType'], two?.['errorMessage'], two?.['stackTrace'][0]],
    ['TypeError', 'parts', 'TypeError: parts'],
  );
  assert.deepEqual(Object.keys(thrown?.['message']), ['errorType', 'errorMessage', 'stackTrace']);
});
