// gatehouse COMMAND: one file per command; each is loaded only when it is asked for.
import { parseArgs } from 'node:util';
import { CommandError, type Command } from './command.ts';

const COMMANDS: Record<string, { summary: string; load: () => Promise<Command> }> = {
  start: {
    summary: 'serve a SAM or CloudFormation template on this machine',
    load: async () => (await import('./start.ts')).start,
  },
  serve: {
    summary: 'serve for real: nothing anonymous, IAM enforced',
    load: async () => (await import('./serve.ts')).serve,
  },
  logs: { summary: 'print what a function wrote', load: async () => (await import('./logs.ts')).logs },
  invoke: { summary: 'call a function', load: async () => (await import('./invoke.ts')).invoke },
  image: {
    summary: 'container images for functions, without Docker',
    load: async () => (await import('./image.ts')).image,
  },
  runtime: {
    summary: 'what the runtimes of functions need',
    load: async () => (await import('./runtime.ts')).runtime,
  },
  doctor: {
    summary: 'what this machine offers, and the remedy for what it lacks',
    load: async () => (await import('./doctor.ts')).doctor,
  },
  reset: {
    summary: 'forget everything that start has kept for a template',
    load: async () => (await import('./reset.ts')).reset,
  },
};

function usage(): string {
  const lines = Object.entries(COMMANDS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`);
  return `gatehouse COMMAND [options]\n\n${lines.join('\n')}\n\ngatehouse COMMAND --help tells a command's options\n`;
}

async function main(argv: string[]): Promise<number> {
  const [name = '', ...rest] = argv;
  const entry = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!entry) {
    const asked = name === '' || name === 'help' || name === '--help' || name === '-h';
    (asked ? process.stdout : process.stderr).write(
      asked ? usage() : `gatehouse: there is no command ${name}\n\n${usage()}`,
    );
    return asked ? 0 : 2;
  }
  const command = await entry.load();
  try {
    const { values, positionals } = parseArgs({
      args: rest,
      options: { ...command.options, help: { type: 'boolean', short: 'h' } },
      allowPositionals: true,
    });
    if (values['help']) {
      process.stdout.write(command.usage);
      return 0;
    }
    return await command.run(values as Record<string, string | boolean | undefined>, positionals);
  } catch (error) {
    const unknownOption = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
    if (!(error instanceof CommandError) && !unknownOption) throw error;
    process.stderr.write(`gatehouse ${name}: ${(error as Error).message}\n`);
    if (unknownOption) process.stderr.write(`\n${command.usage}`);
    return unknownOption ? 2 : 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
