import type { Context } from '#kernel/context.ts';
import type { Reader } from '#store/contract.ts';
import { functionNotFound, notFound } from './errors.ts';
import { functionArn, type FunctionRef } from './names.ts';
import {
  findAlias,
  findFunction,
  findVersion,
  type AliasRecord,
  type FunctionRecord,
  type VersionRecord,
} from './store.ts';

export interface Resolved {
  record: FunctionRecord;
  version: VersionRecord;
  /** when an alias led here */
  alias?: AliasRecord;
}

export async function findResolved(reader: Reader, ref: FunctionRef): Promise<Resolved | undefined> {
  const record = await findFunction(reader, ref, ref.name);
  if (!record) return undefined;
  const { qualifier } = ref;
  if (qualifier === undefined || qualifier === '$LATEST') return { record, version: record.latest };
  if (/^\d+$/.test(qualifier)) {
    const version = await findVersion(reader, ref, ref.name, qualifier);
    return version && { record, version };
  }
  const alias = await findAlias(reader, ref, ref.name, qualifier);
  const version = alias && (await versionOfAlias(reader, ref, record, alias.functionVersion));
  return alias && version && { record, version, alias };
}

/** An alias may point to $LATEST as well. */
export const versionOfAlias = async (
  reader: Reader,
  ref: FunctionRef,
  record: FunctionRecord,
  number: string,
): Promise<VersionRecord | undefined> =>
  number === '$LATEST' ? record.latest : findVersion(reader, ref, ref.name, number);

/** In the words of GetFunction and Invoke, for which an alias is a function that is not there. */
export async function resolveVersion(context: Context, ref: FunctionRef): Promise<Resolved> {
  const resolved = await findResolved(context.store, ref);
  if (!resolved) throw functionNotFound(functionArn(ref, ref.name, ref.qualifier));
  return resolved;
}

/** In the words of the operations on what hangs on an alias or a version. */
export async function resolveQualified(context: Context, ref: FunctionRef): Promise<Resolved> {
  const { qualifier } = ref;
  const isAlias = qualifier !== undefined && !/^(\d+|\$LATEST)$/.test(qualifier);
  if (isAlias && (await findFunction(context.store, ref, ref.name))) {
    const resolved = await findResolved(context.store, ref);
    if (!resolved) throw notFound(`Cannot find alias arn: ${functionArn(ref, ref.name, qualifier)}`);
    return resolved;
  }
  return resolveVersion(context, ref);
}
