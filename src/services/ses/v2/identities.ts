import type { DkimAttributes, MailFromAttributes } from '@aws-sdk/client-sesv2';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { forwardingNeedsTopics, inVersion2, notFound, notOffered } from '../errors.ts';
import { allIdentities, identityName, kindOf, updateIdentity, verifyIdentity } from '../identities.ts';
import { configurationSets, identities, placeOf, type Identity } from '../store.ts';

const unknown = (name: string) => (): Error => notFound(`Email identity ${name} does not exist.`);

async function requireIdentity(context: Context, name: string): Promise<Identity> {
  const identity = await identities.find(context.store, placeOf(context), name);
  if (!identity) throw unknown(name)();
  return identity;
}

const dkimOf = (identity: Identity): DkimAttributes => ({
  SigningEnabled: identity.kind === 'DOMAIN' && identity.dkimEnabled,
  Status: identity.kind !== 'DOMAIN' ? 'NOT_STARTED' : identity.verified ? 'SUCCESS' : 'PENDING',
  ...(identity.kind === 'DOMAIN' && { Tokens: identity.dkimTokens }),
  SigningAttributesOrigin: 'AWS_SES',
  ...(identity.kind === 'DOMAIN' && {
    NextSigningKeyLength: 'RSA_2048_BIT',
    CurrentSigningKeyLength: 'RSA_2048_BIT',
    LastKeyGenerationTimestamp: new Date(identity.createdAt),
  }),
});

export const createEmailIdentity: Operation<'sesv2', 'CreateEmailIdentity'> = (input, context) =>
  inVersion2(async () => {
    if (input.DkimSigningAttributes !== undefined) throw notOffered('DKIM with keys of your own');
    const name = identityName(input.EmailIdentity);
    if (await identities.find(context.store, placeOf(context), name)) {
      throw new ServiceError('AlreadyExistsException', `Email identity ${name} already exist.`);
    }
    if (
      input.ConfigurationSetName !== undefined &&
      !(await configurationSets.find(context.store, placeOf(context), input.ConfigurationSetName))
    ) {
      throw notFound(`Configuration set <${input.ConfigurationSetName}> does not exist.`);
    }
    const identity = await verifyIdentity(context, name, (each) => {
      each.tags = Object.fromEntries((input.Tags ?? []).map((tag) => [tag.Key, tag.Value]));
      if (input.ConfigurationSetName !== undefined) each.configurationSet = input.ConfigurationSetName;
    });
    return {
      IdentityType: identity.kind,
      VerifiedForSendingStatus: identity.verified,
      DkimAttributes: dkimOf(identity),
    };
  });

export const getEmailIdentity: Operation<'sesv2', 'GetEmailIdentity'> = async (input, context) => {
  const identity = await requireIdentity(context, input.EmailIdentity);
  return {
    IdentityType: identity.kind,
    FeedbackForwardingStatus: identity.feedbackForwarding,
    VerifiedForSendingStatus: identity.verified,
    DkimAttributes: dkimOf(identity),
    MailFromAttributes: { BehaviorOnMxFailure: 'USE_DEFAULT_VALUE' } as MailFromAttributes, // AWS leaves the domain out while none is set
    Policies: { ...identity.policies },
    Tags: Object.entries(identity.tags).map(([Key, Value]) => ({ Key, Value })),
    ...(identity.configurationSet !== undefined && { ConfigurationSetName: identity.configurationSet }),
    VerificationStatus: identity.verified ? 'SUCCESS' : 'PENDING',
  };
};

export const putEmailIdentityFeedbackAttributes: Operation<'sesv2', 'PutEmailIdentityFeedbackAttributes'> = (
  input,
  context,
) =>
  inVersion2(async () => {
    await updateIdentity(context, input.EmailIdentity, unknown(input.EmailIdentity), () => {
      if (!input.EmailForwardingEnabled) throw forwardingNeedsTopics(input.EmailIdentity);
    });
    return {};
  });

export const putEmailIdentityConfigurationSetAttributes: Operation<
  'sesv2',
  'PutEmailIdentityConfigurationSetAttributes'
> = (input, context) =>
  inVersion2(async () => {
    const name = input.ConfigurationSetName;
    if (name !== undefined && !(await configurationSets.find(context.store, placeOf(context), name))) {
      throw notFound(`Configuration set <${name}> does not exist.`);
    }
    await updateIdentity(context, input.EmailIdentity, unknown(input.EmailIdentity), (identity) => {
      delete identity.configurationSet;
      if (name !== undefined) identity.configurationSet = name;
    });
    return {};
  });

export const deleteEmailIdentity: Operation<'sesv2', 'DeleteEmailIdentity'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    if (!(await identities.find(tx, placeOf(context), input.EmailIdentity))) throw unknown(input.EmailIdentity)();
    identities.remove(tx, placeOf(context), input.EmailIdentity);
  });
  return {};
};

export const listEmailIdentities: Operation<'sesv2', 'ListEmailIdentities'> = async (input, context) => {
  const limit = input.PageSize ?? 1000;
  const all = (await allIdentities(context)).filter(
    (each) => input.NextToken === undefined || each.name > input.NextToken,
  );
  const page = all.slice(0, limit);
  return {
    EmailIdentities: page.map((identity) => ({
      IdentityType: kindOf(identity.name),
      IdentityName: identity.name,
      SendingEnabled: identity.verified,
      VerificationStatus: identity.verified ? 'SUCCESS' : 'PENDING',
    })),
    ...(all.length > limit && { NextToken: page.at(-1)?.name }),
  };
};
