'use strict';
// The sandbox's side of a function whose program speaks the Runtime API. Boots ahead of need, opens the port of that API
// and gives it to the platform, waits for its function, then becomes the program: nothing of ours stays inside.
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { FRAME, receive, send } = require('./channel.cjs');
const { handOver } = require('./listeners.cjs');
const { find, whyNot } = require('./program.cjs');

/** Node ignores SIGPIPE and process 1's shell ignores SIGINT; only env(1) can give a program the usual signals back. */
const RESET_SIGNALS = ['/usr/bin/env', '--default-signal'];

async function bootAhead({ listeners }) {
  const ports = listeners ? await handOver(listeners) : {};
  const [file, ...options] = RESET_SIGNALS;
  const resets = spawnSync(file, [...options, 'true'], { stdio: 'ignore' }).status === 0;
  return { ports, prefix: resets ? RESET_SIGNALS : [] };
}

/** Paths that may hold the program, in Lambda's order (docs: runtimes-custom). */
function candidates({ root, runtime, handler }) {
  const layers = root === '/var/task' ? '/opt' : path.join(root, '../opt');
  const bootstrap = path.join(root, 'bootstrap');
  // the handler of go1.x names the executable
  return runtime === 'go1.x' ? [path.join(root, handler), bootstrap] : [bootstrap, path.join(layers, 'bootstrap')];
}

function ownProgram(assignment) {
  const paths = candidates(assignment);
  const program = paths.find((file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile());
  if (program === undefined) throw new Error(`Couldn't find valid bootstrap(s): [${paths.join(' ')}]`);
  requireStartable(program, '/');
  return [program];
}

function requireStartable(program, root) {
  const reason = whyNot(program, root);
  if (reason !== undefined) throw new Error(`fork/exec ${program}: ${reason}`);
}

/** What an image starts, preceded by what makes the image the root (docs: images-create). */
function imageProgram({ program: { words, directory, image }, env }) {
  const { root, enter, environment } = image;
  const [name, ...rest] = words;
  if (name === undefined) throw new Error("Couldn't find valid bootstrap(s): [/var/task/bootstrap /opt/bootstrap]");
  const folder = find(root, directory);
  if (folder === undefined || !fs.statSync(folder).isDirectory()) {
    throw new Error(`chdir ${directory}: no such file or directory`);
  }
  const program = name.includes('/') ? path.posix.resolve(directory, name) : lookUp(root, name, env.PATH ?? '');
  requireStartable(program, root);
  if (environment !== undefined) {
    const lines = Object.entries(env).map(([variable, value]) => `${variable}=${value}`);
    fs.writeFileSync(environment, lines.join('\0'), { mode: 0o600 });
  }
  return [...enter, ...(environment === undefined ? [] : [environment]), directory, program, ...rest];
}

function lookUp(root, name, folders) {
  const paths = folders.split(':').map((folder) => path.posix.resolve('/', folder, name));
  const program = paths.find((file) => whyNot(file, root) === undefined);
  if (program === undefined) throw new Error(`exec: "${name}": executable file not found in $PATH`);
  return program;
}

function commandOf(assignment) {
  const { program } = assignment;
  if (program?.image) return imageProgram(assignment);
  return program?.words ?? ownProgram(assignment);
}

function environmentOf({ late }, { program, env }) {
  const { PATH, LD_LIBRARY_PATH } = process.env;
  // an image has programs and libraries of its own
  if (program?.image) return program.image.environment === undefined ? env : { PATH };
  return { ...(late ? process.env : { ...(PATH && { PATH }), ...(LD_LIBRARY_PATH && { LD_LIBRARY_PATH }) }), ...env };
}

async function main() {
  const settings = JSON.parse(process.env.GATEHOUSE_BOOT);
  delete process.env.GATEHOUSE_BOOT;
  const { ports, prefix } = await bootAhead(settings);
  // late: started by supervise.sh, when its function is known
  if (!settings.late) send(FRAME.BOOTED, JSON.stringify(ports));
  const assignment = JSON.parse(receive().payload.toString());
  let command;
  try {
    command = [...prefix, ...commandOf(assignment)];
  } catch (error) {
    send(FRAME.INIT_ERROR, error.message, 0);
    process.exit(1);
  }
  if (!assignment.program?.image) process.chdir(assignment.root);
  // the channel closes with it
  process.execve(command[0], command, environmentOf(settings, assignment));
}

void main();
