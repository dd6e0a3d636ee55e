import type { BulkEmailEntryResult, BulkEmailStatus } from '@aws-sdk/client-sesv2';
import { ServiceError } from '#core/errors.ts';
import type { Operation } from '#kernel/service.ts';
import { BULK_MAX, replacementOr, requireSender } from '../bulk.ts';
import { badRequest, inVersion2 } from '../errors.ts';
import { checkMessageTags } from '../message-tags.ts';
import { sendComposed } from '../send.ts';
import { renderForSending } from '../templates.ts';
import { attachmentsOf, headersOf, templateOf, wrap } from './mail.ts';

const STATUS: Record<string, BulkEmailStatus> = {
  InvalidParameterValue: 'INVALID_PARAMETER',
  InvalidRenderingParameter: 'INVALID_PARAMETER',
  MessageRejected: 'MESSAGE_REJECTED',
};

export const sendBulkEmail: Operation<'sesv2', 'SendBulkEmail'> = (input, context) =>
  inVersion2(async () => {
    const defaults = input.DefaultContent.Template;
    if (!defaults) throw badRequest('DefaultContent must have a Template.');
    if (!input.FromEmailAddress) throw badRequest('FromEmailAddress must be specified.');
    const source = input.FromEmailAddress;
    if (input.BulkEmailEntries.length > BULK_MAX) throw badRequest(`Destination count exceeds ${BULK_MAX}.`);
    const template = await templateOf(context, defaults);
    await requireSender(context, source, input.ConfigurationSetName);
    checkMessageTags(input.DefaultEmailTags);
    const results: BulkEmailEntryResult[] = [];
    for (const { Destination, ReplacementEmailContent, ReplacementHeaders } of input.BulkEmailEntries) {
      const replacement = ReplacementEmailContent?.ReplacementTemplate?.ReplacementTemplateData;
      try {
        const data = replacementOr(defaults.TemplateData, replacement);
        const { subject, text, html, failure } = renderForSending(template, data);
        const mail = {
          source,
          to: Destination.ToAddresses ?? [],
          cc: Destination.CcAddresses ?? [],
          bcc: Destination.BccAddresses ?? [],
          replyTo: input.ReplyToAddresses ?? [],
          returnPath: input.FeedbackForwardingEmailAddress,
          subject: { data: subject },
          text: wrap(text),
          html: wrap(html),
          headers: headersOf(ReplacementHeaders ?? defaults.Headers),
          attachments: attachmentsOf(defaults.Attachments),
          failure,
          configurationSet: input.ConfigurationSetName,
        };
        results.push({ Status: 'SUCCESS', MessageId: await sendComposed(context, mail, 'v2') });
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error;
        const throttled = /rate/.test(error.message) ? 'ACCOUNT_THROTTLED' : 'ACCOUNT_DAILY_QUOTA_EXCEEDED';
        const Status = error.code === 'Throttling' ? throttled : (STATUS[error.code] ?? 'FAILED');
        results.push({ Status, Error: error.message });
      }
    }
    return { BulkEmailEntryResults: results };
  });
