import { CommandError } from './command.ts';

/** Node's own; what editors look for first. */
const PORT = 9229;

/** `NAME[:port]` */
export function parseInspect(text: string | undefined): { name: string; port: number } | undefined {
  if (text === undefined) return undefined;
  const [, name, port] = /^([A-Za-z0-9_-]+)(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (name === undefined || Number(port ?? PORT) > 65_535) {
    throw new CommandError(`--inspect ${text}: write NAME or NAME:port, with the name or logical id of a function`);
  }
  return { name, port: Number(port ?? PORT) };
}
