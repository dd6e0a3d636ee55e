import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { alreadyExists, badRequest, inVersion2, limitExceeded, notFound } from '../errors.ts';
import { updateIdentity } from '../identities.ts';
import { POLICIES_MAX, POLICY_NAME, policyFault } from '../policies.ts';
import { identities, placeOf } from '../store.ts';

const noIdentity = (name: string) => (): Error => notFound(`Email identity ${name} does not exist.`);
const noPolicy = (name: string): Error => notFound(`Policy ${name} does not exist.`);

function check(name: string, text: string): void {
  if (!POLICY_NAME.test(name)) throw badRequest(`Invalid policy name <${name}>.`);
  const fault = policyFault(text);
  if (fault !== undefined) throw badRequest(`Policy is not valid: ${fault}`);
}

const change = (
  context: Context,
  name: string,
  run: (policies: Record<string, string>) => void,
): Promise<Record<string, never>> =>
  inVersion2(async () => {
    await updateIdentity(context, name, noIdentity(name), (identity) => {
      const policies = { ...identity.policies };
      run(policies);
      identity.policies = policies;
    });
    return {};
  });

export const createEmailIdentityPolicy: Operation<'sesv2', 'CreateEmailIdentityPolicy'> = (input, context) => {
  check(input.PolicyName, input.Policy);
  return change(context, input.EmailIdentity, (policies) => {
    if (policies[input.PolicyName] !== undefined) throw alreadyExists(`Policy ${input.PolicyName} already exists.`);
    if (Object.keys(policies).length >= POLICIES_MAX) {
      throw limitExceeded(`Identity ${input.EmailIdentity} cannot have more than ${POLICIES_MAX} policies.`);
    }
    policies[input.PolicyName] = input.Policy;
  });
};

export const updateEmailIdentityPolicy: Operation<'sesv2', 'UpdateEmailIdentityPolicy'> = (input, context) => {
  check(input.PolicyName, input.Policy);
  return change(context, input.EmailIdentity, (policies) => {
    if (policies[input.PolicyName] === undefined) throw noPolicy(input.PolicyName);
    policies[input.PolicyName] = input.Policy;
  });
};

export const deleteEmailIdentityPolicy: Operation<'sesv2', 'DeleteEmailIdentityPolicy'> = (input, context) =>
  change(context, input.EmailIdentity, (policies) => delete policies[input.PolicyName]);

export const getEmailIdentityPolicies: Operation<'sesv2', 'GetEmailIdentityPolicies'> = async (input, context) => {
  const identity = await identities.find(context.store, placeOf(context), input.EmailIdentity);
  if (!identity) throw noIdentity(input.EmailIdentity)();
  return { Policies: { ...identity.policies } };
};
