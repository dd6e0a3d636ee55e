// A power cut: the store lies on a loop-mounted ext4 whose device is cut off under load, so that all that was not forced to it is
// gone. Needs root and a loop device:  node test/crash/power-cut.ts ROUNDS
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { checkStore, type Acknowledged } from './store-check.ts';
import { startWriter } from './store-writer-process.ts';

const ROUNDS = Number(process.argv[2] ?? 3);
const IMAGE_MB = 700;
/** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: not even ext4's own journal is flushed. */
const CUT = `import fcntl, os, struct, sys
fcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))`;

const base = mkdtempSync(path.join(tmpdir(), 'gatehouse-power-'));
const image = path.join(base, 'disk.img');
const mount = path.join(base, 'disk');
const run = (command: string, ...args: string[]): string => execFileSync(command, args, { encoding: 'utf8' }).trim();
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Answers the loop device. */
function makeDisk(): string {
  rmSync(image, { force: true });
  run('truncate', '-s', `${IMAGE_MB}M`, image);
  run('mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0', image);
  const device = run('losetup', '--find', '--show', image);
  run('mount', device, mount);
  return device;
}

async function round(): Promise<{ acknowledged: number; report: string }> {
  const device = makeDisk();
  try {
    const directory = path.join(mount, 'data');
    mkdirSync(directory);
    run('sync');
    const acknowledged: Acknowledged = { last: [], total: 0 };
    const { child, ready, closed } = startWriter(directory, acknowledged);
    await Promise.race([ready, closed]);
    await wait(200 + Math.random() * 1000);
    child.kill('SIGSTOP');
    await wait(150); // everything it had said is read
    run('python3', '-c', CUT, mount);
    const promised = structuredClone(acknowledged);
    child.kill('SIGKILL');
    assert.equal(await closed, 'SIGKILL');
    run('umount', mount);
    run('mount', device, mount);
    return { acknowledged: promised.total, report: await checkStore(directory, promised, { powerCut: true }) };
  } finally {
    run('umount', mount);
    run('losetup', '--detach', device);
  }
}

mkdirSync(mount);
try {
  let total = 0;
  for (let i = 1; i <= ROUNDS; i++) {
    const { acknowledged, report } = await round();
    total += acknowledged;
    console.log(`round ${i}: ${acknowledged} acknowledged, ${report}`);
  }
  console.log(`${ROUNDS} power cuts, ${total} acknowledged, nothing lost or torn`);
} finally {
  rmSync(base, { recursive: true, force: true });
}
