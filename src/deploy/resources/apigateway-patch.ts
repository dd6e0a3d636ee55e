// Differences as the patch operations that API Gateway's Update… operations take.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html
import type { PatchOperation } from '@aws-sdk/client-api-gateway';
import type { Properties } from './contract.ts';
import { isSame } from './shared.ts';

const textOf = (value: unknown): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/** A key as one step of a patch path: JSON Pointer's escapes. */
export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** `replace` for what is there, `remove` (or the default) for what is gone. */
export function patchValues(
  before: Properties,
  after: Properties,
  paths: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): PatchOperation[] {
  const operations: PatchOperation[] = [];
  for (const [property, path] of Object.entries(paths)) {
    const [old, next] = [before[property], after[property]];
    if (isSame(old, next)) continue;
    if (next !== undefined) operations.push({ op: 'replace', path, value: textOf(next) });
    else operations.push({ op: 'replace', path, value: defaults[property] ?? '' });
  }
  return operations;
}

/** A map whose keys are steps of the path. */
export function patchMap(
  before: Properties = {},
  after: Properties = {},
  path: string,
  op: 'replace' | 'add' = 'replace',
): PatchOperation[] {
  const operations: PatchOperation[] = [];
  for (const [key, value] of Object.entries(after)) {
    if (!isSame(before[key], value))
      operations.push({ op, path: `${path}/${escapePointer(key)}`, value: textOf(value) });
  }
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) operations.push({ op: 'remove', path: `${path}/${escapePointer(key)}` });
  }
  return operations;
}

/** A list of texts; `add` and `remove` name the item in the path or as the value. */
export function patchList(
  before: readonly string[] = [],
  after: readonly string[] = [],
  path: string,
  inPath: boolean,
): PatchOperation[] {
  const operation = (op: 'add' | 'remove', item: string): PatchOperation =>
    inPath ? { op, path: `${path}/${escapePointer(item)}` } : { op, path, value: item };
  return [
    ...after.filter((item) => !before.includes(item)).map((item) => operation('add', item)),
    ...before.filter((item) => !after.includes(item)).map((item) => operation('remove', item)),
  ];
}
