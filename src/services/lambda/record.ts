import type { Context } from '#kernel/context.ts';
import type { Transaction } from '#store/contract.ts';
import { functionNotFound } from './errors.ts';
import { functionArn, parseFunctionName, type FunctionRef } from './names.ts';
import { findFunction, placeOf, putFunction, type FunctionRecord } from './store.ts';

export async function requireFunction(
  context: Context,
  ref: FunctionRef,
  reader: { get: Transaction['get'] } = context.store,
): Promise<FunctionRecord> {
  const record = await findFunction(reader as Transaction, ref, ref.name);
  if (!record) throw functionNotFound(functionArn(ref, ref.name, ref.qualifier));
  return record;
}

/** Changes $LATEST or what is beside it; `change` runs again when somebody else was quicker. */
export async function updateFunction<T>(
  context: Context,
  text: string,
  change: (record: FunctionRecord, tx: Transaction, ref: FunctionRef) => Promise<T> | T,
): Promise<T> {
  const ref = parseFunctionName(text, placeOf(context));
  return context.store.transact(async (tx) => {
    const record = await requireFunction(context, ref, tx);
    const result = await change(record, tx, ref);
    putFunction(tx, ref, record);
    return result;
  });
}
