import { readFileSync } from 'node:fs';
import { callApi } from './client.ts';
import { CommandError, userPath, type Command } from './command.ts';
import { findFunction } from './functions.ts';
import { requireRunning } from './running.ts';

export const invoke: Command = {
  usage: `gatehouse invoke NAME [--event FILE | --payload JSON] [--async] [--data DIR]

Calls function NAME and prints its answer, and its log on the error output. --event - reads standard input.
`,
  options: {
    event: { type: 'string' },
    payload: { type: 'string' },
    async: { type: 'boolean' },
    data: { type: 'string' },
  },
  async run(options, [name]) {
    if (!name) throw new CommandError('name a function: gatehouse invoke NAME');
    const running = requireRunning(options);
    const body = options['event']
      ? readFileSync(options['event'] === '-' ? 0 : userPath(options['event']), 'utf8')
      : (options['payload'] ?? '{}');
    try {
      JSON.parse(body);
    } catch (error) {
      throw new CommandError(`the event is not JSON: ${(error as Error).message}`);
    }
    const functionName = await findFunction(running, name);
    const answer = await callApi(running, {
      service: 'lambda',
      target: `/2015-03-31/functions/${encodeURIComponent(functionName)}/invocations`,
      headers: { 'x-amz-invocation-type': options['async'] ? 'Event' : 'RequestResponse', 'x-amz-log-type': 'Tail' },
      body,
    });
    const log = answer.headers.get('x-amz-log-result');
    if (log) process.stderr.write(Buffer.from(log, 'base64'));
    if (answer.body) process.stdout.write(`${answer.body}\n`);
    return answer.headers.has('x-amz-function-error') ? 1 : 0;
  },
};
