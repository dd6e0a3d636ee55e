// Amazon SES: both versions of its API over the same identities, templates, configuration sets and outgoing mail.
import type { Context } from '#kernel/context.ts';
import { defineService, type Authorization } from '#kernel/service.ts';
import { bareAddress } from './addresses.ts';
import { deliver } from './deliver.ts';
import { createInbox } from './inbox.ts';
import * as v1Sets from './v1/configuration-sets.ts';
import * as v1Identities from './v1/identities.ts';
import * as v1Mail from './v1/mail.ts';
import * as v1Templates from './v1/templates.ts';
import * as v2Sets from './v2/configuration-sets.ts';
import * as v2Identities from './v2/identities.ts';
import * as v2Mail from './v2/mail.ts';
import * as v2Templates from './v2/templates.ts';

/** Sending is authorized on the identity that sends, and told the addresses (service authorization reference, "Amazon SES"). */
const sending =
  (action: string) =>
  (input: any, context: Context): Authorization[] => {
    const from = bareAddress(input.Source ?? input.FromEmailAddress ?? '*');
    const destination = input.Destination ?? {};
    const recipients = [
      ...(destination.ToAddresses ?? []),
      ...(destination.CcAddresses ?? []),
      ...(destination.BccAddresses ?? []),
      ...(input.Destinations ?? []),
    ].map(bareAddress);
    return [
      {
        action: `ses:${action}`,
        resource: `arn:aws:ses:${context.region}:${context.accountId}:identity/${from}`,
        conditions: { 'ses:FromAddress': from, ...(recipients.length > 0 && { 'ses:Recipients': recipients }) },
      },
    ];
  };
const onIdentity =
  (action: string) =>
  (input: { EmailIdentity: string }, context: Context): Authorization[] => [
    {
      action: `ses:${action}`,
      resource: `arn:aws:ses:${context.region}:${context.accountId}:identity/${input.EmailIdentity}`,
    },
  ];

export const ses = defineService({
  id: 'ses',
  operations: {
    CreateConfigurationSet: v1Sets.createConfigurationSet,
    CreateTemplate: v1Templates.createTemplate,
    DeleteConfigurationSet: v1Sets.deleteConfigurationSet,
    DeleteIdentity: v1Identities.deleteIdentity,
    DeleteTemplate: v1Templates.deleteTemplate,
    DeleteVerifiedEmailAddress: v1Identities.deleteVerifiedEmailAddress,
    DescribeConfigurationSet: v1Sets.describeConfigurationSet,
    GetAccountSendingEnabled: v1Mail.getAccountSendingEnabled,
    GetIdentityDkimAttributes: v1Identities.getIdentityDkimAttributes,
    GetIdentityNotificationAttributes: v1Identities.getIdentityNotificationAttributes,
    GetIdentityVerificationAttributes: v1Identities.getIdentityVerificationAttributes,
    GetSendQuota: v1Mail.getSendQuota,
    GetSendStatistics: v1Mail.getSendStatistics,
    GetTemplate: v1Templates.getTemplate,
    ListConfigurationSets: v1Sets.listConfigurationSets,
    ListIdentities: v1Identities.listIdentities,
    ListTemplates: v1Templates.listTemplates,
    ListVerifiedEmailAddresses: v1Identities.listVerifiedEmailAddresses,
    SendEmail: v1Mail.sendEmail,
    SendRawEmail: v1Mail.sendRawEmail,
    SendTemplatedEmail: v1Mail.sendTemplatedEmail,
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
    CreateEmailTemplate: v2Templates.createEmailTemplate,
    DeleteConfigurationSet: v2Sets.deleteConfigurationSet,
    DeleteEmailIdentity: v2Identities.deleteEmailIdentity,
    DeleteEmailTemplate: v2Templates.deleteEmailTemplate,
    GetAccount: v2Mail.getAccount,
    GetConfigurationSet: v2Sets.getConfigurationSet,
    GetEmailIdentity: v2Identities.getEmailIdentity,
    GetEmailTemplate: v2Templates.getEmailTemplate,
    ListConfigurationSets: v2Sets.listConfigurationSets,
    ListEmailIdentities: v2Identities.listEmailIdentities,
    ListEmailTemplates: v2Templates.listEmailTemplates,
    PutAccountDetails: v2Mail.putAccountDetails,
    PutAccountSendingAttributes: v2Mail.putAccountSendingAttributes,
    PutConfigurationSetSendingOptions: v2Sets.putConfigurationSetSendingOptions,
    SendEmail: v2Mail.sendEmail,
    TestRenderEmailTemplate: v2Templates.testRenderEmailTemplate,
    UpdateEmailTemplate: v2Templates.updateEmailTemplate,
  },
  validate: 'all',
  authorize: {
    SendEmail: sending('SendEmail'),
    CreateEmailIdentity: onIdentity('CreateEmailIdentity'),
    GetEmailIdentity: onIdentity('GetEmailIdentity'),
    DeleteEmailIdentity: onIdentity('DeleteEmailIdentity'),
  },
});
