// What function code may try, and must not be able to do, in every isolation mode that this machine offers.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { eventually } from '../eventually.ts';
import { offeredModes } from './modes.ts';
import { answerOf, defineFunction, invoke, type PoolFixture, startPool } from './pool-fixture.ts';

const SECRET = 'platform-secret-5d1f';

for (const mode of await offeredModes(['strict', 'namespaces'])) {
  describe(`in mode ${mode}`, () => {
    let fixture: PoolFixture;
    before(async () => {
      process.env['PLATFORM_SECRET'] = SECRET;
      fixture = await startPool({ isolation: mode });
      await fixture.pool.ready;
      assert.equal(fixture.pool.isolation.mode, mode);
    });
    after(() => fixture.stop());

    const run = async (source: string, event: unknown = {}, settings = {}) =>
      invoke(fixture, await defineFunction({ 'index.js': source }, settings), event, { logTail: true });
    const answer = async (source: string, event: unknown = {}, settings = {}) => {
      const result = await run(source, event, settings);
      assert.equal(result.functionError, undefined, result.payload.toString());
      return answerOf(result);
    };
    /** the codes that the attempts fail with; `false` for one that succeeded */
    const attempt = (body: string, event: unknown = {}): Promise<(string | false)[]> =>
      answer(
        `const fs = require('fs');
         const attempts = (fns) => fns.map((fn) => { try { fn(); return false } catch (error) { return error.code ?? error.message } });
         exports.handler = async (event) => attempts(${body});`,
        event,
      );
    /** whether the platform still serves another function */
    const isAlive = async (): Promise<void> => {
      assert.equal(await answer('exports.handler = async () => "alive"'), 'alive');
    };

    test('the root has nothing of the host but programs and libraries', async () => {
      const listing = await answer(`const fs = require('fs');
        exports.handler = async () => ({ root: fs.readdirSync('/'), var: fs.readdirSync('/var'), etc: fs.readdirSync('/etc'), old: fs.readdirSync('/old') })`);
      const expected = [
        'bin',
        'dev',
        'etc',
        'lib',
        'lib32',
        'lib64',
        'libx32',
        'node_modules',
        'old',
        'opt',
        'proc',
        'sbin',
        'tmp',
        'usr',
        'var',
      ];
      for (const name of listing.root) assert.ok(expected.includes(name), name);
      assert.deepEqual(listing.var.toSorted(), ['lang', 'node_modules', 'rapid', 'runtime', 'task']);
      assert.deepEqual(listing.old, []);
      for (const name of ['shadow', 'ssh', 'sudoers', 'environment']) assert.ok(!listing.etc.includes(name), name);
    });

    test('host files, the repository and the data directory are not there', async () => {
      const paths = [
        fixture.directory,
        process.cwd(),
        '/root',
        '/home',
        '/etc/shadow',
        '/var/lib',
        '/var/run',
        '/sys',
        '/run',
      ];
      const codes = await attempt('event.map((path) => () => fs.statSync(path))', paths);
      assert.deepEqual(
        codes,
        paths.map(() => 'ENOENT'),
      );
    });

    test('its own code and the system are read-only', async () => {
      const codes =
        await attempt(`['/var/task/index.js', '/var/task/new', '/opt/new', '/etc/hosts', '/usr/bin/x', '/var/rapid/boot.cjs', '/var/lang/bin/node', '/new']
        .map((path) => () => fs.appendFileSync(path, 'x'))`);
      for (const code of codes) assert.match(String(code), /^(EROFS|EACCES)$/);
    });

    test("another function's code and environment are out of reach", async () => {
      const secret = 'other-function-7a2c';
      const other = await defineFunction(
        { 'index.js': `/* ${secret} */ exports.handler = async () => 1` },
        { environment: { SECRET: secret } },
      );
      await invoke(fixture, other);
      const found = await answer(
        `const { execSync } = require('child_process');
         exports.handler = async ([secret]) => execSync('grep -rls --exclude-dir=usr --exclude-dir=self "' + secret + '" /proc/*/environ /proc/*/root/var/task /var /tmp /opt /old 2>/dev/null || true').toString()`,
        [secret],
      );
      // its own shell has the word on its command line, nobody has it anywhere else
      assert.equal(found, '');
    });

    test('only its own processes are visible, and none has the environment of the platform', async () => {
      const seen = await answer(`const fs = require('fs');
        exports.handler = async () => fs.readdirSync('/proc').filter((name) => /^\\d+$/.test(name)).map((pid) => {
          try { return fs.readFileSync('/proc/' + pid + '/environ', 'utf8') + fs.readFileSync('/proc/' + pid + '/cmdline', 'utf8') } catch (error) { return error.code } })`);
      assert.ok(seen.length <= 4, `${seen.length} processes`);
      assert.ok(!JSON.stringify(seen).includes(SECRET));
    });

    test('signals reach nobody outside', async () => {
      const codes = await attempt('event.map((pid) => () => process.kill(pid, 9))', [process.pid, process.ppid]);
      for (const code of codes) assert.match(String(code), /^(ESRCH|EPERM)$/);
      const result = await run('exports.handler = async () => { process.kill(-1, 9); return 1 }');
      // whatever became of the sandbox itself
      assert.ok(result.payload.length > 0);
      await isAlive();
    });

    test('it has no capability, no way to new ones, and no new namespaces', async () => {
      const status: string = await answer(
        `exports.handler = async () => require('fs').readFileSync('/proc/self/status', 'utf8')`,
      );
      for (const line of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) {
        assert.match(status, new RegExp(`^${line}:\\t0+$`, 'm'));
      }
      assert.match(status, /^NoNewPrivs:\t1$/m);
      const commands = [
        'unshare --user --map-root-user true',
        'unshare --mount true',
        'mount -t tmpfs tmpfs /tmp',
        'mount -o remount,rw /var/task',
        'umount /var/task',
        'nsenter --target 1 --mount true',
        'chroot / true',
        'mknod /tmp/sda b 8 0',
      ];
      const codes = await answer(
        `const { spawnSync } = require('child_process');
         exports.handler = async (event) => event.map((command) => spawnSync('sh', ['-c', command]).status)`,
        commands,
      );
      codes.forEach((code: number, index: number) => assert.notEqual(code, 0, commands[index]));
    });

    if (mode === 'strict') {
      test('system calls that a function never needs are refused', async () => {
        const status: string = await answer(
          `exports.handler = async () => require('fs').readFileSync('/proc/self/status', 'utf8')`,
        );
        assert.match(status, /^Seccomp:\t2$/m);
        // vsock leads past every network namespace
        const words = await answer(
          `const { spawnSync } = require('child_process');
           exports.handler = async () => spawnSync('/usr/bin/python3', ['-I', '-c', 'import socket; socket.socket(40, 1)']).stderr.toString()`,
        );
        assert.match(words, /Address family not supported|No such file|^$/);
      });
    }

    test('ports of the host and the outside are unreachable', async () => {
      const server = createServer((socket) => socket.end('host')).listen(0, '127.0.0.1');
      await new Promise((resolve) => server.once('listening', resolve));
      const port = (server.address() as { port: number }).port;
      const codes = await answer(
        `const net = require('net');
         exports.handler = (targets) => Promise.all(targets.map(([host, port]) => new Promise((resolve) => {
           const socket = net.connect({ host, port, timeout: 500 }, () => resolve('connected'));
           socket.on('error', (error) => resolve(error.code)); socket.on('timeout', () => resolve('timeout')) })))`,
        [
          ['127.0.0.1', port],
          ['::1', port],
          ['192.0.2.1', 80],
          ['169.254.169.254', 80],
        ],
      );
      server.close();
      assert.deepEqual(codes.slice(0, 2), ['ECONNREFUSED', 'ECONNREFUSED']);
      for (const code of codes.slice(2)) assert.match(code, /^E(NETUNREACH|HOSTUNREACH|ACCES)$/);
    });

    test('an abstract socket of the host is unreachable', async () => {
      const name = `\0gatehouse-${process.pid}`;
      const server = createServer().listen({ path: name });
      await new Promise((resolve) => server.once('listening', resolve));
      const code = await answer(
        `exports.handler = ([path]) => new Promise((resolve) => require('net').connect({ path }, () => resolve('connected')).on('error', (error) => resolve(error.code)))`,
        [name],
      );
      server.close();
      assert.equal(code, 'ECONNREFUSED');
    });

    test('a memory bomb ends that sandbox alone', async () => {
      const result = await run(
        `exports.handler = async () => { const held = []; for (;;) held.push(Buffer.alloc(8 << 20, 1)) }`,
        {},
        { timeoutSeconds: 20 },
      );
      assert.equal(result.functionError, 'Unhandled');
      assert.match(
        answerOf(result).errorMessage,
        /Runtime exited with error: signal: |Array buffer allocation failed|Failed to allocate memory/,
      );
      assert.ok(result.memoryMbMax <= 128);
      await isAlive();
    });

    test('a heap bomb ends that sandbox alone', async () => {
      const result = await run(
        `exports.handler = async () => { const held = []; for (;;) held.push(new Array(1e5).fill({})) }`,
        {},
        { timeoutSeconds: 20 },
      );
      assert.match(answerOf(result).errorMessage, /Runtime exited with error: /);
      await isAlive();
    });

    test('many processes together have no more memory than one', async () => {
      const result = await run(
        `const { spawn } = require('child_process');
         exports.handler = async () => {
           for (let i = 0; i < 4; i++) spawn(process.execPath, ['-e', 'const h=[];setInterval(()=>h.push(Buffer.alloc(4<<20,1)),5)']);
           await new Promise(() => setTimeout(() => {}, 1e6)) }`,
        {},
        { timeoutSeconds: 20 },
      );
      assert.match(answerOf(result).errorMessage, /signal: killed/);
      await isAlive();
    });

    test('shared memory is memory', async () => {
      const source = `import mmap, time
def handler(event, context):
    held = []
    for n in range(120):
        held.append(mmap.mmap(-1, 16 << 20))
        for at in range(0, 16 << 20, 4096):
            held[-1][at] = 1
    time.sleep(50)
    return 'held 1920 MB'`;
      // the control group counts /tmp with it, and is the limit for both
      const settings = { runtime: 'python3.11', timeoutSeconds: 60 };
      const result = await invoke(fixture, await defineFunction({ 'index.py': source }, settings));
      assert.match(answerOf(result).errorMessage ?? answerOf(result), /signal: killed/);
      await isAlive();
    });

    test('busy processes leave their neighbours a share of the processors', async () => {
      const hog = invoke(
        fixture,
        await defineFunction(
          {
            'index.js': `const { spawn } = require('child_process');
              exports.handler = async () => { for (let i = 0; i < 16; i++) spawn('sh', ['-c', 'while :; do :; done']); for (;;); }`,
          },
          { timeoutSeconds: 3 },
        ),
      );
      const neighbour = await defineFunction({ 'index.js': 'exports.handler = async () => "served"' });
      for (let n = 0; n < 5; n++) assert.equal(answerOf(await invoke(fixture, neighbour)), 'served');
      assert.equal(answerOf(await hog).errorType, 'Sandbox.Timedout');
    });

    test('a fork bomb ends with that sandbox', async () => {
      const marker = `7${String(process.pid).padStart(8, '0')}`;
      const bomb = invoke(
        fixture,
        await defineFunction(
          {
            'index.js': `exports.handler = async ([marker]) => {
              require('child_process').spawn('sh', ['-c', 'f() { sleep ' + marker + ' & f | f & }; f'], { detached: true });
              await new Promise(() => setTimeout(() => {}, 1e6)) }`,
          },
          { timeoutSeconds: 2 },
        ),
        [marker],
      );
      await isAlive();
      assert.match(answerOf(await bomb).errorMessage, /Task timed out|signal: killed/);
      await eventually(() => processesWith(marker) === 0);
      await isAlive();
    });

    test('what an endless loop started dies with it', async () => {
      const marker = `8${String(process.pid).padStart(8, '0')}`;
      const result = await run(
        `const { spawn } = require('child_process');
         exports.handler = async ([marker]) => {
           for (let i = 0; i < 3; i++) spawn('setsid', ['sh', '-c', 'trap "" TERM; sleep ' + marker], { detached: true }).unref();
           await new Promise((resolve) => setTimeout(resolve, 100));
           for (;;); }`,
        [marker],
        { timeoutSeconds: 1 },
      );
      assert.equal(answerOf(result).errorType, 'Sandbox.Timedout');
      await eventually(() => processesWith(marker) === 0);
    });

    test('/tmp is as large as EphemeralStorage and belongs to one sandbox', async () => {
      const source = `const fs = require('fs');
        exports.handler = async () => {
          const before = fs.readdirSync('/tmp');
          const file = fs.openSync('/tmp/fill', 'w'); let mb = 0;
          try { for (;;) { fs.writeSync(file, Buffer.alloc(1 << 20)); mb++ } } catch (error) { return { before, mb, code: error.code } } }`;
      const filled = await answer(source, {}, { timeoutSeconds: 30 });
      assert.deepEqual(filled.before, []);
      assert.equal(filled.code, 'ENOSPC');
      assert.ok(filled.mb >= 510 && filled.mb <= 512, String(filled.mb));
      const next = await answer(`exports.handler = async () => require('fs').readdirSync('/tmp')`);
      assert.deepEqual(next, []);
    });

    test('/tmp holds no more files than pages', async () => {
      const { files } = await answer(`exports.handler = async () => require('fs').statfsSync('/tmp')`);
      assert.equal(files, 512 * 256);
    });

    test('open files are limited to 1,024', async () => {
      const opened = await answer(`const fs = require('fs');
        exports.handler = async () => { let n = 0; try { for (;;) { fs.openSync('/dev/null'); n++ } } catch (error) { return { n, code: error.code } } }`);
      assert.equal(opened.code, 'EMFILE');
      assert.ok(opened.n < 1024);
    });

    test('a log flood is cut, with a line that says so', async () => {
      const result = await run(
        `exports.handler = async () => { const line = 'x'.repeat(1 << 20); for (let i = 0; i < 40; i++) console.log(line); return 1 }`,
        {},
        { timeoutSeconds: 30, name: `flood-${mode}` },
      );
      assert.equal(answerOf(result), 1);
      const log = (fixture.logs.get(`flood-${mode}`) ?? []).join('');
      assert.ok(log.length < 34 * 1024 * 1024);
      assert.match(log, /the rest is dropped/);
      assert.match(log, /REPORT RequestId/);
    });
  });
}

/** processes of this machine that have a word on their command line */
function processesWith(word: string): number {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/cmdline`, 'latin1').includes(word);
    } catch {
      return false;
    }
  }).length;
}
