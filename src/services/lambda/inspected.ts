import type { FunctionSnapshot } from '#functions/index.ts';
import { isNamed } from '#functions/index.ts';
import type { Platform } from '#kernel/platform.ts';
import { allFunctions } from './concurrency.ts';
import { snapshotOf } from './snapshots.ts';

/** $LATEST of the function that `start --inspect` names, in the account that `start` serves. */
export async function findInspected(platform: Platform, name: string): Promise<FunctionSnapshot | undefined> {
  const { defaultAccountId: accountId, defaultRegion: region } = platform.config;
  const at = { accountId, region };
  const record = (await allFunctions(platform.store, at)).find((each) => isNamed(each.name, name));
  return record && snapshotOf(platform, at, record, record.latest);
}
