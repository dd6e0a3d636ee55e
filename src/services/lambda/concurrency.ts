import type { Operation } from '#kernel/service.ts';
import { invalidParameter, notFound } from './errors.ts';
import { requireFunction, updateFunction } from './record.ts';
import { parseFunctionName, whole } from './names.ts';
import type { Reader } from '#store/contract.ts';
import {
  listFunctions,
  listProvisioned,
  listStoredCode,
  noteConcurrencyPlace,
  placeOf,
  type FunctionRecord,
  type Place,
  type ProvisionedRecord,
} from './store.ts';

/** of one function */
const TAGS_MAX = 50;

// Account settings (Lambda developer guide, "Lambda quotas", 2026-11)
export const CONCURRENCY_MAX = 1000;
/** what reserved concurrency must leave to the others */
export const UNRESERVED_MIN = 100;
const CODE_BYTES_MAX = 80_530_636_800;
const UNZIPPED_BYTES_MAX = 262_144_000;
const ZIPPED_BYTES_MAX = 52_428_800;

export async function allFunctions(reader: Reader, at: Place): Promise<FunctionRecord[]> {
  const all: FunctionRecord[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await listFunctions(reader, at, after, 1000);
    all.push(...page);
    if (page.length < 1000) return all;
    after = page.at(-1)?.name;
  }
}
const reservedBy = (functions: readonly FunctionRecord[]): number =>
  functions.reduce((sum, each) => sum + (each.reservedConcurrency ?? 0), 0);
const provisionedBy = (records: readonly ProvisionedRecord[]): number =>
  records.reduce((sum, { requested }) => sum + requested, 0);

/** What functions reserve is gone, and what is provisioned for the others (developer guide, "Understanding concurrency"). */
export function unreservedOf(functions: readonly FunctionRecord[], provisioned: readonly ProvisionedRecord[]): number {
  const reserving = new Set(functions.filter((each) => each.reservedConcurrency !== undefined).map(({ name }) => name));
  return (
    CONCURRENCY_MAX - reservedBy(functions) - provisionedBy(provisioned.filter(({ name }) => !reserving.has(name)))
  );
}

export const putFunctionConcurrency: Operation<'lambda', 'PutFunctionConcurrency'> = (input, context) => {
  const wanted = input.ReservedConcurrentExecutions;
  return updateFunction(context, input.FunctionName, async (record, tx, ref) => {
    whole(ref);
    const provisioned = await listProvisioned(tx, ref);
    const own = provisionedBy(provisioned.filter(({ name }) => name === record.name));
    if (wanted < own) {
      throw invalidParameter(
        // two spaces, as on AWS
        `ReservedConcurrentExecutions  ${wanted} should not be lower than function's total provisioned concurrency [${own}].`,
      );
    }
    const others = (await allFunctions(tx, ref)).filter((each) => each.name !== record.name);
    const ofOthers = provisioned.filter(({ name }) => name !== record.name);
    if (unreservedOf(others, ofOthers) - wanted < UNRESERVED_MIN) {
      throw invalidParameter(
        `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_MIN}].`,
      );
    }
    record.reservedConcurrency = wanted;
    await noteConcurrencyPlace(tx, ref);
    return { ReservedConcurrentExecutions: wanted };
  });
};
export const getFunctionConcurrency: Operation<'lambda', 'GetFunctionConcurrency'> = async (input, context) => {
  const record = await requireFunction(context, whole(parseFunctionName(input.FunctionName, placeOf(context))));
  return record.reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: record.reservedConcurrency };
};
export const deleteFunctionConcurrency: Operation<'lambda', 'DeleteFunctionConcurrency'> = (input, context) =>
  updateFunction(context, input.FunctionName, (record, _tx, ref) => {
    whole(ref);
    delete record.reservedConcurrency;
    return {};
  });

/** $LATEST, every version, every version of a layer: each counts, be its content another's or not. */
async function storedCodeBytes(reader: Reader, at: Place, functions: readonly FunctionRecord[]): Promise<number> {
  const published = await listStoredCode(reader, at);
  return [...functions.map((each) => each.latest), ...published].reduce((sum, { codeSize }) => sum + codeSize, 0);
}

export const getAccountSettings: Operation<'lambda', 'GetAccountSettings'> = async (_input, context) => {
  const at = placeOf(context);
  const functions = await allFunctions(context.store, at);
  return {
    AccountLimit: {
      TotalCodeSize: CODE_BYTES_MAX,
      CodeSizeUnzipped: UNZIPPED_BYTES_MAX,
      CodeSizeZipped: ZIPPED_BYTES_MAX,
      ConcurrentExecutions: CONCURRENCY_MAX,
      UnreservedConcurrentExecutions: unreservedOf(functions, await listProvisioned(context.store, at)),
    },
    AccountUsage: {
      TotalCodeSize: await storedCodeBytes(context.store, at, functions),
      FunctionCount: functions.length,
    },
  };
};

const tagged = (arn: string): string => {
  if (/^arn:aws[a-z-]*:lambda:[^:]+:\d{12}:function:[^:]+:[^:]+$/.test(arn)) {
    throw invalidParameter('Tags on function aliases and versions are not supported. Please specify a function ARN.');
  }
  if (!/^arn:aws[a-z-]*:lambda:[^:]+:\d{12}:function:[^:]+$/.test(arn))
    throw notFound('The resource you requested does not exist.');
  return arn;
};

export function checkTags(tags: Readonly<Record<string, string>>): void {
  if (Object.keys(tags).length > TAGS_MAX) throw invalidParameter('Number of tags exceeds resource tag limit.');
}

export const tagResource: Operation<'lambda', 'TagResource'> = (input, context) =>
  updateFunction(context, tagged(input.Resource), (record) => {
    if (Object.keys(input.Tags).length === 0) {
      throw invalidParameter('An error occurred and the request cannot be processed.');
    }
    Object.assign(record.tags, input.Tags);
    checkTags(record.tags);
    return {};
  });
export const untagResource: Operation<'lambda', 'UntagResource'> = (input, context) =>
  updateFunction(context, tagged(input.Resource), (record) => {
    for (const key of input.TagKeys) delete record.tags[key];
    return {};
  });
export const listTags: Operation<'lambda', 'ListTags'> = async (input, context) => ({
  Tags: (await requireFunction(context, parseFunctionName(tagged(input.Resource), placeOf(context)))).tags,
});
