// What both versions' bulk operations have in common.
import type { Context } from '#kernel/context.ts';
import { checkAddress } from './addresses.ts';
import { checkSending } from './send.ts';

/** "The number of destinations can't exceed 50." */
export const BULK_MAX = 50;

/** The defaults count only for a destination that brings nothing of its own (developer guide, "Sending personalized email"). */
export function replacementOr(defaults: string | undefined, replacement: string | undefined): string | undefined {
  const isEmpty = replacement === undefined || /^\s*(\{\s*\})?\s*$/.test(replacement);
  return isEmpty ? defaults : replacement;
}

/** What is wrong for every destination is the error of the call. */
export const requireSender = (context: Context, source: string, configurationSet: string | undefined): Promise<void> =>
  checkSending(context, checkAddress(source), configurationSet);
