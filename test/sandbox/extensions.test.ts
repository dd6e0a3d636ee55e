// External and internal extensions (docs: runtimes-extensions-api), in every isolation mode that this machine offers.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { bashExtension, ECHO_RUNTIME, extensionLayer, nodeExtension } from './extension-fixture.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

const HANDLER = { 'index.js': 'exports.handler = async (event) => event' };
const PYTHON_HANDLER = { 'index.py': 'def handler(event, context):\n  return event' };

for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    before(async () => (fixture = await startPool({ isolation: mode })));
    after(() => fixture.stop());

    const logsOf = ({ name }: FunctionSnapshot): string => (fixture.logs.get(name) ?? []).join('');
    const logged = (snapshot: FunctionSnapshot, pattern: RegExp): Promise<unknown> =>
      eventually(() => pattern.test(logsOf(snapshot)));
    const extended = async (
      programs: Record<string, string>,
      settings: Partial<FunctionSnapshot> = {},
      files: Record<string, string> = HANDLER,
    ): Promise<FunctionSnapshot> =>
      defineFunction(files, { runtime: 'nodejs24.x', layers: [await extensionLayer(programs)], ...settings });

    for (const [runtime, files] of [
      ['nodejs24.x', HANDLER],
      ['python3.12', PYTHON_HANDLER],
      ['provided.al2023', { bootstrap: ECHO_RUNTIME }],
    ] as const) {
      test(`an extension of bash beside a function of ${runtime} hears of invocations and of the end`, async () => {
        const programs = {
          watch: bashExtension('["INVOKE","SHUTDOWN"]', 'echo "heard $EVENT"', 'echo "told $REGISTERED"'),
        };
        const snapshot = await extended(programs, { runtime }, files);
        const settings = { requestId: 'the-id', invokedFunctionArn: `${snapshot.arn}:live`, traceHeader: 'Root=1-2-3' };
        assert.deepEqual(answerOf(await invoke(fixture, snapshot, { a: 1 }, settings)), { a: 1 });
        await logged(snapshot, /REPORT RequestId: the-id/);
        assert.deepEqual(answerOf(await invoke(fixture, snapshot, { a: 2 })), { a: 2 });
        await logged(
          snapshot,
          /told \{"functionName":"f-[^"]+","functionVersion":"\$LATEST","handler":"index.handler"\}\n/,
        );
        await logged(snapshot, /heard (\{.*the-id.*\})\n/);
        const event = JSON.parse(/heard (\{.*the-id.*\})\n/.exec(logsOf(snapshot))?.[1] ?? '');
        const { deadlineMs, ...rest } = event;
        assert.ok(deadlineMs > Date.now() - 60_000 && deadlineMs < Date.now() + 60_000);
        assert.deepEqual(Object.keys(event), ['eventType', 'deadlineMs', 'requestId', 'invokedFunctionArn', 'tracing']);
        assert.deepEqual(rest, {
          eventType: 'INVOKE',
          requestId: 'the-id',
          invokedFunctionArn: `${snapshot.arn}:live`,
          tracing: { type: 'X-Amzn-Trace-Id', value: 'Root=1-2-3' },
        });
        assert.equal(logsOf(snapshot).match(/INIT_START/g)?.length, 1);
        fixture.pool.retire(snapshot.arn);
        await logged(snapshot, /heard \{"eventType":"SHUTDOWN","shutdownReason":"spindown","deadlineMs":\d+\}\n/);
      });
    }

    test('it starts before the runtime, with the function’s variables but not the runtime’s', async () => {
      const programs = {
        env: bashExtension(
          '[]',
          '',
          'echo "env $(env -0 | tr "\\n\\0" " \\n" | sort | tr "\\n" " ")"; echo "cwd $PWD"',
        ),
      };
      const snapshot = await extended(
        programs,
        { environment: { OWN: "it's\nown" } },
        {
          'index.js': 'console.log("runtime starts"); exports.handler = async () => process.env.OWN',
        },
      );
      assert.equal(answerOf(await invoke(fixture, snapshot)), "it's\nown");
      await logged(snapshot, /REPORT/);
      const text = logsOf(snapshot);
      assert.match(text, /env .*AWS_LAMBDA_FUNCTION_NAME=f-.*OWN=it's own.*\ncwd \/\n[\s\S]*runtime starts/);
      assert.doesNotMatch(
        text,
        / _HANDLER=| AWS_EXECUTION_ENV=| LAMBDA_TASK_ROOT=| AWS_LAMBDA_LOG_GROUP_NAME=|GATEHOUSE|NODE_CHANNEL/,
      );
    });

    test('it is confined like the function, and has none of the platform’s descriptors', async () => {
      const look = `grep -E '^(Cap|NoNewPrivs|Seccomp:|SigIgn)' /proc/self/status; ls -l /proc/self/fd; echo looked`;
      const snapshot = await extended({ spy: bashExtension('[]', '', look) });
      await invoke(fixture, snapshot);
      await logged(snapshot, /looked/);
      const text = logsOf(snapshot);
      assert.doesNotMatch(text, / -> socket:/);
      if (mode === 'process') return;
      for (const name of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'SigIgn']) {
        assert.match(text, new RegExp(`^${name}:\\t0+$`, 'm'));
      }
      assert.match(text, /^NoNewPrivs:\t1$/m);
      assert.match(text, mode === 'strict' ? /^Seccomp:\t2$/m : /^Seccomp:\t0$/m);
    });

    test('the account is told to who accepts that feature', async () => {
      const programs = {
        feature: nodeExtension(`
          const { id, facts } = await register([], { 'Lambda-Extension-Accept-Feature': 'accountId' });
          console.log('facts', JSON.stringify(facts));
          await next(id);`),
      };
      const snapshot = await extended(programs);
      await invoke(fixture, snapshot);
      await logged(snapshot, /"handler":"index.handler","accountId":"000000000000"\}/);
    });

    test('the first invocation waits until each extension has asked for its first event', async () => {
      const programs = { slow: bashExtension('["INVOKE"]', '', 'sleep 0.5; echo "slow is there"') };
      const snapshot = await extended(programs);
      const result = await invoke(fixture, snapshot, {}, { requestId: 'r' });
      assert.ok((result.initMs ?? 0) >= 500, String(result.initMs));
      await logged(
        snapshot,
        /slow is there\n[\s\S]*EXTENSION\tName: slow\tState: Ready\tEvents: \[INVOKE\]\n[\s\S]*START RequestId: r/,
      );
    });

    test('the answer is there while an extension still works, and the next invocation waits for that', async () => {
      const programs = { late: bashExtension('["INVOKE"]', 'sleep 0.6; echo "late is done"') };
      const snapshot = await extended(programs);
      assert.equal(answerOf(await invoke(fixture, snapshot, 1)), 1);
      assert.doesNotMatch(logsOf(snapshot), /late is done/);
      await logged(snapshot, /late is done\n[\s\S]*REPORT RequestId: \S+\tDuration: (?:[6-9]\d\d|\d{4})\./);
    });

    test('an extension that ends in the initialisation fails it, twice', async () => {
      const snapshot = await extended({ broken: bashExtension('["INVOKE"]', '', 'exit 3') });
      const result = await invoke(fixture, snapshot, {}, { requestId: 'r', logTail: true });
      assert.deepEqual(answerOf(result), {
        errorType: 'Extension.Crash',
        errorMessage: 'RequestId: r Error: exit status 3',
      });
      assert.match(
        result.logTail ?? '',
        /EXTENSION\tName: broken\tState: Exited\tEvents: \[INVOKE\]\tError Type: Extension.Crash\n/,
      );
      assert.match(result.logTail ?? '', /Phase: init\tStatus: error\tError Type: Extension\.Crash/);
      assert.match(result.logTail ?? '', /RequestId: r Error: exit status 3\nExtension\.Crash\n/);
    });

    test('an error that an extension tells is named in the log', async () => {
      const init = `post init/error -H 'Lambda-Extension-Function-Error-Type: Extension.NoConfig' -d '{"errorMessage":"no","errorType":"x","stackTrace":[]}'; exit 0`;
      const snapshot = await extended({ unhappy: bashExtension('["INVOKE","SHUTDOWN"]', '', init) });
      const result = await invoke(fixture, snapshot, {}, { requestId: 'r', logTail: true });
      assert.deepEqual(answerOf(result), {
        errorType: 'Extension.InitError',
        errorMessage: 'RequestId: r Error: exit code 0',
      });
      const line =
        /EXTENSION\tName: unhappy\tState: InitError\tEvents: \[INVOKE, SHUTDOWN\]\tError Type: Extension\.NoConfig\n/;
      assert.match(result.logTail ?? '', line);
    });

    test('a file that cannot be started is a LaunchError', async () => {
      const snapshot = await extended({ 'no-program': 'neither shebang nor execute bit' });
      const { errorType, errorMessage } = answerOf(await invoke(fixture, snapshot));
      assert.equal(errorType, 'Extension.LaunchError');
      assert.match(errorMessage, /Error: fork\/exec \/opt\/extensions\/no-program: permission denied$/);
    });

    test('an extension that ends in an invocation ends the environment; the next one is new', async () => {
      const snapshot = await extended(
        { fragile: bashExtension('["INVOKE"]', 'sleep 0.2; exit 4') },
        {},
        {
          'index.js': 'exports.handler = async () => new Promise((resolve) => setTimeout(resolve, 1000, 1))',
        },
      );
      const failed = answerOf(await invoke(fixture, snapshot, {}, { requestId: 'r' }));
      assert.deepEqual(failed, { errorType: 'Extension.Crash', errorMessage: 'RequestId: r Error: exit status 4' });
    });

    test('a timeout and a failure of the runtime are told to extensions', async () => {
      const programs = { watch: bashExtension('["SHUTDOWN"]', 'echo "heard $EVENT"') };
      const snapshot = await extended(
        programs,
        { timeoutSeconds: 1 },
        {
          'index.js': `exports.handler = async (event) => { if (event) process.exit(5); for (;;); }`,
        },
      );
      const timedOut = await invoke(fixture, snapshot, false);
      assert.equal(answerOf(timedOut).errorType, 'Sandbox.Timedout');
      await logged(snapshot, /heard \{"eventType":"SHUTDOWN","shutdownReason":"timeout"/);
      const failed = await invoke(fixture, snapshot, true);
      assert.match(answerOf(failed).errorMessage, /Runtime exited with error: exit status 5/);
      await logged(snapshot, /heard \{"eventType":"SHUTDOWN","shutdownReason":"failure"/);
    });

    test('with extensions the runtime hears SIGTERM before the end', async () => {
      const programs = { watch: bashExtension('["SHUTDOWN"]') };
      const node = await extended(
        programs,
        {},
        {
          'index.js': `process.on('SIGTERM', () => { console.log('asked to end'); process.exit(0) }); exports.handler = async () => 1`,
        },
      );
      await invoke(fixture, node);
      fixture.pool.retire(node.arn);
      await logged(node, /asked to end/);
      const python = await extended(
        programs,
        { runtime: 'python3.12' },
        {
          'index.py':
            'import signal, sys\ndef end(*_):\n  print("asked to end")\n  sys.exit(0)\nsignal.signal(signal.SIGTERM, end)\ndef handler(event, context):\n  return 1',
        },
      );
      await invoke(fixture, python);
      fixture.pool.retire(python.arn);
      await logged(python, /asked to end/);
    });

    test('an internal extension registers in the runtime, hears of invocations and is waited for', async () => {
      const snapshot = await defineFunction(
        {
          'index.mjs': `
          const api = 'http://' + process.env.AWS_LAMBDA_RUNTIME_API + '/2020-01-01/extension';
          const register = (events) => fetch(api + '/register', { method: 'POST', headers: { 'Lambda-Extension-Name': 'inner' }, body: JSON.stringify({ events }) });
          const refused = await register(['SHUTDOWN']);
          console.log('refused', refused.status, await refused.text());
          const id = (await register(['INVOKE'])).headers.get('lambda-extension-identifier');
          const seen = [];
          const next = async () => { for (;;) seen.push((await (await fetch(api + '/event/next', { headers: { 'Lambda-Extension-Identifier': id } })).json()).requestId) };
          next();
          export const handler = async (event, context) => { while (!seen.includes(context.awsRequestId)) await new Promise((resolve) => setTimeout(resolve, 5)); return seen.length }`,
        },
        { runtime: 'nodejs24.x' },
      );
      const result = await invoke(fixture, snapshot, {}, { requestId: 'first' });
      assert.equal(answerOf(result), 1, logsOf(snapshot));
      assert.equal(answerOf(await invoke(fixture, snapshot, {}, { requestId: 'second' })), 2);
      await logged(
        snapshot,
        /refused 403 \{"errorMessage":"SHUTDOWN: [^"]+","errorType":"Extension.InvalidEventType"\}/,
      );
      assert.match(logsOf(snapshot), /EXTENSION\tName: inner\tState: (Registered|Ready)\tEvents: \[INVOKE\]\n/);
    });

    test('what the Extensions API refuses, in its words', async () => {
      const programs = {
        asks: nodeExtension(`
          const api = '/2020-01-01/extension/';
          const say = ({ status, text }) => console.log('say', status, text.trim());
          say(await ask('POST', api + 'register', { events: [] }));
          say(await ask('POST', api + 'register', { events: ['NEVER'] }, { 'Lambda-Extension-Name': name }));
          say(await ask('GET', api + 'event/next'));
          say(await ask('GET', api + 'event/next', undefined, { 'Lambda-Extension-Identifier': 'x' }));
          const nobody = '3da1f2dc-3222-475e-9205-e2e6c6318895';
          say(await ask('GET', api + 'event/next', undefined, { 'Lambda-Extension-Identifier': nobody }));
          const { id } = await register([]);
          say(await ask('POST', api + 'register', { events: [] }, { 'Lambda-Extension-Name': name }));
          say(await ask('POST', api + 'init/error', {}, { 'Lambda-Extension-Identifier': id }));
          say(await ask('GET', api + 'register'));
          await next(id);`),
      };
      const snapshot = await extended(programs);
      await invoke(fixture, snapshot);
      await eventually(() => logsOf(snapshot).split('say ').length === 9);
      const said = logsOf(snapshot)
        .split('\n')
        .filter((line) => line.startsWith('say '));
      const refusal = (errorType: string, errorMessage: string): string =>
        `say 403 ${JSON.stringify({ errorMessage, errorType })}`;
      assert.deepEqual(
        [said[0], ...said.slice(2)],
        [
          refusal('Extension.InvalidExtensionName', 'Empty extension name'),
          refusal('Extension.MissingExtensionIdentifier', 'Missing Lambda-Extension-Identifier header'),
          refusal('Extension.InvalidExtensionIdentifier', 'Invalid Lambda-Extension-Identifier'),
          refusal('Extension.UnknownExtensionIdentifier', 'Unknown extension 3da1f2dc-3222-475e-9205-e2e6c6318895'),
          refusal(
            'Extension.InvalidExtensionState',
            'State transition from Registered to Registered failed for extension asks. Error: State transition is not allowed',
          ),
          refusal('Extension.MissingHeader', 'Lambda-Extension-Function-Error-Type not found'),
          'say 405 ',
        ],
      );
      assert.match(said[1] ?? '', /^say 403 .*"errorType":"Extension.InvalidEventType"\}$/);
    });

    test('a wrapper sees the whole environment, may change the handler, and may start another program that speaks the Runtime API', async () => {
      const code = {
        'index.js': 'exports.other = async () => ["other", process.env.NODE_OPTIONS]',
        wrapper: '#!/bin/sh\nexport _HANDLER=index.other NODE_OPTIONS=--no-deprecation\nexec "$@"\n',
        web: ECHO_RUNTIME,
        instead: '#!/bin/sh\nexec "$LAMBDA_TASK_ROOT/$_HANDLER"\n',
      };
      const settings = (name: string, handler: string): Partial<FunctionSnapshot> => ({
        handler,
        runtime: 'nodejs24.x',
        environment: { AWS_LAMBDA_EXEC_WRAPPER: mode === 'process' ? `./${name}` : `/var/task/${name}` },
      });
      const changed = await defineFunction(code, settings('wrapper', 'index.handler'));
      assert.deepEqual(answerOf(await invoke(fixture, changed)), ['other', '--no-deprecation']);
      const instead = await defineFunction(code, settings('instead', 'web'));
      assert.equal(answerOf(await invoke(fixture, instead, 'echo')), 'echo');
      assert.equal(answerOf(await invoke(fixture, instead, 'again')), 'again');
    });
  });
}

test('a function with extensions takes no more than ten', async () => {
  const fixture = await startPool();
  const programs = {
    many: nodeExtension(`
      const { id } = await register([]);
      for (let i = 0; i < 10; i++) {
        const { status, text } = await ask('POST', '/2020-01-01/extension/register', { events: [] }, { 'Lambda-Extension-Name': 'inner' + i });
        if (status !== 200) console.log('say', i, status, text.trim());
      }
      console.log('through');
      await next(id);`),
  };
  const snapshot = await defineFunction(HANDLER, {
    runtime: 'nodejs24.x',
    timeoutSeconds: 1,
    layers: [await extensionLayer(programs)],
  });
  // nine of them never ask for an event
  const running = invoke(fixture, snapshot).catch(() => {});
  const text = (): string => (fixture.logs.get(snapshot.name) ?? []).join('');
  await eventually(() => text().includes('through'));
  await fixture.stop();
  await running;
  assert.match(
    text(),
    /say 9 403 \{"errorMessage":"Extension limit \(10\) reached","errorType":"Extension.TooManyExtensions"\}/,
  );
});
