// Functions that bring their own runtime: the Runtime API as a shell script and a Go program meet it (docs: runtimes-api,
// runtimes-custom), in every isolation mode that this machine offers.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ZipFile } from 'yazl';
import type { FunctionSnapshot } from '#functions/index.ts';
import { eventually } from '../eventually.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, snapshotOf, startPool, zip } from './pool-fixture.ts';

const GO_COMPILER = 'go';
const EXECUTABLE = 0o100755;
const RESPONSE_BYTES_MAX = 6_291_556;

/** A shell runtime around `handle`, which finds the event in $EVENT and the invocation's headers in $HEADERS. */
const script = (handle: string, init = ''): string => `#!/bin/bash
API="http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime"
post() { curl -sS -X POST "$API/$1" "\${@:2}"; }
header() { grep -i "^$1:" "$HEADERS" | cut -d' ' -f2- | tr -d '\\r'; }
${init}
while true; do
  HEADERS=$(mktemp)
  EVENT=$(curl -sS -LD "$HEADERS" "$API/invocation/next")
  ID=$(header Lambda-Runtime-Aws-Request-Id)
  ${handle}
done
`;
const ANSWER = `post "invocation/$ID/response" -d "$EVENT" > /dev/null`;

const custom = (handle: string, settings: Partial<FunctionSnapshot> = {}, init = ''): Promise<FunctionSnapshot> =>
  defineFunction({ bootstrap: script(handle, init) }, { runtime: 'provided.al2023', handler: 'any', ...settings });

async function packed(name: string, content: Buffer, mode: number): Promise<Buffer> {
  const archive = new ZipFile();
  archive.addBuffer(content, name, { mode });
  archive.end();
  const chunks: Buffer[] = [];
  for await (const chunk of archive.outputStream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

async function collect(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const chunk of body) text += Buffer.from(chunk).toString();
  return text;
}

const GO_PROGRAM = `package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
)

func main() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	for {
		next, err := http.Get(api + "invocation/next")
		if err != nil {
			panic(err)
		}
		event, _ := io.ReadAll(next.Body)
		next.Body.Close()
		var asked struct{ Bytes int; Fail string; Exit *int }
		json.Unmarshal(event, &asked)
		fmt.Println("asked", asked.Bytes)
		if asked.Exit != nil {
			os.Exit(*asked.Exit)
		}
		verb, answer := "response", event
		if asked.Bytes > 0 {
			answer = []byte("\\"" + string(bytes.Repeat([]byte("a"), asked.Bytes-2)) + "\\"")
		}
		if asked.Fail != "" {
			verb = "error"
			answer, _ = json.Marshal(map[string]string{"errorType": "Go.Failure", "errorMessage": asked.Fail})
		}
		path := api + "invocation/" + next.Header.Get("Lambda-Runtime-Aws-Request-Id") + "/" + verb
		reply, err := http.Post(path, "application/json", bytes.NewReader(answer))
		if err != nil {
			panic(err)
		}
		said, _ := io.ReadAll(reply.Body)
		reply.Body.Close()
		fmt.Println(reply.StatusCode, string(said))
	}
}
`;

/** The compiled program, or why there is none. */
function buildGo(): Buffer | string {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-go-'));
  try {
    writeFileSync(join(folder, 'main.go'), GO_PROGRAM);
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GO111MODULE: 'off' };
    execFileSync(GO_COMPILER, ['build', '-o', 'program', 'main.go'], { cwd: folder, env, stdio: 'pipe' });
    return readFileSync(join(folder, 'program'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'go is not on this machine';
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const goProgram = buildGo();
const skip = typeof goProgram === 'string' ? goProgram : false;

for (const mode of await offeredModes(['strict', 'namespaces', 'process'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    before(async () => (fixture = await startPool({ isolation: mode })));
    after(() => fixture.stop());

    const logsOf = ({ name }: FunctionSnapshot): string => (fixture.logs.get(name) ?? []).join('');

    test('a shell script answers one invocation after another in one environment', async () => {
      const snapshot = await custom(`N=$((N+1)); post "invocation/$ID/response" -d "{\\"n\\":$N,\\"event\\":$EVENT}"`);
      assert.deepEqual(answerOf(await invoke(fixture, snapshot, { a: 'ä' })), { n: 1, event: { a: 'ä' } });
      assert.deepEqual(answerOf(await invoke(fixture, snapshot, [2])), { n: 2, event: [2] });
      // what curl printed of the answer to its answer
      await eventually(() => logsOf(snapshot).split('{"status":"OK"}\n').length === 3);
    });

    test('the headers of an invocation', async () => {
      const snapshot = await custom(`post "invocation/$ID/response" --data-binary @"$HEADERS" > /dev/null`);
      const startedMs = Date.now();
      const { payload } = await invoke(
        fixture,
        snapshot,
        {},
        {
          requestId: 'the-id',
          invokedFunctionArn: `${snapshot.arn}:live`,
          traceHeader: 'Root=1-2-3;Sampled=1',
          clientContext: '{\n  "client": "ü"\n}',
        },
      );
      const text = payload.toString();
      assert.match(text, /^HTTP\/1.1 200 OK\r\nContent-Type: application\/json\r\n/);
      assert.match(text, /\r\nLambda-Runtime-Aws-Request-Id: the-id\r\n/);
      assert.ok(text.includes(`\r\nLambda-Runtime-Invoked-Function-Arn: ${snapshot.arn}:live\r\n`));
      assert.match(text, /\r\nLambda-Runtime-Trace-Id: Root=1-2-3;Sampled=1\r\n/);
      assert.match(text, /\r\nLambda-Runtime-Client-Context: \{"client":"ü"\}\r\n/);
      const deadlineMs = Number(/\r\nLambda-Runtime-Deadline-Ms: (\d+)\r\n/.exec(text)?.[1]);
      assert.ok(deadlineMs > startedMs && deadlineMs <= Date.now() + 10_000);
    });

    test('the environment is that of an OS-only runtime', async () => {
      const snapshot = await custom(`post "invocation/$ID/response" -d "$(env)" > /dev/null`, {
        environment: { OWN: 'own', NODE_OPTIONS: '--own', AWS_LAMBDA_EXEC_WRAPPER: '/no/wrapper' },
        handler: 'my.handler',
      });
      const lines = (await invoke(fixture, snapshot)).payload.toString().split('\n');
      const variables = new Map(lines.map((line) => [line.split('=')[0], line.slice(line.indexOf('=') + 1)]));
      assert.equal(variables.get('OWN'), 'own');
      assert.equal(variables.get('NODE_OPTIONS'), '--own');
      assert.equal(variables.get('_HANDLER'), 'my.handler');
      assert.equal(variables.get('AWS_LAMBDA_FUNCTION_NAME'), snapshot.name);
      assert.equal(variables.get('TZ'), ':UTC');
      assert.equal(variables.get('PWD'), variables.get('LAMBDA_TASK_ROOT'));
      const address = variables.get('AWS_LAMBDA_RUNTIME_API');
      if (mode === 'process') assert.match(address ?? '', /^127\.0\.0\.1:\d+$/);
      else assert.equal(address, '127.0.0.1:9001');
      for (const name of variables.keys()) assert.doesNotMatch(name ?? '', /GATEHOUSE|NODE_CHANNEL|AWS_EXECUTION_ENV/);
    });

    test('nothing of the platform is left inside: no channel, the usual signals', async () => {
      const snapshot = await custom(
        `(ls -l /proc/self/fd; grep SigIgn /proc/self/status) > /tmp/seen.$$; post "invocation/$ID/response" --data-binary @/tmp/seen.$$ > /dev/null`,
      );
      const text = (await invoke(fixture, snapshot)).payload.toString();
      assert.doesNotMatch(text, / -> socket:/);
      assert.match(text, /SigIgn:\t0+$/m);
    });

    test('standard output and error become log lines, between START and END', async () => {
      const held = "HELD=$(head -c 20000000 /dev/zero | tr '\\0' x)";
      const snapshot = await custom(`echo "out $EVENT"; echo err >&2; ${ANSWER}`, {}, held);
      const { logTail } = await invoke(fixture, snapshot, 1, { requestId: 'r', logTail: true });
      assert.match(logsOf(snapshot), /^INIT_START Runtime Version: provided:al2023\.v/);
      assert.match(logTail ?? '', /^START RequestId: r Version: \$LATEST\nout 1\nerr\nEND RequestId: r\nREPORT /);
      assert.match(logTail ?? '', /Init Duration: [\d.]+ ms/);
      assert.match(logTail ?? '', /Max Memory Used: ([2-9]\d|\d\d\d) MB/);
    });

    test('an error that the runtime reports is the answer, and the environment lives on', async () => {
      const snapshot = await custom(
        `N=$((N+1)); post "invocation/$ID/error" -H 'Lambda-Runtime-Function-Error-Type: My.Error' -d "{\\"errorMessage\\":\\"no $N\\",\\"errorType\\":\\"My.Error\\",\\"stackTrace\\":[]}" > /dev/null`,
      );
      for (const n of [1, 2]) {
        // with its log the answer waits for the end: the next invocation finds the environment free
        const result = await invoke(fixture, snapshot, {}, { logTail: true });
        assert.equal(result.functionError, 'Unhandled');
        assert.deepEqual(answerOf(result), { errorMessage: `no ${n}`, errorType: 'My.Error', stackTrace: [] });
      }
    });

    test('what is asked in the wrong state or of the wrong invocation is refused in Lambda’s words', async () => {
      const snapshot = await custom(
        `A=$(post invocation/other/response -d 1 -w '%{http_code}')
        B=$(curl -sS -w '%{http_code}' "$API/invocation/next")
        C=$(post init/error -d '{}' -w '%{http_code}')
        D=$(curl -sS -w '%{http_code}' "$API/no/such")
        E=$(curl -sS -w '%{http_code}' "$API/init/error")
        post "invocation/$ID/response" -d "$A|$B|$C|$D|$E" > /dev/null
        echo "again $(post "invocation/$ID/response" -d 2 -w '%{http_code}')"`,
      );
      const result = await invoke(fixture, snapshot, {}, { logTail: true });
      const transition = (from: string, to: string): string =>
        `{"errorMessage":"State transition from ${from} to ${to} failed for runtime. Error: State transition is not allowed","errorType":"InvalidStateTransition"}\n403`;
      assert.deepEqual(result.payload.toString().split('|'), [
        '{"errorMessage":"Invalid request ID","errorType":"InvalidRequestID"}\n400',
        transition('Running', 'Ready'),
        transition('Running', 'InitError'),
        '404 page not found\n404',
        '405',
      ]);
      assert.ok(result.logTail?.includes(`again ${transition('ResponseSent', 'InvocationResponse')}`));
    });

    test('an initialisation that the runtime reports as failed is tried again, then is the answer', async () => {
      const snapshot = await custom(
        '',
        {},
        `echo "initialising"; post init/error -d '{"errorMessage":"no config","errorType":"Init.Bad"}'; exit 3`,
      );
      const result = await invoke(fixture, snapshot, {}, { logTail: true });
      assert.deepEqual(answerOf(result), { errorMessage: 'no config', errorType: 'Init.Bad' });
      assert.equal(result.functionError, 'Unhandled');
      assert.equal(result.logTail?.match(/initialising\n\{"status":"OK"\}\n/g)?.length, 2);
      assert.match(result.logTail ?? '', /Phase: init\tStatus: error\tError Type: Init\.Bad/);
      assert.match(result.logTail ?? '', /Phase: invoke\tStatus: error\tError Type: Init\.Bad/);
    });

    test('a program that ends while it initialises is Runtime.ExitError', async () => {
      const snapshot = await custom('', {}, 'exit 7');
      const answer = answerOf(await invoke(fixture, snapshot, {}, { requestId: 'r' }));
      assert.deepEqual(answer, {
        errorType: 'Runtime.ExitError',
        errorMessage: 'RequestId: r Error: Runtime exited with error: exit status 7',
      });
    });

    test('a program that ends in an invocation is replaced', async () => {
      const snapshot = await custom(`[ "$EVENT" = 0 ] && kill -SEGV $$; [ "$EVENT" = 1 ] && exit 0; ${ANSWER}`);
      const exited = async (event: number): Promise<string> =>
        answerOf(await invoke(fixture, snapshot, event)).errorMessage;
      assert.match(await exited(0), /Runtime exited with error: signal: segmentation fault$/);
      assert.match(await exited(1), /Runtime exited without providing a reason$/);
      assert.equal(answerOf(await invoke(fixture, snapshot, 2)), 2);
    });

    test('an answer stands though the program ends before it asks for more', async () => {
      const snapshot = await custom(`${ANSWER}; exit 1`);
      const result = await invoke(fixture, snapshot, 'kept', { requestId: 'r', logTail: true });
      assert.deepEqual([answerOf(result), result.functionError], ['kept', undefined]);
      assert.match(result.logTail ?? '', /RequestId: r Error: Runtime exited with error: exit status 1\n/);
      assert.match(result.logTail ?? '', /Status: error\tError Type: Runtime\.ExitError/);
      assert.equal(answerOf(await invoke(fixture, snapshot, 'next')), 'next');
    });

    test('a runtime that gave up waiting and asks again gets the next invocation', async () => {
      const snapshot = await custom(
        `${ANSWER}; [ "$EVENT" = 1 ] && { curl -s -m 0.02 "$API/invocation/next"; echo "gave up"; }`,
      );
      assert.equal(answerOf(await invoke(fixture, snapshot, 1)), 1);
      await eventually(() => logsOf(snapshot).includes('gave up\n'));
      assert.equal(answerOf(await invoke(fixture, snapshot, 2)), 2);
      assert.equal(logsOf(snapshot).match(/INIT_START/g)?.length, 1);
    });

    test('a timeout kills the program and what it started', async () => {
      const snapshot = await custom(`[ "$EVENT" = 1 ] || { sleep 1000 & wait; }; ${ANSWER}`, { timeoutSeconds: 1 });
      const result = await invoke(fixture, snapshot, 0, { requestId: 'r', logTail: true });
      assert.deepEqual(answerOf(result), {
        errorType: 'Sandbox.Timedout',
        errorMessage: 'RequestId: r Error: Task timed out after 1.00 seconds',
      });
      assert.match(result.logTail ?? '', / r Task timed out after 1\.00 seconds\n/);
      assert.equal(answerOf(await invoke(fixture, snapshot, 1)), 1);
    });

    test('a streamed response arrives as it is written', async () => {
      const snapshot = await custom(
        `{ printf one,; sleep 0.3; printf two; } | curl -sS -X POST -T - -H 'Transfer-Encoding: chunked' -H 'Content-Type: text/plain' -H 'Lambda-Runtime-Function-Response-Mode: streaming' "$API/invocation/$ID/response" > /dev/null`,
      );
      const ask = { requestId: 'r', payload: '{}', invokedFunctionArn: snapshot.arn };
      const { contentType, body } = await fixture.pool.invokeStream(snapshot, ask);
      assert.equal(contentType, 'text/plain');
      const chunks: string[] = [];
      for await (const chunk of body) chunks.push(Buffer.from(chunk).toString());
      assert.deepEqual(chunks, ['one,', 'two']);
      assert.equal((await invoke(fixture, snapshot)).payload.toString(), 'one,two');
    });

    test('a streamed response that is too large for Invoke is refused, not held', async () => {
      const snapshot = await custom(
        `head -c ${RESPONSE_BYTES_MAX + 1} /dev/zero | curl -sS -X POST -T - -H 'Transfer-Encoding: chunked' -H 'Lambda-Runtime-Function-Response-Mode: streaming' "$API/invocation/$ID/response" > /dev/null`,
      );
      assert.equal(answerOf(await invoke(fixture, snapshot)).errorType, 'Function.ResponseSizeTooLarge');
    });

    test('an init error that breaks off is none', async () => {
      const snapshot = await custom(
        ANSWER,
        {},
        `exec 5<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}"; printf 'POST /2018-06-01/runtime/init/error HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 9\\r\\n\\r\\n{' >&5; sleep 0.1; exec 5>&-; sleep 0.1`,
      );
      assert.equal(answerOf(await invoke(fixture, snapshot, 4)), 4);
    });

    test('the prelude of a streamed HTTP response is taken apart', async () => {
      const snapshot = await custom(
        `{ printf '{"statusCode":201,"headers":{"a":"b"}}'; head -c 8 /dev/zero; printf body; } | curl -sS -X POST -T - -H 'Transfer-Encoding: chunked' -H 'Content-Type: application/vnd.awslambda.http-integration-response' -H 'Lambda-Runtime-Function-Response-Mode: streaming' "$API/invocation/$ID/response" > /dev/null`,
      );
      const ask = { requestId: 'r', payload: '{}', invokedFunctionArn: snapshot.arn };
      const { prelude, body } = await fixture.pool.invokeStream(snapshot, ask);
      assert.deepEqual(prelude, { statusCode: 201, headers: { a: 'b' } });
      assert.equal(await collect(body), 'body');
    });

    test('trailers tell an error in the middle of a stream', async () => {
      const error = Buffer.from('{"errorType":"Mid.Way","errorMessage":"oh"}').toString('base64');
      const request = [
        'POST /2018-06-01/runtime/invocation/$ID/response HTTP/1.1',
        'Host: x',
        'Lambda-Runtime-Function-Response-Mode: streaming',
        'Transfer-Encoding: chunked',
        'Trailer: Lambda-Runtime-Function-Error-Type, Lambda-Runtime-Function-Error-Body',
        '',
        '4',
        'part',
        '0',
        'Lambda-Runtime-Function-Error-Type: Mid.Way',
        `Lambda-Runtime-Function-Error-Body: ${error}`,
        '',
        '',
      ].join('\\r\\n');
      const snapshot = await custom(
        `exec 5<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}"; printf "${request}" >&5; read -r STATUS <&5; exec 5>&-; echo "$STATUS"`,
      );
      const ask = { requestId: 'r', payload: '{}', invokedFunctionArn: snapshot.arn };
      const { body } = await fixture.pool.invokeStream(snapshot, ask);
      await assert.rejects(collect(body), /Mid\.Way/);
      await eventually(() => logsOf(snapshot).includes('HTTP/1.1 202 Accepted'));
    });

    test('a stream that breaks off is an error', async () => {
      const snapshot = await custom(
        `exec 5<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}"; printf "POST /2018-06-01/runtime/invocation/$ID/response HTTP/1.1\\r\\nHost: x\\r\\nLambda-Runtime-Function-Response-Mode: streaming\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n4\\r\\npart\\r\\n" >&5; sleep 0.1; exec 5>&-`,
      );
      const result = await invoke(fixture, snapshot);
      assert.equal(answerOf(result).errorType, 'Runtime.TruncatedResponse');
    });

    test('a package without bootstrap is Runtime.InvalidEntrypoint', async () => {
      const snapshot = await defineFunction({ 'other.sh': '#!/bin/sh' }, { runtime: 'provided.al2' });
      const result = await invoke(fixture, snapshot, {}, { requestId: 'r', logTail: true });
      const { errorType, errorMessage } = answerOf(result);
      assert.equal(errorType, 'Runtime.InvalidEntrypoint');
      if (mode === 'process') assert.match(errorMessage, /Couldn't find valid bootstrap\(s\)/);
      else {
        const words = "RequestId: r Error: Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]";
        assert.equal(errorMessage, words);
        assert.ok(result.logTail?.includes(`${words}\nRuntime.InvalidEntrypoint\n`));
      }
      assert.match(result.logTail ?? '', /Phase: invoke\tStatus: error\tError Type: Runtime\.InvalidEntrypoint/);
    });

    test('a bootstrap that cannot be executed says why', async () => {
      const elf = readFileSync(process.execPath).subarray(0, 4096);
      const foreign = Buffer.from(elf);
      // e_machine of a processor that nobody has
      foreign.writeUInt16LE(0xfe, 18);
      const packages: [Buffer, number, RegExp][] = [
        [Buffer.from(script(ANSWER)), 0o100644, /fork\/exec .*\/bootstrap: permission denied$/],
        [Buffer.from('echo no shebang'), EXECUTABLE, /fork\/exec .*\/bootstrap: exec format error$/],
        [foreign, EXECUTABLE, /fork\/exec .*\/bootstrap: exec format error$/],
        [Buffer.from('#!/bin/sh\r\nexit'), EXECUTABLE, /fork\/exec .*\/bootstrap: no such file or directory$/],
      ];
      for (const [content, fileMode, words] of packages) {
        const snapshot = snapshotOf(await packed('bootstrap', content, fileMode), { runtime: 'provided.al2023' });
        const { errorType, errorMessage } = answerOf(await invoke(fixture, snapshot));
        assert.equal(errorType, 'Runtime.InvalidEntrypoint');
        assert.match(errorMessage, words);
      }
    });

    test('a layer may bring the bootstrap', async () => {
      const { codeSha256, readCode } = snapshotOf(await zip({ bootstrap: script(ANSWER) }));
      const snapshot = await defineFunction(
        { 'function.sh': '' },
        { runtime: 'provided.al2', layers: [{ arn: 'arn', codeSha256, readCode }] },
      );
      assert.equal(answerOf(await invoke(fixture, snapshot, 5)), 5);
    });

    test('a function of go1.x is the program that its handler names', async () => {
      const snapshot = await defineFunction({ main: script(ANSWER) }, { runtime: 'go1.x', handler: 'main' });
      assert.equal(answerOf(await invoke(fixture, snapshot, 'go')), 'go');
    });

    describe('a compiled Go program', { skip }, () => {
      let snapshot: FunctionSnapshot;
      before(async () => {
        if (typeof goProgram === 'string') return;
        const code = await packed('bootstrap', goProgram, EXECUTABLE);
        snapshot = snapshotOf(code, { runtime: 'provided.al2023', memoryMb: 256 });
      });

      test('answers, fails and exits', async () => {
        assert.deepEqual(answerOf(await invoke(fixture, snapshot, { a: 1 })), { a: 1 });
        const failed = await invoke(fixture, snapshot, { fail: 'why' });
        assert.deepEqual(answerOf(failed), { errorMessage: 'why', errorType: 'Go.Failure' });
        const exited = await invoke(fixture, snapshot, { exit: 2 });
        assert.match(answerOf(exited).errorMessage, /exit status 2$/);
        assert.deepEqual(answerOf(await invoke(fixture, snapshot, { b: 2 })), { b: 2 });
      });

      test('takes an event of 6 MB', async () => {
        const event = { text: 'x'.repeat(6_291_456 - 11) };
        assert.equal((await invoke(fixture, snapshot, event)).payload.length, 6_291_456);
      });

      test('answers as much as Lambda takes, and hears of one byte more', async () => {
        const most = await invoke(fixture, snapshot, { bytes: RESPONSE_BYTES_MAX });
        assert.deepEqual([most.functionError, most.payload.length], [undefined, RESPONSE_BYTES_MAX]);
        const more = await invoke(fixture, snapshot, { bytes: RESPONSE_BYTES_MAX + 1 }, { logTail: true });
        assert.deepEqual(answerOf(more), {
          errorType: 'Function.ResponseSizeTooLarge',
          errorMessage: `Response payload size exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).`,
        });
        const words = `413 {"errorMessage":"Exceeded maximum allowed payload size (${RESPONSE_BYTES_MAX} bytes).","errorType":"RequestEntityTooLarge"}`;
        assert.ok(more.logTail?.includes(words));
        assert.deepEqual(answerOf(await invoke(fixture, snapshot, { c: 3 })), { c: 3 });
      });
    });
  });
}
