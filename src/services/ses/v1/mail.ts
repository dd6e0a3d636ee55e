import type { BulkEmailStatus } from '@aws-sdk/client-ses';
import { parseArn } from '#core/arn.ts';
import { ServiceError } from '#core/errors.ts';
import type { Context } from '#kernel/context.ts';
import type { Operation } from '#kernel/service.ts';
import { BULK_MAX, replacementOr, requireSender } from '../bulk.ts';
import { invalidParameterValue, notOffered } from '../errors.ts';
import { checkMessageTags, type MessageTag } from '../message-tags.ts';
import { DAY_MAX, RATE_MAX, SANDBOX_DAY_MAX, SANDBOX_RATE_MAX, sendComposed, sendRaw } from '../send.ts';
import { findAccount, placeOf, putAccount, sentSince } from '../store.ts';
import { renderForSending, requireTemplate } from '../templates.ts';

const DAY_MS = 86_400_000;

type Destination = { ToAddresses?: string[]; CcAddresses?: string[]; BccAddresses?: string[] } | undefined;
const recipientsOf = (destination: Destination): { to: string[]; cc: string[]; bcc: string[] } => ({
  to: destination?.ToAddresses ?? [],
  cc: destination?.CcAddresses ?? [],
  bcc: destination?.BccAddresses ?? [],
});
const content = (
  part: { Data: string; Charset?: string } | undefined,
): { data: string; charset?: string } | undefined =>
  part && { data: part.Data, ...(part.Charset !== undefined && { charset: part.Charset }) };

/** ARNs may name one's own identities. */
function checkSender(
  input: {
    Tags?: readonly MessageTag[];
    DefaultTags?: readonly MessageTag[];
    SourceArn?: string;
    ReturnPathArn?: string;
    FromArn?: string;
  },
  context: Context,
): void {
  checkMessageTags(input.Tags ?? input.DefaultTags);
  for (const text of [input.SourceArn, input.ReturnPathArn, input.FromArn]) {
    if (text === undefined) continue;
    const arn = parseArn(text);
    if (!arn?.resource.startsWith('identity/')) throw invalidParameterValue(`Invalid ARN <${text}>.`);
    if (arn.accountId !== context.accountId) throw notOffered('sending as an identity of another account');
  }
}

export const sendEmail: Operation<'ses', 'SendEmail'> = async (input, context) => {
  checkSender(input as object, context);
  return {
    MessageId: await sendComposed(
      context,
      {
        source: input.Source,
        ...recipientsOf(input.Destination as Destination),
        replyTo: input.ReplyToAddresses ?? [],
        returnPath: input.ReturnPath,
        subject: content(input.Message.Subject as { Data: string }) ?? { data: '' },
        text: content(input.Message.Body.Text as { Data: string }),
        html: content(input.Message.Body.Html as { Data: string }),
        configurationSet: input.ConfigurationSetName,
      },
      'v1',
    ),
  };
};

export const sendRawEmail: Operation<'ses', 'SendRawEmail'> = async (input, context) => {
  checkSender(input as object, context);
  const raw = {
    mime: Buffer.from(input.RawMessage.Data),
    source: input.Source,
    destinations: input.Destinations,
    configurationSet: input.ConfigurationSetName,
  };
  return { MessageId: await sendRaw(context, raw, 'v1') };
};

const wrap = (data: string | undefined): { data: string } | undefined => (data === undefined ? undefined : { data });

export const sendTemplatedEmail: Operation<'ses', 'SendTemplatedEmail'> = async (input, context) => {
  checkSender(input as object, context);
  const template = await requireTemplate(context, input.Template);
  const { subject, text, html, failure } = renderForSending(template, input.TemplateData);
  return {
    MessageId: await sendComposed(
      context,
      {
        source: input.Source,
        ...recipientsOf(input.Destination as Destination),
        replyTo: input.ReplyToAddresses ?? [],
        returnPath: input.ReturnPath,
        subject: { data: subject },
        text: wrap(text),
        html: wrap(html),
        failure,
        configurationSet: input.ConfigurationSetName,
      },
      'v1',
    ),
  };
};

/** What one destination of a bulk call answers for its refusal. */
const BULK_STATUS: Record<string, BulkEmailStatus> = {
  InvalidParameterValue: 'InvalidParameterValue',
  InvalidRenderingParameter: 'InvalidParameterValue',
  MessageRejected: 'MessageRejected',
};

export const sendBulkTemplatedEmail: Operation<'ses', 'SendBulkTemplatedEmail'> = async (input, context) => {
  checkSender(input as object, context);
  const template = await requireTemplate(context, input.Template);
  if (input.Destinations.length > BULK_MAX) throw invalidParameterValue(`Destination count exceeds ${BULK_MAX}.`);
  await requireSender(context, input.Source, input.ConfigurationSetName);
  const Status = [];
  for (const { Destination, ReplacementTemplateData, ReplacementTags } of input.Destinations) {
    try {
      checkMessageTags(ReplacementTags);
      const { subject, text, html, failure } = renderForSending(
        template,
        replacementOr(input.DefaultTemplateData, ReplacementTemplateData),
      );
      const mail = {
        source: input.Source,
        ...recipientsOf(Destination as Destination),
        replyTo: input.ReplyToAddresses ?? [],
        returnPath: input.ReturnPath,
        subject: { data: subject },
        text: wrap(text),
        html: wrap(html),
        failure,
        configurationSet: input.ConfigurationSetName,
      };
      Status.push({ Status: 'Success' as const, MessageId: await sendComposed(context, mail, 'v1') });
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      const throttled = /rate/.test(error.message) ? 'AccountThrottled' : 'AccountDailyQuotaExceeded';
      const status = error.code === 'Throttling' ? throttled : (BULK_STATUS[error.code] ?? 'Failed');
      Status.push({ Status: status, Error: error.message });
    }
  }
  return { Status };
};

export const getSendQuota: Operation<'ses', 'GetSendQuota'> = async (_input, context) => {
  const account = await findAccount(context.store, placeOf(context));
  const sent = await sentSince(context.store, placeOf(context), context.clock.now() - DAY_MS);
  return {
    Max24HourSend: account.productionAccess ? DAY_MAX : SANDBOX_DAY_MAX,
    MaxSendRate: account.productionAccess ? RATE_MAX : SANDBOX_RATE_MAX,
    SentLast24Hours: sent.reduce((sum, each) => sum + each.recipients, 0),
  };
};

export const getSendStatistics: Operation<'ses', 'GetSendStatistics'> = async (_input, context) => {
  const sent = await sentSince(context.store, placeOf(context), context.clock.now() - 14 * DAY_MS);
  return {
    SendDataPoints: sent.map(({ at, recipients }) => ({
      Timestamp: new Date(at),
      DeliveryAttempts: recipients,
      Bounces: 0,
      Complaints: 0,
      Rejects: 0,
    })),
  };
};

export const getAccountSendingEnabled: Operation<'ses', 'GetAccountSendingEnabled'> = async (_input, context) => ({
  Enabled: (await findAccount(context.store, placeOf(context))).sendingEnabled,
});
export const updateAccountSendingEnabled: Operation<'ses', 'UpdateAccountSendingEnabled'> = async (input, context) => {
  await context.store.transact(async (tx) => {
    putAccount(tx, placeOf(context), {
      ...(await findAccount(tx, placeOf(context))),
      sendingEnabled: input.Enabled ?? false,
    });
  });
  return {};
};
