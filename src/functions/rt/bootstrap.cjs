'use strict';
// The sandbox's side of a function that brings its own runtime. Boots ahead of need, opens the port of the Runtime API and
// gives it to the platform, waits for its function, then becomes the function's program: nothing of ours stays inside.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { FRAME, receive, send } = require('./channel.cjs');
const { handOver } = require('./listeners.cjs');

/** Node ignores SIGPIPE and process 1's shell ignores SIGINT; only env(1) can give a program the usual signals back. */
const RESET_SIGNALS = ['/usr/bin/env', '--default-signal'];

const ELF_MAGIC = '\x7fELF';
/** e_machine of elf(5) */
const MACHINES = { x64: 62, arm64: 183 };
const PROGRAM_INTERPRETER = 3;

async function bootAhead() {
  const settings = JSON.parse(process.env.GATEHOUSE_BOOT);
  const ports = await handOver(settings.listeners);
  const [file, ...options] = RESET_SIGNALS;
  const resets = spawnSync(file, [...options, 'true'], { stdio: 'ignore' }).status === 0;
  return { port: ports.runtime, prefix: resets ? RESET_SIGNALS : [] };
}

/** Paths that may hold the program, in Lambda's order (docs: runtimes-custom). */
function candidates({ root, runtime, handler }) {
  const layers = root === '/var/task' ? '/opt' : path.join(root, '../opt');
  const bootstrap = path.join(root, 'bootstrap');
  // the handler of go1.x names the executable
  return runtime === 'go1.x' ? [path.join(root, handler), bootstrap] : [bootstrap, path.join(layers, 'bootstrap')];
}

function findProgram(assignment) {
  const paths = candidates(assignment);
  const program = paths.find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
  if (program === undefined) throw new Error(`Couldn't find valid bootstrap(s): [${paths.join(' ')}]`);
  const reason = whyNot(program);
  if (reason !== undefined) throw new Error(`fork/exec ${program}: ${reason}`);
  return program;
}

/** What execve(2) would answer: afterwards there is nobody left to say it. */
function whyNot(program) {
  try {
    fs.accessSync(program, fs.constants.X_OK);
  } catch {
    return 'permission denied';
  }
  const head = readHead(program);
  if (head.toString('latin1', 0, 2) === '#!') return whyNoScript(head);
  if (process.platform !== 'linux') return undefined;
  if (head.toString('latin1', 0, 4) !== ELF_MAGIC || head.length < 64) return 'exec format error';
  return head.readUInt16LE(18) === MACHINES[process.arch] ? whyNoElf(head) : 'exec format error';
}

function readHead(program) {
  const file = fs.openSync(program);
  const head = Buffer.alloc(4096);
  const bytes = fs.readSync(file, head, 0, head.length, 0);
  fs.closeSync(file);
  return head.subarray(0, bytes);
}

function whyNoScript(head) {
  // a line that ends in CR LF names an interpreter that is not there
  const interpreter = /^#![ \t]*([^ \t\n]+)/.exec(head.toString('latin1'))?.[1];
  if (interpreter === undefined) return 'exec format error';
  return fs.existsSync(interpreter) ? undefined : 'no such file or directory';
}

/** A dynamic program of another libc names a loader that is not here. */
function whyNoElf(head) {
  const table = Number(head.readBigUInt64LE(32));
  const entryBytes = head.readUInt16LE(54);
  for (let index = 0; index < head.readUInt16LE(56); index++) {
    const entry = table + index * entryBytes;
    if (entry + 56 > head.length || head.readUInt32LE(entry) !== PROGRAM_INTERPRETER) continue;
    const start = Number(head.readBigUInt64LE(entry + 8));
    const bytes = Number(head.readBigUInt64LE(entry + 32));
    if (start + bytes > head.length) return undefined;
    const loader = head.toString('latin1', start, start + bytes - 1);
    return fs.existsSync(loader) ? undefined : 'no such file or directory';
  }
  return undefined;
}

async function main() {
  const { port, prefix } = await bootAhead();
  send(FRAME.BOOTED, '');
  const assignment = JSON.parse(receive().payload.toString());
  let program;
  try {
    program = findProgram(assignment);
  } catch (error) {
    send(FRAME.INIT_ERROR, error.message, 0);
    process.exit(1);
  }
  process.chdir(assignment.root);
  const { PATH, LD_LIBRARY_PATH } = process.env;
  // the channel closes with it
  process.execve(prefix[0] ?? program, [...prefix, program], {
    ...(PATH && { PATH }),
    ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }),
    ...assignment.env,
    AWS_LAMBDA_RUNTIME_API: `127.0.0.1:${port}`,
  });
}

void main();
