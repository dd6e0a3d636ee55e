import { callApi } from './client.ts';
import { CommandError } from './command.ts';
import type { Running } from './running.ts';

/** A function's full name from what was typed: the name itself, or a template's logical id within it. */
export async function findFunction(running: Running, asked: string): Promise<string> {
  const names: string[] = [];
  let marker = '';
  do {
    const query = marker === '' ? '' : `?Marker=${encodeURIComponent(marker)}`;
    const { body } = await callApi(running, {
      service: 'lambda',
      method: 'GET',
      target: `/2015-03-31/functions/${query}`,
    });
    const page = JSON.parse(body) as { Functions: { FunctionName: string }[]; NextMarker?: string };
    names.push(...page.Functions.map((each) => each.FunctionName));
    marker = page.NextMarker ?? '';
  } while (marker !== '');
  if (names.includes(asked)) return asked;
  const close = names.filter((name) => name.split('-').includes(asked));
  const [only] = close;
  if (close.length === 1 && only !== undefined) return only;
  const known = names.length === 0 ? 'there is none' : `there are ${names.join(', ')}`;
  throw new CommandError(
    close.length > 1 ? `${asked} may be ${close.join(' or ')}` : `there is no function ${asked}: ${known}`,
  );
}
