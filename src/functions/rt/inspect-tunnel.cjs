'use strict';
// A thread beside an inspected function: offers the platform one connection at a time, and joins it with the inspector as
// soon as a debugger speaks through it.
const net = require('node:net');
const { workerData } = require('node:worker_threads');

const HOST = '127.0.0.1';
const AGAIN_MS = 50;

function offer() {
  const tunnel = net.connect({ port: workerData.port, host: HOST, noDelay: true });
  const again = () => setTimeout(offer, AGAIN_MS);
  tunnel.on('error', () => {});
  tunnel.once('close', again);
  tunnel.once('data', (first) => {
    tunnel.off('close', again);
    offer();
    const target = net.connect({ port: workerData.to, host: HOST, noDelay: true });
    target.on('error', () => {});
    target.write(first);
    tunnel.pipe(target).pipe(tunnel);
    tunnel.once('close', () => target.destroy());
    target.once('close', () => tunnel.destroy());
  });
}

offer();
