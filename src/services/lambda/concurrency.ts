import type { Operation } from '#kernel/service.ts';
import { invalidParameter, notFound } from './errors.ts';
import { requireFunction, updateFunction } from './record.ts';
import { parseFunctionName } from './names.ts';
import type { Reader } from '#store/contract.ts';
import { listFunctions, placeOf, type FunctionRecord, type Place } from './store.ts';

/** of one function */
const TAGS_MAX = 50;

// Account settings (Lambda developer guide, "Lambda quotas", 2026-11)
export const CONCURRENCY_MAX = 1000;
/** what reserved concurrency must leave to the others */
const UNRESERVED_MIN = 100;
const CODE_BYTES_MAX = 80_530_636_800;
const UNZIPPED_BYTES_MAX = 262_144_000;
const ZIPPED_BYTES_MAX = 52_428_800;

async function allFunctions(reader: Reader, at: Place): Promise<FunctionRecord[]> {
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

export const putFunctionConcurrency: Operation<'lambda', 'PutFunctionConcurrency'> = (input, context) => {
  const wanted = input.ReservedConcurrentExecutions;
  return updateFunction(context, input.FunctionName, async (record, tx, ref) => {
    const others = (await allFunctions(tx, ref)).filter((each) => each.name !== record.name);
    if (CONCURRENCY_MAX - reservedBy(others) - wanted < UNRESERVED_MIN) {
      throw invalidParameter(
        `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${UNRESERVED_MIN}].`,
      );
    }
    record.reservedConcurrency = wanted;
    return { ReservedConcurrentExecutions: wanted };
  });
};
export const getFunctionConcurrency: Operation<'lambda', 'GetFunctionConcurrency'> = async (input, context) => {
  const record = await requireFunction(context, parseFunctionName(input.FunctionName, placeOf(context)));
  return record.reservedConcurrency === undefined ? {} : { ReservedConcurrentExecutions: record.reservedConcurrency };
};
export const deleteFunctionConcurrency: Operation<'lambda', 'DeleteFunctionConcurrency'> = (input, context) =>
  updateFunction(context, input.FunctionName, (record) => {
    delete record.reservedConcurrency;
    return {};
  });

export const getAccountSettings: Operation<'lambda', 'GetAccountSettings'> = async (_input, context) => {
  const functions = await allFunctions(context.store, placeOf(context));
  return {
    AccountLimit: {
      TotalCodeSize: CODE_BYTES_MAX,
      CodeSizeUnzipped: UNZIPPED_BYTES_MAX,
      CodeSizeZipped: ZIPPED_BYTES_MAX,
      ConcurrentExecutions: CONCURRENCY_MAX,
      UnreservedConcurrentExecutions: CONCURRENCY_MAX - reservedBy(functions),
    },
    AccountUsage: {
      TotalCodeSize: functions.reduce((sum, each) => sum + each.latest.codeSize, 0),
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
