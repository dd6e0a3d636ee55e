import type { Operation } from '#kernel/service.ts';
import { notOffered } from '../errors.ts';
import { DAY_MAX, SANDBOX_DAY_MAX, sendComposed, sendRaw } from '../send.ts';
import { findAccount, placeOf, putAccount, sentSince } from '../store.ts';
import { render, requireTemplate } from '../templates.ts';

const DAY_MS = 86_400_000;
const QUARTER_MS = 15 * 60_000;

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

export const sendEmail: Operation<'ses', 'SendEmail'> = async (input, context) => ({
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
});

export const sendRawEmail: Operation<'ses', 'SendRawEmail'> = async (input, context) => {
  if (input.FromArn !== undefined || input.SourceArn !== undefined) throw notOffered('sending authorization by ARN');
  const mime = Buffer.from(input.RawMessage.Data);
  const raw = {
    mime,
    source: input.Source,
    destinations: input.Destinations,
    configurationSet: input.ConfigurationSetName,
  };
  return { MessageId: await sendRaw(context, raw, 'v1') };
};

export const sendTemplatedEmail: Operation<'ses', 'SendTemplatedEmail'> = async (input, context) => {
  const { subject, text, html } = render(await requireTemplate(context, input.Template), input.TemplateData);
  return {
    MessageId: await sendComposed(
      context,
      {
        source: input.Source,
        ...recipientsOf(input.Destination as Destination),
        replyTo: input.ReplyToAddresses ?? [],
        returnPath: input.ReturnPath,
        subject: { data: subject },
        text: text === undefined ? undefined : { data: text },
        html: html === undefined ? undefined : { data: html },
        configurationSet: input.ConfigurationSetName,
      },
      'v1',
    ),
  };
};

export const getSendQuota: Operation<'ses', 'GetSendQuota'> = async (_input, context) => {
  const account = await findAccount(context.store, placeOf(context));
  const sent = await sentSince(context.store, placeOf(context), context.clock.now() - DAY_MS);
  return {
    Max24HourSend: account.productionAccess ? DAY_MAX : SANDBOX_DAY_MAX,
    MaxSendRate: account.productionAccess ? 14 : 1,
    SentLast24Hours: sent.reduce((sum, each) => sum + each.recipients, 0),
  };
};

export const getSendStatistics: Operation<'ses', 'GetSendStatistics'> = async (_input, context) => {
  const counts = new Map<number, number>();
  for (const each of await sentSince(context.store, placeOf(context), context.clock.now() - 14 * DAY_MS)) {
    const quarter = Math.floor(each.at / QUARTER_MS) * QUARTER_MS;
    counts.set(quarter, (counts.get(quarter) ?? 0) + each.recipients);
  }
  return {
    SendDataPoints: [...counts].map(([at, count]) => ({
      Timestamp: new Date(at),
      DeliveryAttempts: count,
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
