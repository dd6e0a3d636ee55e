import { callJson } from './client.ts';
import { CommandError, type Command } from './command.ts';
import { findFunction } from './functions.ts';
import { requireRunning } from './running.ts';
import { untilStopped } from './stop-signal.ts';

const POLL_MS = 500;

interface Page {
  events: { timestamp: number; message: string; eventId: string }[];
  nextToken?: string;
}

export const logs: Command = {
  usage: `gatehouse logs NAME [--follow] [--filter PATTERN] [--data DIR]

Prints what function NAME wrote: its name, or its logical id in the template. A NAME with a slash is a log group.
`,
  options: { follow: { type: 'boolean', short: 'f' }, filter: { type: 'string' }, data: { type: 'string' } },
  async run(options, [name]) {
    if (!name) throw new CommandError('name a function: gatehouse logs NAME');
    const running = requireRunning(options);
    const logGroupName = name.includes('/') ? name : `/aws/lambda/${await findFunction(running, name)}`;
    const printed = new Set<string>();
    let since = 0;
    const print = async (): Promise<void> => {
      let nextToken: string | undefined;
      do {
        const input = {
          logGroupName,
          startTime: since,
          filterPattern: options['filter'] ?? '',
          ...(nextToken && { nextToken }),
        };
        const page: Page = await callJson(running, 'logs', 'Logs_20140328.FilterLogEvents', input);
        for (const { eventId, timestamp, message } of page.events) {
          if (printed.has(eventId)) continue;
          printed.add(eventId);
          since = Math.max(since, timestamp);
          process.stdout.write(`${new Date(timestamp).toISOString()} ${message.replace(/\n?$/, '\n')}`);
        }
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
    };
    let stopped = false;
    if (options['follow']) void untilStopped().then(() => (stopped = true));
    for (;;) {
      try {
        await print();
      } catch (error) {
        // A function that has not run yet has no log group.
        if (!(error instanceof CommandError) || !options['follow'] || !error.message.includes('does not exist'))
          throw error;
      }
      if (!options['follow'] || stopped) return 0;
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  },
};
