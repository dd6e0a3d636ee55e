// Functions whose code is a container image, in the isolation modes that have a root of their own.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { FunctionImage, FunctionSnapshot } from '#functions/contract.ts';
import { bashImage, dockerArchive } from '../image-archive.ts';
import { eventually } from '../eventually.ts';
import { offeredModes } from './modes.ts';
import { answerOf, invoke, type PoolFixture, snapshotOf, startPool } from './pool-fixture.ts';

const scratch = mkdtempSync(path.join(tmpdir(), 'gatehouse-image-'));
const archive = path.join(scratch, 'image.tar');
writeFileSync(
  archive,
  dockerArchive(
    bashImage([
      { path: 'app/other.sh', content: '#!/bin/bash\nexec /app/run.sh other "$@"\n', mode: 0o755 },
      { path: 'app/crlf.sh', content: '#!/bin/bash\r\n', mode: 0o755 },
      { path: 'app/plain', content: 'no program', mode: 0o755 },
      { path: 'app/locked.sh', content: '#!/bin/bash\n' },
      { path: 'usr/bin/linked', type: '2', target: '/app/run.sh' },
      { path: 'etc/pki/bundle.crt', content: 'the image’s own\n' },
      { path: 'etc/ssl/certs/ca-certificates.crt', type: '2', target: '/etc/pki/bundle.crt' },
    ]),
    ['tiny:1'],
  ),
);
/** registers, says what it sees, and tells of each invocation */
const EXTENSION = `#!/bin/bash
ask() {
  exec 9<>"/dev/tcp/\${AWS_LAMBDA_RUNTIME_API/://}"
  printf '%s /2020-01-01/extension/%s HTTP/1.0\\r\\n%sContent-Length: %d\\r\\n\\r\\n%s' "$1" "$2" "$3" "\${#4}" "$4" >&9
  while IFS= read -r line <&9; do
    line=\${line%$'\\r'}
    [ -z "$line" ] && break
    case "$line" in [Ll]ambda-[Ee]xtension-[Ii]dentifier:*) ID=\${line#*: } ;; esac
  done
  IFS= read -r -d '' BODY <&9
  exec 9<&-
}
{
  echo "$PWD $FOO $ARGUMENTS\${AWS_EXECUTION_ENV-other}"
  [ -e /var/lang ] || echo gone
  [ -e /var/task ] || echo gone
  while read -r line; do case "$line" in CapEff*) echo "$line" ;; esac; done < /proc/self/status
} > /tmp/seen
ask POST register $'Lambda-Extension-Name: watch\\r\\n' '{"events":["INVOKE"]}'
[ -n "$ID" ] && echo registered >> /tmp/seen
while :; do
  ask GET event/next "Lambda-Extension-Identifier: $ID"$'\\r\\n' ''
  [[ "$BODY" == *'"eventType":"INVOKE"'* ]] && echo "told of INVOKE"
done
`;
const extended = path.join(scratch, 'extended.tar');
writeFileSync(
  extended,
  dockerArchive(bashImage([{ path: 'opt/extensions/watch', content: EXTENSION, mode: 0o755 }]), ['tiny:extended']),
);
after(() => rmSync(scratch, { recursive: true, force: true }));

for (const mode of await offeredModes(['strict', 'namespaces'])) {
  describe(`an image function in mode ${mode}`, () => {
    let fixture: PoolFixture;
    let digest: string;
    before(async () => {
      fixture = await startPool({ isolation: mode });
      await fixture.pool.ready;
      const [loaded] = await fixture.pool.images.load(archive);
      digest = loaded?.image.digest ?? '';
    });
    after(() => fixture.stop());

    const define = (image: Partial<FunctionImage> = {}, settings: Partial<FunctionSnapshot> = {}): FunctionSnapshot =>
      snapshotOf(Buffer.alloc(0), { runtime: '', handler: '', image: { digest, ...image }, ...settings });
    const run = async (command: string, snapshot = define()): Promise<string> => {
      const result = await invoke(fixture, snapshot, command);
      assert.equal(result.functionError, undefined, result.payload.toString());
      return answerOf(result) as string;
    };

    test('runs what ENTRYPOINT, CMD, WORKDIR and ENV say', async () => {
      assert.equal(
        await run('echo $0 $ARGUMENTS $PWD $FOO $AWS_EXECUTION_ENV'),
        '/app/run.sh app.handler /app image AWS_Lambda_Image',
      );
    });

    test('takes ImageConfig and its own environment in their place', async () => {
      const image = { entryPoint: ['/app/other.sh'], command: ['a b', 'c'], workingDirectory: '/etc' };
      const snapshot = define(image, { environment: { FOO: 'function' } });
      assert.equal(
        await run('echo $0 $ARGUMENTS $PWD $FOO $BAR', snapshot),
        '/app/run.sh other a b c /etc function image',
      );
    });

    test('finds its program on the image’s PATH and through the image’s links', async () => {
      assert.equal(await run('echo $ARGUMENTS', define({ entryPoint: ['bash', '/usr/bin/linked'] })), 'app.handler');
      assert.equal(await run('echo $0', define({ entryPoint: ['/usr/bin/linked'] })), '/usr/bin/linked');
    });

    test('sees the image as its root, read-only, and nothing of the host', async () => {
      const listed = await run('echo /*');
      assert.deepEqual(listed.split(' ').toSorted(), [
        '/app',
        '/bin',
        '/dev',
        '/etc',
        '/lib',
        '/lib64',
        '/proc',
        '/tmp',
        '/usr',
        '/var',
      ]);
      assert.match(await run('echo x > /app/new'), /Read-only file system/);
      assert.equal(await run('echo x > /tmp/new; echo /tmp/*'), '/tmp/new');
      assert.equal(await run('read -r first < /dev/urandom && echo ok; echo > /dev/null && echo ok'), 'ok\nok');
      const outside = [fixture.directory, process.cwd(), '/root', '/home', '/var/lang', '/var/task', '/sys', '/old'];
      for (const folder of outside) assert.equal(await run(`[ -e ${folder} ] || echo gone`), 'gone', folder);
      // process 1 still has the ordinary sandbox's root
      assert.match(await run('echo /proc/1/root/*; cd /proc/1/root'), /^\/proc\/1\/root\/\*\n.*Permission denied/);
    });

    test('finds our names and our roots of trust where the image has its own', async () => {
      const first = (file: string): Promise<string> => run(`read -r line < ${file}; echo $line`);
      assert.equal(await first('/etc/resolv.conf'), 'nameserver 127.0.0.1');
      assert.match(await first('/etc/hosts'), /^127\.0\.0\.1 localhost/);
      const bundle = '/etc/ssl/certs/ca-certificates.crt';
      assert.equal(await first(bundle), await first('$SSL_CERT_FILE'));
      assert.notEqual(await first(bundle), 'the image’s own');
      assert.equal(await first('$NODE_EXTRA_CA_CERTS'), '-----BEGIN CERTIFICATE-----');
      assert.equal(
        await run(
          '[[ $JAVA_TOOL_OPTIONS == *trustStore=/var/rapid/cacerts* ]] && [ -s /var/rapid/cacerts ] && echo ok',
        ),
        'ok',
      );
    });

    test('has no capability, no new privileges and the sandbox’s user', async () => {
      const status = await run('while read -r line; do echo $line; done < /proc/self/status');
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
        assert.match(status, new RegExp(`^${set}: 0{16}$`, 'm'));
      assert.match(status, /^NoNewPrivs: 1$/m);
      assert.match(status, /^Uid: 993 993 993 993$/m);
      assert.match(status, new RegExp(`^Seccomp: ${mode === 'strict' ? 2 : 0}$`, 'm'));
    });

    test('shares the image’s tree with other sandboxes and leaves it as it was', async () => {
      const root = fixture.pool.images.rootOf(digest);
      const before = readdirSync(root, { recursive: true }).map(String).sort();
      const answers = await Promise.all([
        run('echo $$ > /tmp/a; echo /tmp/*'),
        run('echo /tmp/*', define({}, { memoryMb: 256 })),
      ]);
      assert.deepEqual(answers, ['/tmp/a', '/tmp/*']);
      assert.deepEqual(readdirSync(root, { recursive: true }).map(String).sort(), before);
    });

    const failures: [string, Partial<FunctionImage>, string][] = [
      ['is not there', { entryPoint: ['/app/none'] }, 'fork/exec /app/none: no such file or directory'],
      ['is not on the PATH', { entryPoint: ['none'] }, 'exec: "none": executable file not found in $PATH'],
      ['is no program', { entryPoint: ['/app/plain'] }, 'fork/exec /app/plain: exec format error'],
      ['has no execute bit', { entryPoint: ['/app/locked.sh'] }, 'fork/exec /app/locked.sh: permission denied'],
      ['has Windows line ends', { entryPoint: ['./crlf.sh'] }, 'fork/exec /app/crlf.sh: no such file or directory'],
    ];
    for (const [what, image, words] of failures) {
      test(`says Runtime.InvalidEntrypoint when the program ${what}`, async () => {
        const result = await invoke(fixture, define(image), '');
        assert.equal(result.functionError, 'Unhandled');
        const { errorType, errorMessage } = answerOf(result);
        assert.equal(errorType, 'Runtime.InvalidEntrypoint');
        assert.match(errorMessage, /^RequestId: \S+ Error: /);
        assert.equal(errorMessage.replace(/^RequestId: \S+ Error: /, ''), words);
      });
    }

    test('runs the extensions that the image brings, in the image and with its environment', async () => {
      const [loaded] = await fixture.pool.images.load(extended);
      const snapshot = define(
        { digest: loaded?.image.digest ?? '' },
        { environment: { TABS: 'a\tb\nc', PERL5OPT: '-Mevil' } },
      );
      const seen = await run('while IFS= read -r line; do echo $line; done < /tmp/seen', snapshot);
      assert.deepEqual(seen.split('\n'), ['/ image other', 'gone', 'gone', 'CapEff: 0000000000000000', 'registered']);
      assert.equal(await run('echo $PERL5OPT $TABS', snapshot), '-Mevil a b c');
      const logged = (): string => (fixture.logs.get(snapshot.name) ?? []).join('\n');
      await eventually(() => logged().includes('told of INVOKE'));
      assert.match(logged(), /^EXTENSION\tName: watch\tState: Ready\tEvents: \[INVOKE\]$/m);
    });

    test('says Runtime.InvalidWorkingDir when there is no such folder', async () => {
      const { errorType, errorMessage } = answerOf(await invoke(fixture, define({ workingDirectory: '/none' }), ''));
      assert.equal(errorType, 'Runtime.InvalidWorkingDir');
      assert.match(errorMessage, /^RequestId: \S+ Error: chdir \/none: no such file or directory$/);
    });

    test('whose image was removed is refused in words', async () => {
      const gone = define({ digest: `sha256:${'0'.repeat(64)}` });
      await assert.rejects(invoke(fixture, gone, ''), {
        code: 'InvalidParameterValueException',
        message: /was removed/,
      });
    });
  });
}

test('an image function is refused in words where there are no namespaces', async () => {
  const fixture = await startPool({ isolation: 'process' });
  const [loaded] = await fixture.pool.images.load(archive);
  const snapshot = snapshotOf(Buffer.alloc(0), {
    runtime: '',
    handler: '',
    image: { digest: loaded?.image.digest ?? '' },
  });
  await assert.rejects(fixture.pool.prepare(snapshot), {
    code: 'InvalidParameterValueException',
    message: /^Functions of PackageType Image need namespaces/,
  });
  await fixture.stop();
});
