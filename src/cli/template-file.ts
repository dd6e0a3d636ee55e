import { existsSync } from 'node:fs';
import path from 'node:path';
import { CommandError, userPath } from './command.ts';

const NAMES = ['template.yaml', 'template.yml', 'template.json'];
const EXAMPLE = path.resolve(import.meta.dirname, '../../examples/contact-us/template.yaml');

/** The template that was named, or the one in this folder, or in our own clone the first example. */
export function findTemplate(named: string | undefined): string {
  if (named !== undefined) {
    const file = userPath(named);
    const inFolder = NAMES.map((name) => path.join(file, name)).find(existsSync);
    if (inFolder) return inFolder;
    if (!existsSync(file)) throw new CommandError(`there is no ${file}`);
    return file;
  }
  const here = NAMES.map(userPath).find(existsSync);
  if (here) return here;
  const root = path.resolve(import.meta.dirname, '../..');
  if (userPath('.') === root) return EXAMPLE;
  throw new CommandError('there is no template.yaml here: name one, or start with --empty');
}
