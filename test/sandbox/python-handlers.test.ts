// Python handlers and what Lambda makes of their answer (docs: python-handler, python-exceptions, python-logging).
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

let fixture: PoolFixture;
before(async () => (fixture = await startPool()));
after(() => fixture.stop());

const define = (source: string, settings = {}) =>
  defineFunction({ 'app.py': source }, { runtime: 'python3.11', handler: 'app.handler', ...settings });
const run = async (source: string, event: unknown = {}, settings = {}) =>
  invoke(fixture, await define(source, settings), event, { logTail: true });

test('a handler answers with its value', async () => {
  assert.deepEqual(answerOf(await run('def handler(event, context):\n    return {"got": event["n"] + 1}', { n: 1 })), {
    got: 2,
  });
});

test('a handler in a nested package', async () => {
  const snapshot = await defineFunction(
    {
      'src/api/app.py': 'from . import lib\ndef main(event, context):\n    return lib.two',
      'src/api/lib.py': 'two = 2',
    },
    { runtime: 'python3.11', handler: 'src/api/app.main' },
  );
  assert.equal(answerOf(await invoke(fixture, snapshot)), 2);
});

test('an exception has its type, message and the stack of the user code', async () => {
  const requestId = '8f5a9b3c-0000-4000-8000-000000000005';
  const snapshot = await define('def handler(event, context):\n    raise ValueError("bad")');
  const result = await invoke(fixture, snapshot, {}, { requestId, logTail: true });
  assert.equal(result.functionError, 'Unhandled');
  assert.deepEqual(answerOf(result), {
    errorMessage: 'bad',
    errorType: 'ValueError',
    requestId,
    stackTrace: ['  File "/var/task/app.py", line 2, in handler\n    raise ValueError("bad")\n'],
  });
  assert.match(
    result.logTail ?? '',
    /\[ERROR\] ValueError: bad\nTraceback \(most recent call last\):\n\u00a0\u00a0File "\/var\/task\/app\.py", line 2, in handler\n\u00a0\u00a0\u00a0\u00a0raise ValueError\("bad"\)\n/,
  );
});

test('a missing module, function or dot, and a syntax error, have their own types', async () => {
  const cases: [string, string, string, RegExp][] = [
    [
      'import nothere',
      'app.handler',
      'Runtime.ImportModuleError',
      /^Unable to import module 'app': No module named 'nothere'$/,
    ],
    [
      'x = 1',
      'other.handler',
      'Runtime.ImportModuleError',
      /^Unable to import module 'other': No module named 'other'$/,
    ],
    ['x = 1', 'app.handler', 'Runtime.HandlerNotFound', /^Handler 'handler' missing on module 'app'$/],
    ['def handler(', 'app.handler', 'Runtime.UserCodeSyntaxError', /^Syntax error in module 'app': /],
    [
      'x = 1',
      'app',
      'Runtime.MalformedHandlerName',
      /^Bad handler 'app': not enough values to unpack \(expected 2, got 1\)$/,
    ],
    ['raise KeyError("init")', 'app.handler', 'KeyError', /init/],
  ];
  for (const [source, handler, type, message] of cases) {
    const result = await run(source, {}, { handler });
    assert.equal(answerOf(result).errorType, type);
    assert.match(answerOf(result).errorMessage, message);
  }
});

test('print and logging carry the request id, in order', async () => {
  const requestId = '8f5a9b3c-0000-4000-8000-000000000006';
  const snapshot = await define(
    `import logging, sys
logging.getLogger().setLevel(logging.INFO)
def handler(event, context):
    print("one")
    logging.info("two %d", 2)
    logging.getLogger("x").warning("three")
    sys.stderr.write("four\\n")
    print("no newline", end="")`,
  );
  const result = await invoke(fixture, snapshot, {}, { requestId, logTail: true });
  const lines = (result.logTail ?? '').split('\n').map((line) => line.replace(/\t\d{4}-\S+Z\t/, '\tTIME\t'));
  assert.deepEqual(lines.slice(0, 7), [
    `START RequestId: ${requestId} Version: $LATEST`,
    'one',
    `[INFO]\tTIME\t${requestId}\ttwo 2`,
    `[WARNING]\tTIME\t${requestId}\tthree`,
    'four',
    'no newline',
    `END RequestId: ${requestId}`,
  ]);
});

test('JSON logs have one object per record', async () => {
  const source = `import logging
def handler(event, context):
    logging.getLogger().info("hi", extra={"order": 7})
    logging.getLogger().debug("quiet")`;
  const result = await run(source, {}, { logging: { group: '/aws/lambda/x', format: 'JSON' } });
  const records = (result.logTail ?? '')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((record) => record.level);
  assert.equal(records.length, 1);
  const { timestamp, requestId, ...rest } = records[0];
  assert.match(timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.ok(requestId);
  assert.deepEqual(rest, { level: 'INFO', message: 'hi', logger: 'root', order: 7 });
});

test('the context has what AWS documents', async () => {
  const source = `def handler(event, context):
    return [context.function_name, context.function_version, context.memory_limit_in_mb, context.aws_request_id,
            context.invoked_function_arn, context.log_group_name, context.client_context.custom["a"],
            context.identity.cognito_identity_id, context.get_remaining_time_in_millis() > 0]`;
  const snapshot = await define(source, { version: '3' });
  const requestId = '8f5a9b3c-0000-4000-8000-000000000007';
  const result = await invoke(fixture, snapshot, {}, { requestId, clientContext: '{"custom":{"a":1}}' });
  assert.deepEqual(answerOf(result), [
    snapshot.name,
    '3',
    '128',
    requestId,
    snapshot.arn,
    `/aws/lambda/${snapshot.name}`,
    1,
    null,
    true,
  ]);
});

test('sys.exit is a Runtime.ExitError', async () => {
  const result = await run('import sys\ndef handler(event, context):\n    sys.exit(4)');
  assert.match(answerOf(result).errorMessage, /Error: Runtime exited with error: exit status 4$/);
});

test('what cannot be marshalled is a Runtime.MarshalError', async () => {
  const { errorType, errorMessage } = answerOf(await run('def handler(event, context):\n    return {1, 2}'));
  assert.deepEqual(
    [errorType, errorMessage],
    ['Runtime.MarshalError', 'Unable to marshal response: Object of type set is not JSON serializable'],
  );
});

test('a version that this machine does not have runs on another one, with a warning once', async () => {
  const settings = { runtime: 'python3.14' };
  for (let i = 0; i < 2; i++) {
    assert.equal(answerOf(await run('def handler(event, context):\n    return 1', {}, settings)), 1);
  }
  const warnings = fixture.warnings.filter((text) => text.includes('python3.14'));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0] ?? '', /^Functions of python3\.14 run on this machine's Python 3\.\d+\.$/);
});
