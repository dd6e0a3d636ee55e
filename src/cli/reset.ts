import { existsSync, rmSync } from 'node:fs';
import path from 'node:path';
import { CommandError, userPath, type Command } from './command.ts';
import { findRunning } from './running.ts';
import { findTemplate } from './template-file.ts';

/** Only a folder that we made: one that holds a store or nothing at all. */
const isOurs = (folder: string): boolean => existsSync(path.join(folder, 'kv.db'));

export const reset: Command = {
  usage:
    'gatehouse reset [template.yaml] [--data DIR]\n\nRemoves the data folder (.gatehouse beside the template unless --data names it).\n',
  options: { data: { type: 'string' } },
  async run(options, [template]) {
    const dataDir = options['data']
      ? userPath(options['data'])
      : path.join(path.dirname(findTemplate(template)), '.gatehouse');
    if (!existsSync(dataDir)) {
      process.stdout.write(`${dataDir} is not there: nothing to forget\n`);
      return 0;
    }
    const running = findRunning(dataDir);
    if (running) throw new CommandError(`process ${running.pid} serves ${dataDir}: stop it first`);
    if (!isOurs(dataDir)) throw new CommandError(`${dataDir} holds no Gatehouse data: not removed`);
    rmSync(dataDir, { recursive: true });
    process.stdout.write(`removed ${dataDir}\n`);
    return 0;
  },
};
