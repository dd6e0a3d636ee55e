'use strict';
// Runs outside of a sandbox, in its network namespace (nsenter): makes sockets there for the platform to connect, which
// then reaches what listens inside. $2 how many
const { TCP, constants } = process.binding('tcp_wrap');

const give = (socket) =>
  new Promise((resolve) =>
    process.send({ handle: 'dial' }, socket, () => {
      socket.close();
      resolve();
    }),
  );

async function main() {
  for (let left = Number(process.argv[2]); left > 0; left--) {
    const socket = new TCP(constants.SOCKET);
    // without an address there is no socket yet
    socket.bind('127.0.0.1', 0);
    await give(socket);
  }
  process.disconnect();
}

void main();
