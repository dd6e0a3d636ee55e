import type { Properties, ResourceContext, ResourceType } from './contract.ts';
import { ignoreMissing, isSame, pick, refuse, tagChanges, tagMap } from './shared.ts';

const emailIdentity: ResourceType = {
  type: 'AWS::SES::EmailIdentity',
  service: 'SesV2',
  name: { property: 'EmailIdentity', lengthMax: 320 },
  async create(properties, context) {
    const EmailIdentity: string = properties.EmailIdentity;
    const signing = properties.DkimSigningAttributes;
    const { DkimAttributes } = await context.call('sesv2', 'CreateEmailIdentity', {
      EmailIdentity,
      ...pick(properties, ['Tags']),
      ...(signing && { DkimSigningAttributes: signing }),
      ...(properties.ConfigurationSetAttributes?.ConfigurationSetName && {
        ConfigurationSetName: properties.ConfigurationSetAttributes.ConfigurationSetName,
      }),
    });
    await context.initiated(EmailIdentity);
    await putIdentityAttributes(EmailIdentity, {}, properties, context);
    return { physicalId: EmailIdentity, attributes: dkimTokens(EmailIdentity, DkimAttributes?.Tokens) };
  },
  async update({ physicalId, properties: before }, properties, context) {
    await putIdentityAttributes(physicalId, before, properties, context);
    const { call, region, accountId, partition } = context;
    const { set, remove } = tagChanges(tagMap(before.Tags), tagMap(properties.Tags));
    const ResourceArn = `arn:${partition}:ses:${region}:${accountId}:identity/${physicalId}`;
    const Tags = Object.entries(set).map(([Key, Value]) => ({ Key, Value }));
    if (Tags.length > 0) await call('sesv2', 'TagResource', { ResourceArn, Tags });
    if (remove.length > 0) await call('sesv2', 'UntagResource', { ResourceArn, TagKeys: remove });
    const { DkimAttributes } = await call('sesv2', 'GetEmailIdentity', { EmailIdentity: physicalId });
    return { attributes: dkimTokens(physicalId, DkimAttributes?.Tokens) };
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('sesv2', 'DeleteEmailIdentity', { EmailIdentity: physicalId }));
  },
};

/** DNS names and values of the three DKIM records. */
function dkimTokens(identity: string, tokens: readonly string[] | undefined): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [i, token] of (tokens ?? []).slice(0, 3).entries()) {
    out[`DkimDNSTokenName${i + 1}`] = `${token}._domainkey.${identity}`;
    out[`DkimDNSTokenValue${i + 1}`] = `${token}.dkim.amazonses.com`;
  }
  return out;
}

async function putIdentityAttributes(
  EmailIdentity: string,
  before: Properties,
  after: Properties,
  { call }: ResourceContext,
): Promise<void> {
  const changed = (name: string): boolean => !isSame(before[name], after[name]);
  if (changed('FeedbackAttributes')) {
    const EmailForwardingEnabled: boolean = after.FeedbackAttributes?.EmailForwardingEnabled ?? true;
    await call('sesv2', 'PutEmailIdentityFeedbackAttributes', { EmailIdentity, EmailForwardingEnabled });
  }
  if (changed('MailFromAttributes')) {
    await call('sesv2', 'PutEmailIdentityMailFromAttributes', { EmailIdentity, ...after.MailFromAttributes });
  }
  if (changed('DkimAttributes')) {
    const SigningEnabled: boolean = after.DkimAttributes?.SigningEnabled ?? true;
    await call('sesv2', 'PutEmailIdentityDkimAttributes', { EmailIdentity, SigningEnabled });
  }
  if (Object.keys(before).length > 0 && changed('ConfigurationSetAttributes')) {
    const ConfigurationSetName = after.ConfigurationSetAttributes?.ConfigurationSetName;
    await call('sesv2', 'PutEmailIdentityConfigurationSetAttributes', { EmailIdentity, ConfigurationSetName });
  }
}

const SET_OPTIONS = [
  'TrackingOptions',
  'DeliveryOptions',
  'ReputationOptions',
  'SendingOptions',
  'SuppressionOptions',
  'VdmOptions',
  'ArchivingOptions',
];

const configurationSet: ResourceType = {
  type: 'AWS::SES::ConfigurationSet',
  service: 'SesV2',
  name: { property: 'Name', lengthMax: 64 },
  async create(properties, { call, physicalName }) {
    const ConfigurationSetName: string = properties.Name ?? physicalName;
    refuse('AWS::SES::ConfigurationSet', properties, ['ConnectionOptions']);
    await call('sesv2', 'CreateConfigurationSet', {
      ConfigurationSetName,
      ...pick(properties, [...SET_OPTIONS, 'Tags']),
    });
    return { physicalId: ConfigurationSetName };
  },
  async update({ physicalId: ConfigurationSetName, properties: before }, properties, { call }) {
    for (const name of SET_OPTIONS) {
      if (isSame(before[name], properties[name])) continue;
      const options = properties[name] ?? {};
      if (name === 'TrackingOptions')
        await call('sesv2', 'PutConfigurationSetTrackingOptions', { ConfigurationSetName, ...options });
      else if (name === 'DeliveryOptions')
        await call('sesv2', 'PutConfigurationSetDeliveryOptions', { ConfigurationSetName, ...options });
      else if (name === 'ReputationOptions')
        await call('sesv2', 'PutConfigurationSetReputationOptions', { ConfigurationSetName, ...options });
      else if (name === 'SendingOptions')
        await call('sesv2', 'PutConfigurationSetSendingOptions', { ConfigurationSetName, ...options });
      else if (name === 'SuppressionOptions')
        await call('sesv2', 'PutConfigurationSetSuppressionOptions', { ConfigurationSetName, ...options });
      else if (name === 'ArchivingOptions')
        await call('sesv2', 'PutConfigurationSetArchivingOptions', { ConfigurationSetName, ...options });
      else await call('sesv2', 'PutConfigurationSetVdmOptions', { ConfigurationSetName, VdmOptions: options });
    }
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('sesv2', 'DeleteConfigurationSet', { ConfigurationSetName: physicalId }));
  },
};

const contentOf = (template: Properties): { Subject?: string; Text?: string; Html?: string } => ({
  ...(template.SubjectPart !== undefined && { Subject: template.SubjectPart }),
  ...(template.TextPart !== undefined && { Text: template.TextPart }),
  ...(template.HtmlPart !== undefined && { Html: template.HtmlPart }),
});

const template: ResourceType = {
  type: 'AWS::SES::Template',
  service: 'SesV2',
  async create(properties, { call, physicalName }) {
    const given = properties.Template ?? {};
    const TemplateName: string = given.TemplateName ?? physicalName.slice(-64);
    const Tags = properties.Tags;
    await call('sesv2', 'CreateEmailTemplate', {
      TemplateName,
      TemplateContent: contentOf(given),
      ...(Tags && { Tags }),
    });
    return { physicalId: TemplateName, attributes: { Id: TemplateName } };
  },
  async update({ physicalId }, properties, { call }) {
    await call('sesv2', 'UpdateEmailTemplate', {
      TemplateName: physicalId,
      TemplateContent: contentOf(properties.Template ?? {}),
    });
  },
  async delete({ physicalId }, { call }) {
    await ignoreMissing(() => call('sesv2', 'DeleteEmailTemplate', { TemplateName: physicalId }));
  },
};

export const ses: readonly ResourceType[] = [emailIdentity, configurationSet, template];
