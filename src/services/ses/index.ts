// Amazon SES: both versions of its API over the same identities, templates, configuration sets and outgoing mail.
import type { Context } from '#kernel/context.ts';
import { defineService, type Authorization } from '#kernel/service.ts';
import { bareAddress } from './addresses.ts';
import { deliver } from './deliver.ts';
import { policyOf, sendingIdentity } from './policies.ts';
import { createInbox } from './inbox.ts';
import * as v1Sets from './v1/configuration-sets.ts';
import * as v1Identities from './v1/identities.ts';
import * as v1Mail from './v1/mail.ts';
import * as v1Policies from './v1/policies.ts';
import * as v1Templates from './v1/templates.ts';
import { sendBulkEmail } from './v2/bulk.ts';
import * as v2Sets from './v2/configuration-sets.ts';
import * as v2Identities from './v2/identities.ts';
import * as v2Mail from './v2/mail.ts';
import * as v2Policies from './v2/policies.ts';
import * as v2Suppression from './v2/suppression.ts';
import * as v2Tags from './v2/tags.ts';
import * as v2Templates from './v2/templates.ts';

/** Sending is authorized on the identity that sends, and told the addresses (service authorization reference, "Amazon SES"). */
const sending =
  (action: string) =>
  async (input: any, context: Context): Promise<Authorization[]> => {
    const from = bareAddress(input.Source ?? input.FromEmailAddress ?? fromOfRaw(input) ?? '*');
    const recipients = destinationsOf(input).map(bareAddress);
    const feedback = input.ReturnPath ?? input.FeedbackForwardingEmailAddress;
    const policy = await policyOf(context, from);
    return [
      {
        action: `ses:${action}`,
        resource: identityArn(context, await sendingIdentity(context, from)),
        ...(policy !== undefined && { resourcePolicy: policy }),
        conditions: {
          'ses:FromAddress': from,
          ...(feedback && { 'ses:FeedbackAddress': bareAddress(feedback) }),
          ...(recipients.length > 0 && { 'ses:Recipients': recipients }),
        },
      },
    ];
  };
const identityArn = ({ region, accountId }: Context, name: string): string =>
  `arn:aws:ses:${region}:${accountId}:identity/${name}`;

function fromOfRaw(input: {
  RawMessage?: { Data?: Uint8Array };
  Content?: { Raw?: { Data?: Uint8Array } };
}): string | undefined {
  const data = input.RawMessage?.Data ?? input.Content?.Raw?.Data;
  if (!data) return undefined;
  const head =
    Buffer.from(data)
      .toString('latin1')
      .split(/\r?\n\r?\n/, 1)[0] ?? '';
  return /^from:((?:[^\r\n]|\r?\n[ \t])*)/im.exec(head)?.[1]?.trim();
}

function destinationsOf(input: any): string[] {
  const each = [
    input.Destination,
    ...(input.BulkEmailEntries ?? []).map((entry: any) => entry.Destination),
    ...(input.Destinations ?? []),
  ];
  return each.flatMap((destination) =>
    typeof destination === 'string'
      ? [destination]
      : [
          ...(destination?.ToAddresses ?? []),
          ...(destination?.CcAddresses ?? []),
          ...(destination?.BccAddresses ?? []),
        ],
  );
}

const onIdentity =
  (action: string) =>
  (input: { EmailIdentity: string }, context: Context): Authorization[] => [
    {
      action: `ses:${action}`,
      resource: identityArn(context, input.EmailIdentity),
    },
  ];

export const ses = defineService({
  id: 'ses',
  operations: {
    CreateConfigurationSet: v1Sets.createConfigurationSet,
    CreateTemplate: v1Templates.createTemplate,
    DeleteConfigurationSet: v1Sets.deleteConfigurationSet,
    DeleteIdentity: v1Identities.deleteIdentity,
    DeleteIdentityPolicy: v1Policies.deleteIdentityPolicy,
    DeleteTemplate: v1Templates.deleteTemplate,
    DeleteVerifiedEmailAddress: v1Identities.deleteVerifiedEmailAddress,
    DescribeConfigurationSet: v1Sets.describeConfigurationSet,
    GetAccountSendingEnabled: v1Mail.getAccountSendingEnabled,
    GetIdentityDkimAttributes: v1Identities.getIdentityDkimAttributes,
    GetIdentityMailFromDomainAttributes: v1Identities.getIdentityMailFromDomainAttributes,
    GetIdentityNotificationAttributes: v1Identities.getIdentityNotificationAttributes,
    GetIdentityPolicies: v1Policies.getIdentityPolicies,
    GetIdentityVerificationAttributes: v1Identities.getIdentityVerificationAttributes,
    GetSendQuota: v1Mail.getSendQuota,
    GetSendStatistics: v1Mail.getSendStatistics,
    GetTemplate: v1Templates.getTemplate,
    ListConfigurationSets: v1Sets.listConfigurationSets,
    ListIdentities: v1Identities.listIdentities,
    ListIdentityPolicies: v1Policies.listIdentityPolicies,
    ListTemplates: v1Templates.listTemplates,
    ListVerifiedEmailAddresses: v1Identities.listVerifiedEmailAddresses,
    PutIdentityPolicy: v1Policies.putIdentityPolicy,
    SendBulkTemplatedEmail: v1Mail.sendBulkTemplatedEmail,
    SendEmail: v1Mail.sendEmail,
    SendRawEmail: v1Mail.sendRawEmail,
    SendTemplatedEmail: v1Mail.sendTemplatedEmail,
    SetIdentityFeedbackForwardingEnabled: v1Identities.setIdentityFeedbackForwardingEnabled,
    TestRenderTemplate: v1Templates.testRenderTemplate,
    UpdateAccountSendingEnabled: v1Mail.updateAccountSendingEnabled,
    UpdateConfigurationSetSendingEnabled: v1Sets.updateConfigurationSetSendingEnabled,
    UpdateTemplate: v1Templates.updateTemplate,
    VerifyDomainDkim: v1Identities.verifyDomainDkim,
    VerifyDomainIdentity: v1Identities.verifyDomainIdentity,
    VerifyEmailAddress: v1Identities.verifyEmailAddress,
    VerifyEmailIdentity: v1Identities.verifyEmailIdentity,
  },
  validate: 'all',
  authorize: {
    SendBulkTemplatedEmail: sending('SendBulkTemplatedEmail'),
    SendEmail: sending('SendEmail'),
    SendRawEmail: sending('SendRawEmail'),
    SendTemplatedEmail: sending('SendTemplatedEmail'),
  },
  work: { 'ses:deliver': deliver },
  start(platform) {
    platform.dataPlanes.push(createInbox(platform));
  },
});

export const sesv2 = defineService({
  id: 'sesv2',
  iamPrefix: 'ses',
  operations: {
    CreateConfigurationSet: v2Sets.createConfigurationSet,
    CreateEmailIdentity: v2Identities.createEmailIdentity,
    CreateEmailIdentityPolicy: v2Policies.createEmailIdentityPolicy,
    CreateEmailTemplate: v2Templates.createEmailTemplate,
    DeleteConfigurationSet: v2Sets.deleteConfigurationSet,
    DeleteEmailIdentity: v2Identities.deleteEmailIdentity,
    DeleteEmailIdentityPolicy: v2Policies.deleteEmailIdentityPolicy,
    DeleteEmailTemplate: v2Templates.deleteEmailTemplate,
    DeleteSuppressedDestination: v2Suppression.deleteSuppressedDestination,
    GetAccount: v2Mail.getAccount,
    GetConfigurationSet: v2Sets.getConfigurationSet,
    GetEmailIdentity: v2Identities.getEmailIdentity,
    GetEmailIdentityPolicies: v2Policies.getEmailIdentityPolicies,
    GetEmailTemplate: v2Templates.getEmailTemplate,
    GetSuppressedDestination: v2Suppression.getSuppressedDestination,
    ListConfigurationSets: v2Sets.listConfigurationSets,
    ListEmailIdentities: v2Identities.listEmailIdentities,
    ListEmailTemplates: v2Templates.listEmailTemplates,
    ListSuppressedDestinations: v2Suppression.listSuppressedDestinations,
    ListTagsForResource: v2Tags.listTagsForResource,
    PutAccountDetails: v2Mail.putAccountDetails,
    PutAccountSendingAttributes: v2Mail.putAccountSendingAttributes,
    PutAccountSuppressionAttributes: v2Suppression.putAccountSuppressionAttributes,
    PutConfigurationSetSendingOptions: v2Sets.putConfigurationSetSendingOptions,
    PutConfigurationSetSuppressionOptions: v2Sets.putConfigurationSetSuppressionOptions,
    PutEmailIdentityConfigurationSetAttributes: v2Identities.putEmailIdentityConfigurationSetAttributes,
    PutEmailIdentityFeedbackAttributes: v2Identities.putEmailIdentityFeedbackAttributes,
    PutSuppressedDestination: v2Suppression.putSuppressedDestination,
    SendBulkEmail: sendBulkEmail,
    SendEmail: v2Mail.sendEmail,
    TagResource: v2Tags.tagResource,
    TestRenderEmailTemplate: v2Templates.testRenderEmailTemplate,
    UntagResource: v2Tags.untagResource,
    UpdateEmailIdentityPolicy: v2Policies.updateEmailIdentityPolicy,
    UpdateEmailTemplate: v2Templates.updateEmailTemplate,
  },
  validate: 'all',
  authorize: {
    SendBulkEmail: sending('SendBulkEmail'),
    SendEmail: sending('SendEmail'),
    CreateEmailIdentity: onIdentity('CreateEmailIdentity'),
    GetEmailIdentity: onIdentity('GetEmailIdentity'),
    DeleteEmailIdentity: onIdentity('DeleteEmailIdentity'),
  },
});
