// ImportApiKeys: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-key-file-format.html
import { readBody } from '#core/http.ts';
import { ServiceError } from '#core/errors.ts';
import type { Operation } from '#kernel/service.ts';
import { putNewKey, type NewKey } from './api-keys.ts';
import { badRequest } from './errors.ts';
import { addKeyToPlan } from './usage-plan-keys.ts';

const BODY_BYTES_MAX = 6 * 1024 * 1024;
const REQUIRED = ['name', 'key'];

/** One record a line; quotes hold commas, and quotes when doubled. */
export function parseCsv(text: string): string[][] {
  return text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)"\s*|([^,]*))/g)].map(([, quoted, plain = '']) =>
        quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'),
      ),
    );
}

interface Row extends NewKey {
  usagePlanIds: string[];
}

function readRows(text: string): Row[] {
  const [header = [], ...lines] = parseCsv(text);
  const columns = header.map((name) => name.toLowerCase());
  if (!REQUIRED.every((name) => columns.includes(name))) {
    throw badRequest('The API keys file must have a header row with the columns name and key');
  }
  return lines.map((cells) => {
    const cell = (name: string): string | undefined => cells[columns.indexOf(name)] || undefined;
    return {
      name: cell('name'),
      value: cell('key'),
      description: cell('description'),
      enabled: (cell('enabled') ?? 'true').toLowerCase() === 'true',
      usagePlanIds: (cell('usageplanids') ?? '')
        .split(',')
        .map((id) => id.trim())
        .filter(Boolean),
    };
  });
}

export const importApiKeys: Operation<'apigateway', 'ImportApiKeys'> = async (input, context) => {
  if (input.format !== 'csv') throw badRequest('Invalid format specified. Valid values are csv');
  const body = input.body as Uint8Array | AsyncIterable<Uint8Array>;
  const bytes = body instanceof Uint8Array ? body : await readBody(body, BODY_BYTES_MAX);
  const rows = readRows(Buffer.from(bytes).toString());
  return context.store.transact(async (tx) => {
    const ids: string[] = [];
    const warnings: string[] = [];
    for (const { usagePlanIds, ...given } of rows) {
      try {
        const { id } = await putNewKey(tx, context, given);
        ids.push(id);
        for (const planId of usagePlanIds) await addKeyToPlan(tx, context, planId, id);
      } catch (error) {
        if (!(error instanceof ServiceError) || input.failOnWarnings) throw error;
        warnings.push(`${given.name ?? ''}: ${error.message}`);
      }
    }
    return { ids, warnings };
  });
};
