import type { Attachment as SdkAttachment } from '@aws-sdk/client-sesv2';
import { parseArn } from '#core/arn.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { badRequest, inVersion2, notOffered } from '../errors.ts';
import { checkMessageTags } from '../message-tags.ts';
import {
  DAY_MAX,
  RATE_MAX,
  SANDBOX_DAY_MAX,
  SANDBOX_RATE_MAX,
  sendComposed,
  sendRaw,
  type Attachment,
} from '../send.ts';
import { findAccount, placeOf, putAccount, sentSince } from '../store.ts';
import { renderForSending, requireTemplate } from '../templates.ts';

const DAY_MS = 86_400_000;
interface Part {
  Data: string;
  Charset?: string;
}
const content = (part: unknown): { data: string; charset?: string | undefined } | undefined =>
  part === undefined ? undefined : { data: (part as Part).Data, charset: (part as Part).Charset };
export const wrap = (data: string | undefined): { data: string } | undefined =>
  data === undefined ? undefined : { data };
export const headersOf = (headers: unknown): { name: string; value: string }[] =>
  ((headers as { Name: string; Value: string }[] | undefined) ?? []).map(({ Name, Value }) => {
    if (!/^[\x21-\x39\x3b-\x7e]+$/.test(Name)) throw badRequest(`Invalid header name '${Name}'.`);
    if (/[\r\n]/.test(Value)) throw badRequest(`Invalid value of header '${Name}'.`);
    return { name: Name, value: Value };
  });

export const sendEmail: Operation<'sesv2', 'SendEmail'> = (input, context) =>
  inVersion2(async () => {
    const { Simple, Raw, Template } = input.Content;
    checkMessageTags(input.EmailTags);
    if (input.ListManagementOptions !== undefined) throw notOffered('list management');
    if (input.EndpointId !== undefined) throw notOffered('multi-region endpoints');
    if (input.TenantName !== undefined) throw notOffered('tenants');
    const { FromEmailAddressIdentityArn: fromArn } = input;
    if (fromArn !== undefined && parseArn(fromArn)?.accountId !== context.accountId) {
      throw notOffered('sending as an identity of another account');
    }
    if ([Simple, Raw, Template].filter((each) => each !== undefined).length !== 1) {
      throw badRequest('Exactly one of Simple, Raw or Template must be specified in Content.');
    }
    if (Raw) {
      const { ToAddresses = [], CcAddresses = [], BccAddresses = [] } = input.Destination ?? {};
      const raw = {
        mime: Buffer.from(Raw.Data),
        source: input.FromEmailAddress,
        destinations: [...ToAddresses, ...CcAddresses, ...BccAddresses],
        configurationSet: input.ConfigurationSetName,
      };
      return { MessageId: await sendRaw(context, raw, 'v2') };
    }
    if (!input.FromEmailAddress) throw badRequest('FromEmailAddress must be specified.');
    const rendered = Template && renderForSending(await templateOf(context, Template), Template.TemplateData);
    return {
      MessageId: await sendComposed(
        context,
        {
          source: input.FromEmailAddress,
          to: input.Destination?.ToAddresses ?? [],
          cc: input.Destination?.CcAddresses ?? [],
          bcc: input.Destination?.BccAddresses ?? [],
          replyTo: input.ReplyToAddresses ?? [],
          returnPath: input.FeedbackForwardingEmailAddress,
          subject: content(Simple?.Subject) ?? { data: rendered?.subject ?? '' },
          text: content(Simple?.Body?.Text) ?? wrap(rendered?.text),
          html: content(Simple?.Body?.Html) ?? wrap(rendered?.html),
          headers: headersOf(Simple?.Headers ?? Template?.Headers),
          attachments: attachmentsOf(Simple?.Attachments ?? Template?.Attachments),
          failure: rendered?.failure,
          configurationSet: input.ConfigurationSetName,
        },
        'v2',
      ),
    };
  });

export async function templateOf(
  context: Context,
  template: { TemplateName?: string | undefined; TemplateArn?: string | undefined; TemplateContent?: unknown },
): Promise<Parameters<typeof renderForSending>[0]> {
  const inline = template.TemplateContent as { Subject?: string; Text?: string; Html?: string } | undefined;
  if (inline) return { subject: inline.Subject, text: inline.Text, html: inline.Html };
  const name = template.TemplateName ?? template.TemplateArn?.split('/').at(-1);
  if (name === undefined) throw badRequest('Template must name a TemplateName, TemplateArn or TemplateContent.');
  return requireTemplate(context, name);
}

const ENCODINGS = { BASE64: 'base64', QUOTED_PRINTABLE: 'quoted-printable', SEVEN_BIT: '7bit' } as const;

export const attachmentsOf = (attachments: unknown): Attachment[] =>
  ((attachments as SdkAttachment[] | undefined) ?? []).map((each) => ({
    content: each.RawContent as Uint8Array,
    fileName: each.FileName as string,
    contentType: each.ContentType,
    disposition: each.ContentDisposition === 'INLINE' ? 'inline' : 'attachment',
    contentId: each.ContentId,
    description: each.ContentDescription,
    encoding: each.ContentTransferEncoding && ENCODINGS[each.ContentTransferEncoding],
  }));

export const getAccount: Operation<'sesv2', 'GetAccount'> = async (_input, context) => {
  const account = await findAccount(context.store, placeOf(context));
  const sent = await sentSince(context.store, placeOf(context), context.clock.now() - DAY_MS);
  return {
    ...(account.details && { Details: account.details }),
    DedicatedIpAutoWarmupEnabled: false,
    EnforcementStatus: 'HEALTHY',
    ProductionAccessEnabled: account.productionAccess,
    SendQuota: {
      Max24HourSend: account.productionAccess ? DAY_MAX : SANDBOX_DAY_MAX,
      MaxSendRate: account.productionAccess ? RATE_MAX : SANDBOX_RATE_MAX,
      SentLast24Hours: sent.reduce((sum, each) => sum + each.recipients, 0),
    },
    SendingEnabled: account.sendingEnabled,
    SuppressionAttributes: { SuppressedReasons: [...account.suppressedReasons] },
  };
};

/** On AWS a request that a person decides; here it takes effect at once, both ways. */
export const putAccountDetails: Operation<'sesv2', 'PutAccountDetails'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    const account = await findAccount(tx, placeOf(context));
    const { MailType, WebsiteURL, ContactLanguage, UseCaseDescription, AdditionalContactEmailAddresses } = input;
    putAccount(tx, placeOf(context), {
      ...account,
      details: {
        MailType,
        WebsiteURL,
        ...(ContactLanguage && { ContactLanguage }),
        ...(UseCaseDescription !== undefined && { UseCaseDescription }),
        ...(AdditionalContactEmailAddresses?.length && { AdditionalContactEmailAddresses }),
        ReviewDetails: { Status: 'GRANTED' },
      },
      productionAccess: input.ProductionAccessEnabled ?? account.productionAccess,
    });
  });
  return {};
};

export const putAccountSendingAttributes: Operation<'sesv2', 'PutAccountSendingAttributes'> = async (
  input,
  context,
) => {
  await context.store.transact(async (tx) => {
    putAccount(tx, placeOf(context), {
      ...(await findAccount(tx, placeOf(context))),
      sendingEnabled: input.SendingEnabled ?? false,
    });
  });
  return {};
};
