'use strict';
// Opens the sandbox's own ports inside its network namespace and hands the sockets to the platform, which accepts there
// (runtime.md 0.6 and 4b). Afterwards this process is an ordinary client of them.
const { once } = require('node:events');
const net = require('node:net');
const dgram = require('node:dgram');

/** Every address of the namespace's loopback: names of the outside world map to addresses of 127/8 too. */
const ADDRESS = '0.0.0.0';

function listen(port, host) {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ port, host, backlog: 511 }, () => resolve(server));
  });
}

function bind(port) {
  return new Promise((resolve, reject) => {
    const socket = dgram.createSocket('udp4');
    socket.once('error', reject);
    socket.bind(port, ADDRESS, () => resolve(socket));
  });
}

const give = (name, handle) =>
  new Promise((resolve, reject) =>
    process.send({ handle: name }, handle, (error) => (error ? reject(error) : resolve())),
  );

/** ports: [[name, port]…]; dns: UDP port of the name answerer, if any. Answers the ports by name: 0 takes a free one. */
async function handOver({ ports, dns, host = ADDRESS }) {
  const taken = {};
  for (const [name, port] of ports) {
    const server = await listen(port, host);
    taken[name] = server.address().port;
    await give(name, server._handle);
    server.close();
  }
  if (dns !== undefined) {
    const socket = await bind(dns);
    await give('dns', socket);
    socket.close();
  }
  process.disconnect();
  // its descriptor is open until the other end has taken the last handle
  await once(process, 'disconnect');
  return taken;
}

module.exports = { handOver };
