// Python handlers and what Lambda makes of their answer (docs: python-handler, python-exceptions, python-logging).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
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

test("the runtime's interpreter is python and python3 for scripts, as on AWS", async () => {
  const names = async (runtime: string): Promise<unknown> =>
    answerOf(
      await run(
        'import subprocess, sys\ndef of(name):\n    return subprocess.run([name, "-c", "import sys, json; print(sys.version_info[:2])"], capture_output=True, text=True).stdout.strip()\ndef handler(event, context):\n    return [str(sys.version_info[:2]) == of(name) for name in ["python", "python3", event]]',
        runtime,
        { runtime },
      ),
    );
  assert.deepEqual(await names('python3.11'), [true, true, true]);
  // an interpreter of pyenv or uv where there is one, else the machine's
  assert.deepEqual(await names('python3.13'), [true, true, true]);
});

test('a wrapper may start the interpreter by its name', async () => {
  const snapshot = await defineFunction(
    {
      'app.py': 'import os\ndef handler(event, context):\n    return os.environ["WRAPPED"]',
      wrapper: '#!/bin/sh\nexport WRAPPED=$(python -c "print(6 * 7)")\nexec "$@"\n',
    },
    {
      runtime: 'python3.11',
      handler: 'app.handler',
      environment: { AWS_LAMBDA_EXEC_WRAPPER: '/var/task/wrapper' },
    },
  );
  assert.equal(answerOf(await invoke(fixture, snapshot)), '42');
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

// The rules of awslambdaric 4.2.2, Lambda's own runtime interface client for Python.
test('an answer is written as the encoder of the runtime writes it', async () => {
  const written = async (expression: string): Promise<string> => {
    const source = `import decimal, collections\nPoint = collections.namedtuple("Point", "x y")\ndef handler(event, context):\n    return ${expression}`;
    return (await run(source)).payload.toString();
  };
  assert.equal(
    await written('{"price": decimal.Decimal("1.10"), "at": Point(1, 2)}'),
    '{"price": 1.10, "at": {"x": 1, "y": 2}}',
  );
  assert.equal(await written('{"text": b"caf\\xc3\\xa9"}'), '{"text": "caf\\u00e9"}');
  assert.equal(await written('b"{}"'), '{}');
  assert.match(
    await written('{1, 2}'),
    /"errorMessage": "Unable to marshal response: Object of type set is not JSON serializable"/,
  );
});

test('an exception of the module itself has the frames of its import, after a warning', async () => {
  const result = await run('def fail():\n    return {}["key"] + 1\nfail()\ndef handler(event, context):\n    pass');
  const { errorType, errorMessage, requestId, stackTrace } = answerOf(result) as Record<string, any>;
  assert.deepEqual([errorType, errorMessage, requestId], ['KeyError', "'key'", '']);
  assert.match(
    stackTrace[0],
    /^ {2}File "\/var\/lang\/lib\/python3\.\d+\/importlib\/__init__\.py", line \d+, in import_module\n/,
  );
  assert.deepEqual(stackTrace.slice(-2), [
    '  File "/var/task/app.py", line 3, in <module>\n    fail()\n',
    '  File "/var/task/app.py", line 2, in fail\n    return {}["key"] + 1\n',
  ]);
  assert.match(
    result.logTail ?? '',
    /\[WARNING\]\t[\d-]+T[\d:.]+Z\t\tLAMBDA_WARNING: Unhandled exception\. [^\n]*\n\[ERROR\] KeyError: 'key'\nTraceback/,
  );
});

test('a module of the interpreter is no handler', async () => {
  const snapshot = await define('x = 1', { handler: 'sys.exit' });
  const { errorType, errorMessage } = answerOf(await invoke(fixture, snapshot)) as Record<string, string>;
  assert.deepEqual(
    [errorType, errorMessage],
    ['Runtime.BuiltInModuleConflict', 'Cannot use built-in module sys as a handler module'],
  );
});

test('the context says all of itself, and what the client sent', async () => {
  const clientContext = JSON.stringify({
    custom: { a: 1 },
    client: { app_title: 't' },
    w3c: { traceparent: 'p', x: 1 },
  });
  const source =
    'def handler(event, context):\n    return [repr(context.client_context), repr(context)[-14:], context.w3c(), context.tenant_id]';
  const result = await invoke(fixture, await define(source), {}, { clientContext });
  assert.deepEqual(answerOf(result), [
    "ClientContext([custom={'a': 1},env=None,client=Client([installation_id=None,app_title=t,app_version_name=None,app_version_code=None,app_package_name=None])])",
    'nant_id=None])',
    { traceparent: 'p' },
    null,
  ]);
});

test('JSON records keep a message that is a dictionary, and tell where an exception was logged', async () => {
  const source = `import logging
log = logging.getLogger("shop")
def handler(event, context):
    log.warning({"order": 7}, extra={"customer": "c"})
    try:
        1 / 0
    except ZeroDivisionError:
        log.exception("failed")`;
  const result = await run(source, {}, { logging: { group: '/aws/lambda/f', format: 'JSON' } });
  const records = (result.logTail ?? '').split('\n').filter((line) => line.includes('"logger"'));
  const [plain, failed] = records.map((line) => JSON.parse(line) as Record<string, unknown>);
  assert.deepEqual(Object.keys(plain ?? {}), ['timestamp', 'level', 'message', 'logger', 'requestId', 'customer']);
  assert.deepEqual(plain?.['message'], { order: 7 });
  assert.deepEqual(Object.keys(failed ?? {}), [
    'timestamp',
    'level',
    'message',
    'logger',
    'stackTrace',
    'errorType',
    'errorMessage',
    'requestId',
    'location',
  ]);
  assert.equal(failed?.['location'], '/var/task/app.py:handler:8');
});

test('events of every size arrive whole, one after another in one environment', async () => {
  const source = `import hashlib
count = 0
def handler(event, context):
    global count
    count += 1
    return [count, len(event), hashlib.sha256(event.encode()).hexdigest()]`;
  const snapshot = await defineFunction({ 'index.py': source }, { runtime: 'python3.11', memoryMb: 256 });
  const sizes = [0, 1, 65_000, 65_500, 65_536, 70_000, 1_100_000, 6_000_000, 3];
  for (const [n, size] of sizes.entries()) {
    const text = 'abc'.repeat(Math.ceil(size / 3)).slice(0, size);
    const sha256 = createHash('sha256').update(text).digest('hex');
    assert.deepEqual(answerOf(await invoke(fixture, snapshot, text)), [n + 1, size, sha256]);
  }
});

test('what was printed without an end of line is in the log of a timeout', async () => {
  const source = 'import time\ndef handler(event, context):\n    print("half a line", end="")\n    time.sleep(5)';
  const result = await run(source, {}, { timeoutSeconds: 1 });
  assert.match(result.logTail ?? '', /half a line\n?.*Task timed out after 1\.00 seconds/s);
});
