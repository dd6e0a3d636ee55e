import type { Context } from '#kernel/context.ts';
import type { Address } from 'postal-mime';
import type { Attachment, Outgoing } from './send.ts';

/** How the message is written; Bcc stays in the envelope. */
export async function composeMime(mail: Outgoing, id: string, context: Context): Promise<Buffer> {
  // Loaded with the first mail, not with the program: it is slow to load.
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer/index.js');
  const composer = new MailComposer({
    ...(mail.source !== '' && { from: mail.source }),
    to: [...mail.to],
    cc: [...mail.cc],
    ...(mail.replyTo.length > 0 && { replyTo: [...mail.replyTo] }),
    subject: mail.subject.data,
    ...(mail.text && { text: mail.text.data }),
    ...(mail.html && { html: mail.html.data }),
    ...(mail.headers && { headers: mail.headers.map(({ name, value }) => ({ key: name, value })) }),
    ...(mail.attachments && { attachments: mail.attachments.map(attachmentOf) }),
    messageId: `<${id}@${domainOf(context)}>`,
    date: new Date(context.clock.now()),
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().build();
}

const attachmentOf = (each: Attachment): object => ({
  content: Buffer.from(each.content),
  filename: each.fileName,
  contentDisposition: each.disposition,
  ...(each.contentType !== undefined && { contentType: each.contentType }),
  ...(each.contentId !== undefined && { cid: each.contentId }),
  ...(each.encoding !== undefined && { contentTransferEncoding: each.encoding }),
  ...(each.description !== undefined && { headers: { 'Content-Description': each.description } }),
});

/** us-east-1 writes email.amazonses.com, the others their own name. */
const domainOf = ({ region }: Context): string =>
  region === 'us-east-1' ? 'email.amazonses.com' : `${region}.amazonses.com`;

export interface MimeHeaders {
  from?: string;
  to: string[];
  cc: string[];
  bcc: string[];
  subject: string;
  configurationSet?: string;
}

const flat = (addresses: readonly Address[] | undefined): string[] =>
  (addresses ?? []).flatMap((each) =>
    'group' in each && each.group ? flat(each.group as Address[]) : each.address ? [each.address] : [],
  );

export async function readHeaders(mime: Buffer): Promise<MimeHeaders> {
  const { default: PostalMime } = await import('postal-mime');
  const mail = await PostalMime.parse(mime);
  const configurationSet = mail.headers.find((header) => header.key === 'x-ses-configuration-set')?.value;
  const from = flat(mail.from && [mail.from])[0];
  return {
    ...(from !== undefined && { from }),
    to: flat(mail.to),
    cc: flat(mail.cc),
    bcc: flat(mail.bcc),
    subject: mail.subject ?? '',
    ...(configurationSet !== undefined && { configurationSet }),
  };
}

/** RFC 5322 section 3.6 and RFC 2045: at most one of each. */
const SINGLE = new Set([
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'message-id',
  'subject',
  'date',
  'return-path',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
]);

/** The name of a header that a message has twice and may have once. */
export function duplicateHeader(mime: Buffer): string | undefined {
  const head = mime.toString('latin1').split(/\r?\n\r?\n/, 1)[0] ?? '';
  const seen = new Set<string>();
  for (const [, name = ''] of head.matchAll(/^([^\s:]+):/gm)) {
    const lower = name.toLowerCase();
    if (!SINGLE.has(lower)) continue;
    if (seen.has(lower)) return name;
    seen.add(lower);
  }
  return undefined;
}

/** What SES does to a raw message: its own Message-ID and Date where missing, no Bcc and no X-SES- headers outside. */
export function withHeaders(mime: Buffer, id: string, context: Context): Buffer {
  const text = mime.toString('latin1');
  const split = /\r?\n\r?\n/.exec(text);
  const head = split ? text.slice(0, split.index) : text;
  const body = split ? text.slice(split.index + split[0].length) : '';
  const fields = head
    .split(/\r?\n(?![ \t])/)
    .filter((field) => !/^(bcc|x-ses-[^:]*|message-id|return-path):/i.test(field) && field !== '');
  fields.push(`Message-ID: <${id}@${domainOf(context)}>`);
  if (!fields.some((field) => /^date:/i.test(field))) {
    fields.push(`Date: ${new Date(context.clock.now()).toUTCString().replace('GMT', '+0000')}`);
  }
  return Buffer.from(`${fields.join('\r\n')}\r\n\r\n${body}`, 'latin1');
}
