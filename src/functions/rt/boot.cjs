'use strict';
// The sandbox's side of a Node function. Boots ahead of need, waits for its function, initialises it, serves invocations.
const { FRAME, receive, send } = require('./channel.cjs');
const log = require('./log.cjs');
const invoke = require('./invoke.cjs');
const { loadHandler } = require('./handler.cjs');
const streaming = require('./streaming.cjs');

// What nearly every function loads: paid for while booting ahead (saves about 10 ms of an SDK import).
const PRELOADED = [
  'assert', 'async_hooks', 'buffer', 'child_process', 'crypto', 'dns', 'events', 'fs/promises', 'http', 'http2', 'https',
  'module', 'net', 'os', 'path', 'perf_hooks', 'querystring', 'readline', 'stream', 'stream/promises', 'string_decoder',
  'timers/promises', 'tls', 'url', 'util', 'v8', 'vm', 'zlib',
]; // prettier-ignore

/** Answers the ports that were opened. */
async function bootAhead({ listeners }) {
  const ports = listeners ? await require('./listeners.cjs').handOver(listeners) : {};
  for (const name of PRELOADED) require(`node:${name}`);
  require('./code-cache.cjs');
  process.setSourceMapsEnabled(true);
  process.resourceUsage();
  // made on first use
  void process.stdout;
  void process.stderr;
  // the first import() pays for the ES module loader
  await import('data:text/javascript,');
  return ports;
}

async function initialise({ env, root, handler, callbacks, codeCache, function: settings, logging }, compiled) {
  Object.assign(process.env, env);
  // NODE_PATH was read when Node started
  require('node:module')._initPaths();
  process.chdir(root);
  process.argv.length = 1;
  log.install(logging);
  streaming.install();
  if (root !== '/var/task') require('./node-path.cjs').install();
  const offerCode = codeCache ? require('./code-cache.cjs').install(root, compiled) : undefined;
  const found = await loadHandler(root, process.env._HANDLER ?? handler);
  invoke.serve(found, { ...settings, callbacks });
  // before the first event is read
  if (offerCode) send(FRAME.CODE_CACHE, offerCode());
}

async function main() {
  // late: started by supervise.sh, when the function is known (and perhaps changed by its wrapper)
  const { late, ...settings } = JSON.parse(process.env.GATEHOUSE_BOOT ?? '{}');
  delete process.env.GATEHOUSE_BOOT;
  const ports = await bootAhead(settings);
  if (!late) send(FRAME.BOOTED, JSON.stringify(ports));
  const { payload } = receive();
  // compiled code may follow the words
  const end = payload.indexOf(0);
  const assignment = JSON.parse(payload.toString('utf8', 0, end === -1 ? payload.length : end));
  const compiled = end === -1 ? undefined : Buffer.from(payload.subarray(end + 1));
  try {
    await initialise(assignment, compiled);
  } catch (error) {
    log.writeError('Uncaught Exception', error);
    invoke.die(error, 129);
  }
}

void main();
