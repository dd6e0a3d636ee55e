// Sending authorization: policies of an identity, by name, for both versions of the API.
import { compilePolicy } from '#core/policy/index.ts';
import type { Context } from '#kernel/context.ts';
import { identitiesFor } from './addresses.ts';
import { identities, placeOf } from './store.ts';

/** "You can attach up to 20 policies to an identity." */
export const POLICIES_MAX = 20;
export const POLICY_NAME = /^[A-Za-z0-9_-]{1,64}$/;

/** What the policy cannot be; undefined when it is well-formed. */
export function policyFault(text: string): string | undefined {
  try {
    compilePolicy(text, 'resource');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** The policies of whatever identity vouches for an address, as one. */
export async function policyOf(context: Context, address: string): Promise<string | undefined> {
  if (!address.includes('@')) return undefined;
  for (const name of identitiesFor(address)) {
    const identity = await identities.find(context.store, placeOf(context), name);
    const documents = Object.values(identity?.policies ?? {});
    if (documents.length === 0) continue;
    const Statement = documents.flatMap((text) => (JSON.parse(text) as { Statement: unknown }).Statement);
    return JSON.stringify({ Version: '2012-10-17', Statement });
  }
  return undefined;
}

/** The identity whose ARN stands for an address: itself when it is one, otherwise the verified domain above it. */
export async function sendingIdentity(context: Context, address: string): Promise<string> {
  if (!address.includes('@')) return address;
  for (const name of identitiesFor(address)) {
    if ((await identities.find(context.store, placeOf(context), name))?.verified) return name;
  }
  return address;
}
