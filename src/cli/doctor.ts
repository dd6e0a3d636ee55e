import type { Command } from './command.ts';

export const doctor: Command = {
  usage: 'gatehouse doctor\n\nSays what this machine offers, and the remedy for each lack.\n',
  options: {},
  async run() {
    return 0;
  },
};
