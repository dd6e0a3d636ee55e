import path from 'node:path';
import type { ParseArgsConfig } from 'node:util';

export interface Command {
  usage: string;
  options: NonNullable<ParseArgsConfig['options']>;
  /** Answers the exit code. */
  run(options: Record<string, any>, positionals: string[]): Promise<number>;
}

/** Says what happened and what to do next; printed without a stack. */
export class CommandError extends Error {}

/** npm runs scripts in the package's folder; INIT_CWD is where the person stood. */
export const userPath = (file: string): string => path.resolve(process.env['INIT_CWD'] ?? process.cwd(), file);

export function parsePort(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new CommandError(`--port ${text} is not a port: give a number from 0 to 65535`);
  return port;
}

/** `RATE[:BURST]`, requests a second and at once. */
export function parseThrottle(text: string | undefined): {
  accountThrottle?: { rateLimit: number; burstLimit: number };
} {
  if (text === undefined) return {};
  const [, rate, burst = rate] = /^(\d{1,9})(?::(\d{1,9}))?$/.exec(text) ?? [];
  if (rate === undefined)
    throw new CommandError(`--account-throttle ${text}: write RATE or RATE:BURST, as in 10000:5000`);
  return { accountThrottle: { rateLimit: Number(rate), burstLimit: Number(burst) } };
}
