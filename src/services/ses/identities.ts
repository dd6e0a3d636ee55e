// What both versions of the API do to identities.
import type { Context } from '#kernel/context.ts';
import { checkAddress } from './addresses.ts';
import { invalidParameterValue } from './errors.ts';
import { identities, placeOf, type Identity } from './store.ts';
import { putVerificationMail } from './verification.ts';

const DOMAIN = /^(?=.{1,255}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]$/i;

export const kindOf = (name: string): Identity['kind'] => (name.includes('@') ? 'EMAIL_ADDRESS' : 'DOMAIN');

/** Domains are lower-case; the part before the at sign keeps its case. */
export function identityName(text: string): string {
  if (kindOf(text) === 'DOMAIN') {
    if (!DOMAIN.test(text)) throw invalidParameterValue(`Invalid domain name ${text}.`);
    return text.toLowerCase();
  }
  const address = checkAddress(text);
  if (address !== text) throw invalidParameterValue(`Invalid email address<${text}>.`);
  return address.slice(0, address.lastIndexOf('@')) + address.slice(address.lastIndexOf('@')).toLowerCase();
}

/** Makes it if need be. In start mode every identity is verified at once; in serve mode the address must answer a mail. */
export async function verifyIdentity(
  context: Context,
  text: string,
  change: (identity: Identity) => void = () => {},
): Promise<Identity> {
  const name = identityName(text);
  const at = placeOf(context);
  const known = await identities.find(context.store, at, name);
  const identity: Identity = known ?? {
    name,
    kind: kindOf(name),
    createdAt: context.clock.now(),
    verified: context.platform.config.mode === 'start',
    token: context.ids.secretKey() + context.ids.upper(4),
    dkimTokens: [0, 1, 2].map(() => context.ids.lower(32)),
    dkimEnabled: kindOf(name) === 'DOMAIN',
    feedbackForwarding: true,
    tags: {},
  };
  change(identity);
  const pending =
    identity.verified || identity.kind === 'DOMAIN' ? undefined : await putVerificationMail(context, identity);
  await context.store.transact((tx) => {
    identities.put(tx, at, identity);
    pending?.(tx);
  });
  return identity;
}

export async function updateIdentity(
  context: Context,
  text: string,
  missing: () => Error,
  change: (identity: Identity) => void,
): Promise<void> {
  const at = placeOf(context);
  await context.store.transact(async (tx) => {
    const identity = await identities.find(tx, at, identityName(text));
    if (!identity) throw missing();
    change(identity);
    identities.put(tx, at, identity);
  });
}

export async function allIdentities(context: Context): Promise<Identity[]> {
  const all: Identity[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await identities.list(context.store, placeOf(context), after, 1000);
    all.push(...page);
    if (page.length < 1000) return all;
    after = page.at(-1)?.name;
  }
}
