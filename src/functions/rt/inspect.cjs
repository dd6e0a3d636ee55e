'use strict';
// Loaded before boot.cjs in a sandbox that a debugger may attach to (`gatehouse start --inspect`). Opens Node's inspector on a
// port of the sandbox's own and has a second thread carry its connections to the platform, which holds the host's port.
const fs = require('node:fs');
const inspector = require('node:inspector');
const net = require('node:net');
const path = require('node:path');
const { isMainThread, Worker } = require('node:worker_threads');

const CHANNEL = 3;
/** as in sandbox-command.ts; a sandbox without a network of its own says which port it took */
const TUNNEL_PORT = 9230;
const LOOK_MS = 2;

/** Blocked in read, the main thread would not hear the debugger: between looks at the channel it does. */
function readWithoutBlocking() {
  // libuv makes the descriptor non-blocking when it takes it
  new net.Socket({ fd: CHANNEL, manualStart: true, readable: false, writable: false }).unref();
  const cell = new Int32Array(new SharedArrayBuffer(4));
  const { readSync } = fs;
  fs.readSync = (fd, ...rest) => {
    if (fd !== CHANNEL) return readSync(fd, ...rest);
    for (;;) {
      try {
        return readSync(fd, ...rest);
      } catch (error) {
        if (error.code !== 'EAGAIN') throw error;
        Atomics.wait(cell, 0, 0, LOOK_MS);
      }
    }
  };
}

function carry(port) {
  const to = Number(new URL(inspector.url()).port);
  const worker = new Worker(path.join(__dirname, 'inspect-tunnel.cjs'), { workerData: { port, to }, execArgv: [] });
  worker.unref();
}

if (isMainThread) {
  // children and threads of the function must not open it again
  process.execArgv = [];
  inspector.open(0, '127.0.0.1');
  readWithoutBlocking();
  if (JSON.parse(process.env.GATEHOUSE_BOOT).late) carry(TUNNEL_PORT);
  else {
    const listeners = require('./listeners.cjs');
    const { handOver } = listeners;
    listeners.handOver = async (settings) => {
      const { inspect, ...ports } = await handOver(settings);
      carry(inspect);
      return ports;
    };
  }
}
