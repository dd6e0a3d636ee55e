import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileFilter, refusedCalls } from './seccomp.ts';

const ARCHITECTURES = ['x64', 'arm64'] as const;
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 };
const CALLS = {
  x64: { clone: 56, socket: 41, read: 0, execve: 59 },
  arm64: { clone: 220, socket: 198, read: 63, execve: 221 },
};
const ALLOW = 0x7fff0000;
const errno = (code: number): number => 0x00050000 | code;

/** A classic BPF machine for the instructions that the filter uses. */
function decide(program: Buffer, data: { number: number; architecture: number; argument0?: number }): number {
  const words: Record<number, number> = { 0: data.number, 4: data.architecture, 16: data.argument0 ?? 0 };
  let loaded = 0;
  for (let at = 0; at < program.length; at += 8) {
    const code = program.readUInt16LE(at);
    const k = program.readUInt32LE(at + 4);
    if (code === 0x20) loaded = words[k] ?? 0;
    else if (code === 0x06) return k;
    else {
      const holds = code === 0x15 ? loaded === k : code === 0x35 ? loaded >= k : (loaded & k) !== 0;
      at += 8 * program.readUInt8(at + (holds ? 2 : 3));
    }
  }
  throw new Error('the program ends without an answer');
}

for (const name of ARCHITECTURES) {
  const program = compileFilter(name);
  const ask = (number: number, argument0 = 0): number =>
    decide(program, { number, architecture: AUDIT[name], argument0 });

  test(`${name}: ordinary calls pass`, () => {
    for (const number of Object.values(CALLS[name])) assert.equal(ask(number), ALLOW);
    // CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD…: a thread
    assert.equal(ask(CALLS[name].clone, 0x3d0f00), ALLOW);
    assert.equal(ask(CALLS[name].socket, 2), ALLOW);
  });

  test(`${name}: the listed calls are refused`, () => {
    assert.ok(refusedCalls(name).length > 45);
    for (const number of refusedCalls(name)) assert.equal(ask(number), errno(1), String(number));
  });

  test(`${name}: clone makes no namespace, clone3 does not exist, some sockets neither`, () => {
    for (const flag of [0x20000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) {
      assert.equal(ask(CALLS[name].clone, flag), errno(1));
    }
    assert.equal(ask(435), errno(38));
    assert.equal(ask(CALLS[name].socket, 40), errno(97));
  });

  test(`${name}: another architecture's calls kill`, () => {
    assert.equal(decide(program, { number: 0, architecture: 0x40000003 }), 0x80000000);
  });
}

test('x64: numbers of the x32 ABI do not exist', () => {
  assert.equal(decide(compileFilter('x64'), { number: 0x40000000 + 165, architecture: AUDIT.x64 }), errno(38));
});
