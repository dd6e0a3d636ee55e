import { ServiceError } from '#core/errors.ts';
import type { Operation } from '#kernel/service.ts';
import { invalidParameterValue } from '../errors.ts';
import { identityName, updateIdentity } from '../identities.ts';
import { POLICIES_MAX, POLICY_NAME, policyFault } from '../policies.ts';
import { identities, placeOf } from '../store.ts';

const unknown = (name: string) => (): Error => invalidParameterValue(`Identity <${name}> does not exist.`);

export const putIdentityPolicy: Operation<'ses', 'PutIdentityPolicy'> = async (input, context) => {
  const { Identity, PolicyName, Policy } = input;
  if (!POLICY_NAME.test(PolicyName)) throw invalidParameterValue(`Invalid policy name <${PolicyName}>.`);
  const fault = policyFault(Policy);
  if (fault !== undefined) throw new ServiceError('InvalidPolicy', `Policy is not valid: ${fault}`);
  await updateIdentity(context, Identity, unknown(Identity), (identity) => {
    const policies = { ...identity.policies, [PolicyName]: Policy };
    if (Object.keys(policies).length > POLICIES_MAX) {
      throw new ServiceError('LimitExceeded', `Identity <${Identity}> cannot have more than ${POLICIES_MAX} policies.`);
    }
    identity.policies = policies;
  });
  return {};
};

export const getIdentityPolicies: Operation<'ses', 'GetIdentityPolicies'> = async (input, context) => {
  const identity = await identities.find(context.store, placeOf(context), identityName(input.Identity));
  const asked = new Set(input.PolicyNames);
  return {
    Policies: Object.fromEntries(Object.entries(identity?.policies ?? {}).filter(([name]) => asked.has(name))),
  };
};

export const listIdentityPolicies: Operation<'ses', 'ListIdentityPolicies'> = async (input, context) => {
  const identity = await identities.find(context.store, placeOf(context), identityName(input.Identity));
  return { PolicyNames: Object.keys(identity?.policies ?? {}).sort() };
};

export const deleteIdentityPolicy: Operation<'ses', 'DeleteIdentityPolicy'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const identity = await identities.find(tx, placeOf(context), identityName(input.Identity));
    if (!identity) return;
    const { [input.PolicyName]: _removed, ...policies } = identity.policies ?? {};
    identities.put(tx, placeOf(context), { ...identity, policies });
  });
  return {}; // also for what never was
};
