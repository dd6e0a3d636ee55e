// How the program itself calls its services: as the root of the default account.
import { rootPrincipal } from '#core/principal.ts';
import type { CallOptions } from '#kernel/call.ts';
import type { Platform } from '#kernel/platform.ts';

export function ownCall(platform: Platform): CallOptions {
  const { defaultAccountId: accountId, defaultRegion: region } = platform.config;
  return { as: rootPrincipal(accountId), accountId, region, trusted: true };
}

/** A body of one piece. */
export async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
