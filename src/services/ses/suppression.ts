// The account's suppression list: mail to an address on it is accepted and not delivered.
// https://docs.aws.amazon.com/ses/latest/dg/sending-email-suppression-list.html (2026-11)
import type { Reader } from '#store/contract.ts';
import { suppressions, type Account, type ConfigurationSet, type Place } from './store.ts';

export type SuppressionReason = 'BOUNCE' | 'COMPLAINT';

/** The list does not distinguish cases of letters. */
export const suppressedName = (address: string): string => address.toLowerCase();

export async function suppressedAmong(
  reader: Reader,
  at: Place,
  account: Account,
  set: ConfigurationSet | undefined,
  recipients: readonly string[],
): Promise<string[]> {
  const reasons = set?.suppressedReasons ?? account.suppressedReasons;
  if (reasons.length === 0) return [];
  const entries = await Promise.all(
    recipients.map((address) => suppressions.find(reader, at, suppressedName(address))),
  );
  return recipients.filter((_, i) => {
    const entry = entries[i];
    return entry !== undefined && reasons.includes(entry.reason);
  });
}
