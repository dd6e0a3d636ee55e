'use strict';
// Opens the ports of a sandbox whose runtime starts late (supervise.sh), gives them to the platform, and ends.
const { FRAME, send } = require('./channel.cjs');
const { handOver } = require('./listeners.cjs');

async function main() {
  const { listeners } = JSON.parse(process.env.GATEHOUSE_BOOT);
  const taken = await handOver(listeners);
  send(FRAME.BOOTED, JSON.stringify(taken));
}

void main();
