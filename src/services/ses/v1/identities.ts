import type { Operation } from '#kernel/service.ts';
import { forwardingNeedsTopics, invalidParameterValue } from '../errors.ts';
import { allIdentities, identityName, kindOf, updateIdentity, verifyIdentity } from '../identities.ts';
import { identities, placeOf } from '../store.ts';

export const verifyEmailIdentity: Operation<'ses', 'VerifyEmailIdentity'> = async (input, context) => {
  if (kindOf(input.EmailAddress) !== 'EMAIL_ADDRESS') throw invalidParameterValue("Missing final '@domain'");
  await verifyIdentity(context, input.EmailAddress);
  return {};
};
export const verifyEmailAddress: Operation<'ses', 'VerifyEmailAddress'> = async (input, context) => {
  await verifyEmailIdentity(input, context);
  return {};
};
export const verifyDomainIdentity: Operation<'ses', 'VerifyDomainIdentity'> = async (input, context) => {
  if (kindOf(input.Domain) !== 'DOMAIN') throw invalidParameterValue(`Invalid domain name ${input.Domain}.`);
  return { VerificationToken: (await verifyIdentity(context, input.Domain)).token };
};
export const verifyDomainDkim: Operation<'ses', 'VerifyDomainDkim'> = async (input, context) => ({
  DkimTokens: (await verifyIdentity(context, input.Domain)).dkimTokens,
});

export const deleteIdentity: Operation<'ses', 'DeleteIdentity'> = async (input, context) => {
  await context.store.transact((tx) => identities.remove(tx, placeOf(context), identityName(input.Identity)));
  return {}; // also for what never was
};
export const deleteVerifiedEmailAddress: Operation<'ses', 'DeleteVerifiedEmailAddress'> = async (input, context) => {
  await deleteIdentity({ Identity: input.EmailAddress }, context);
  return {};
};

export const listIdentities: Operation<'ses', 'ListIdentities'> = async (input, context) => {
  const kind =
    input.IdentityType === 'EmailAddress' ? 'EMAIL_ADDRESS' : input.IdentityType === 'Domain' ? 'DOMAIN' : undefined;
  const limit = input.MaxItems ?? 1000;
  const found = (await allIdentities(context))
    .filter((each) => kind === undefined || each.kind === kind)
    .map((each) => each.name);
  const rest = found.filter((name) => input.NextToken === undefined || name > input.NextToken);
  const page = rest.slice(0, limit);
  return { Identities: page, ...(rest.length > limit && { NextToken: page.at(-1) }) };
};
export const listVerifiedEmailAddresses: Operation<'ses', 'ListVerifiedEmailAddresses'> = async (_input, context) => ({
  VerifiedEmailAddresses: (await allIdentities(context))
    .filter((each) => each.verified && each.kind === 'EMAIL_ADDRESS')
    .map((each) => each.name),
});

export const getIdentityVerificationAttributes: Operation<'ses', 'GetIdentityVerificationAttributes'> = async (
  input,
  context,
) => {
  const attributes: Record<string, { VerificationStatus: 'Success' | 'Pending'; VerificationToken?: string }> = {};
  for (const name of input.Identities) {
    const identity = await identities.find(context.store, placeOf(context), name);
    if (!identity) continue;
    attributes[name] = {
      VerificationStatus: identity.verified ? 'Success' : 'Pending',
      ...(identity.kind === 'DOMAIN' && { VerificationToken: identity.token }),
    };
  }
  return { VerificationAttributes: attributes };
};

export const getIdentityDkimAttributes: Operation<'ses', 'GetIdentityDkimAttributes'> = async (input, context) => {
  const attributes: Record<
    string,
    { DkimEnabled: boolean; DkimVerificationStatus: 'Success' | 'Pending' | 'NotStarted'; DkimTokens?: string[] }
  > = {};
  for (const name of input.Identities) {
    const identity = await identities.find(context.store, placeOf(context), name);
    if (!identity) continue;
    const domain = identity.kind === 'DOMAIN';
    attributes[name] = {
      DkimEnabled: identity.dkimEnabled,
      DkimVerificationStatus: !domain ? 'NotStarted' : identity.verified ? 'Success' : 'Pending',
      ...(domain && { DkimTokens: identity.dkimTokens }),
    };
  }
  return { DkimAttributes: attributes };
};

export const getIdentityNotificationAttributes: Operation<'ses', 'GetIdentityNotificationAttributes'> = async (
  input,
  context,
) => {
  const attributes: Record<string, any> = {};
  for (const name of input.Identities) {
    const identity = await identities.find(context.store, placeOf(context), name);
    if (!identity) continue;
    attributes[name] = {
      ForwardingEnabled: identity.feedbackForwarding,
      HeadersInBounceNotificationsEnabled: false,
      HeadersInComplaintNotificationsEnabled: false,
      HeadersInDeliveryNotificationsEnabled: false,
    };
  }
  return { NotificationAttributes: attributes };
};

export const getIdentityMailFromDomainAttributes: Operation<'ses', 'GetIdentityMailFromDomainAttributes'> = async (
  input,
  context,
) => {
  const attributes: Record<string, any> = {};
  for (const name of input.Identities) {
    const identity = await identities.find(context.store, placeOf(context), name);
    if (identity) attributes[name] = { BehaviorOnMXFailure: 'UseDefaultValue' };
  }
  return { MailFromDomainAttributes: attributes };
};

/** Forwarding by mail cannot end while no topic takes its place, and topics are not offered. */
export const setIdentityFeedbackForwardingEnabled: Operation<'ses', 'SetIdentityFeedbackForwardingEnabled'> = async (
  input,
  context,
) => {
  const unknown = (): Error => invalidParameterValue(`Identity <${input.Identity}> does not exist.`);
  await updateIdentity(context, input.Identity, unknown, () => {
    if (!input.ForwardingEnabled) throw forwardingNeedsTopics(input.Identity);
  });
  return {};
};
