import { addRuntime, listRuntimes } from '#functions/index.ts';
import { CommandError, userPath, type Command } from './command.ts';

export const runtime: Command = {
  usage: `gatehouse runtime add java [--from DIR]
gatehouse runtime list

Brings what a Lambda runtime needs beside its language, and lists which runtimes this machine runs. Java's runtime
interface client is fetched by Maven, pinned by checksum; --from takes its files from a folder, for machines without.
`,
  options: { from: { type: 'string' } },
  async run(options, [verb, name]) {
    if (verb === 'list') {
      for (const { check, ok, detail, remedy } of await listRuntimes()) {
        process.stdout.write(`${ok ? 'ok  ' : 'lack'}  ${check}: ${detail}\n`);
        if (remedy !== undefined) process.stdout.write(`      ${remedy}\n`);
      }
      return 0;
    }
    if (verb !== 'add' || name !== 'java') {
      throw new CommandError('say what to do: gatehouse runtime add java, or list; the others need nothing added');
    }
    const from = options['from'] as string | undefined;
    const folder = await addRuntime(from === undefined ? undefined : userPath(from)).catch((error: Error) => {
      const way =
        from === undefined ? 'install Maven, or name a folder that has the files with --from' : 'see the files';
      throw new CommandError(`${error.message}: ${way}`);
    });
    process.stdout.write(`Java functions run with what is in ${folder}\n`);
    return 0;
  },
};
