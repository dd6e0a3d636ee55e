import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  SESClient,
  GetSendQuotaCommand,
  ListIdentitiesCommand,
  SendEmailCommand,
  SendRawEmailCommand,
  SendTemplatedEmailCommand,
  CreateTemplateCommand,
  VerifyEmailIdentityCommand,
  DeleteIdentityCommand,
  GetIdentityVerificationAttributesCommand,
} from '@aws-sdk/client-ses';
import {
  CreateEmailIdentityCommand,
  GetAccountCommand,
  GetEmailIdentityCommand,
  PutAccountDetailsCommand,
  SendEmailCommand as SendEmailV2,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { SMTPServer } from 'smtp-server';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let ses: SESClient;
let v2: SESv2Client;
before(async () => {
  server = await startTestServer();
  ses = new SESClient(server.sdk);
  v2 = new SESv2Client(server.sdk);
});
after(() => server.stop());

interface Summary {
  id: string;
  from: string;
  to: string[];
  subject: string;
  date: string;
}
const inbox = async (): Promise<Summary[]> =>
  (await fetch(`${server.endpoint}/_gatehouse/inbox`)).json() as Promise<Summary[]>;
const source = async (id: string): Promise<string> => (await fetch(`${server.endpoint}/_gatehouse/inbox/${id}`)).text();
const simple = (from: string, to: string, subject = 'Hello') =>
  new SendEmailCommand({
    Source: from,
    Destination: { ToAddresses: [to] },
    Message: { Subject: { Data: subject }, Body: { Text: { Data: 'body text' }, Html: { Data: '<b>body</b>' } } },
  });

test('SendEmail from a verified address stores the message and answers its id', async () => {
  await ses.send(new VerifyEmailIdentityCommand({ EmailAddress: 'sender@example.com' }));
  const { MessageId } = await ses.send(simple('Sender <sender@example.com>', 'you@example.org', 'Grüße'));
  assert.match(MessageId ?? '', /^[0-9a-f]{16}-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}-000000$/);
  const mail = (await inbox()).find((each) => each.id === MessageId);
  assert.deepEqual([mail?.from, mail?.to, mail?.subject], ['sender@example.com', ['you@example.org'], 'Grüße']);
  const mime = await source(MessageId ?? '');
  assert.match(mime, /^Message-ID:\s+<.*@email\.amazonses\.com>/im);
  assert.match(mime, /multipart\/alternative/);
  assert.match(mime, /body text/);
});

test('an unverified sender is refused in AWS words and nothing is stored', async () => {
  const count = (await inbox()).length;
  await assert.rejects(ses.send(simple('nobody@example.net', 'you@example.org')), {
    name: 'MessageRejected',
    message:
      'Email address is not verified. The following identities failed the check in region US-EAST-1: nobody@example.net',
  });
  assert.equal((await inbox()).length, count);
});

test('a domain vouches for its addresses, and deletion ends it', async () => {
  await v2.send(new CreateEmailIdentityCommand({ EmailIdentity: 'shop.example' }));
  await ses.send(simple('any@shop.example', 'you@example.org'));
  await ses.send(new DeleteIdentityCommand({ Identity: 'shop.example' }));
  await assert.rejects(ses.send(simple('any@shop.example', 'you@example.org')), { name: 'MessageRejected' });
});

test('malformed addresses answer InvalidParameterValue', async () => {
  await assert.rejects(ses.send(simple('sender@example.com', 'nowhere')), {
    name: 'InvalidParameterValue',
    message: "Missing final '@domain'",
  });
  await assert.rejects(ses.send(simple('sender@example.com', 'a b@example.org')), {
    message: 'Local address contains control or whitespace',
  });
});

test('identities are listed with their status', async () => {
  const { Identities } = await ses.send(new ListIdentitiesCommand({}));
  assert.deepEqual(Identities, ['sender@example.com']);
  const { VerificationAttributes } = await ses.send(
    new GetIdentityVerificationAttributesCommand({ Identities: ['sender@example.com', 'x@y.z'] }),
  );
  assert.deepEqual(VerificationAttributes, { 'sender@example.com': { VerificationStatus: 'Success' } });
  await assert.rejects(v2.send(new GetEmailIdentityCommand({ EmailIdentity: 'none@example.com' })), {
    name: 'NotFoundException',
  });
});

test('a raw message keeps its headers but for Bcc, which stays in the envelope', async () => {
  const Data = Buffer.from(
    'From: sender@example.com\r\nTo: a@example.org\r\nBcc: b@example.org\r\nSubject: raw\r\nX-Kept: yes\r\n\r\nhi\r\n',
  );
  const { MessageId } = await ses.send(new SendRawEmailCommand({ RawMessage: { Data } }));
  const mail = (await inbox()).find((each) => each.id === MessageId);
  assert.deepEqual(mail?.to, ['a@example.org', 'b@example.org']);
  const mime = await source(MessageId ?? '');
  assert.match(mime, /X-Kept: yes/);
  assert.doesNotMatch(mime, /bcc/i);
});

test('templates render their data, and what lacks data is accepted and not delivered', async () => {
  await ses.send(
    new CreateTemplateCommand({
      Template: {
        TemplateName: 'welcome',
        SubjectPart: 'Hi {{name}}',
        HtmlPart: '<p>{{name}}</p>{{#each list}}{{this}},{{/each}}',
      },
    }),
  );
  const templated = (TemplateData: string) =>
    new SendTemplatedEmailCommand({
      Source: 'sender@example.com',
      Destination: { ToAddresses: ['you@example.org'] },
      Template: 'welcome',
      TemplateData,
    });
  const { MessageId } = await ses.send(templated('{"name":"<Ann>","list":[1,2]}'));
  assert.equal((await inbox()).find((each) => each.id === MessageId)?.subject, 'Hi <Ann>');
  assert.match(await source(MessageId ?? ''), /&#x3C;Ann&#x3E;|&#x3C;Ann/);
  // Accepted and never delivered: on AWS a "rendering failure" event would tell.
  const incomplete = await ses.send(templated('{}'));
  const failed = (await inbox()).find((each) => each.id === incomplete.MessageId) as Summary & Record<string, string>;
  assert.equal(failed.delivery, 'failed');
  assert.equal(failed.deliveryError, "Attribute 'name' is not present in the rendering data.");
});

test('version 2 sends simple and raw content and counts in the quota', async () => {
  const before = (await ses.send(new GetSendQuotaCommand({}))).SentLast24Hours ?? 0;
  await v2.send(
    new SendEmailV2({
      FromEmailAddress: 'sender@example.com',
      Destination: { ToAddresses: ['you@example.org'] },
      Content: { Simple: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } } },
    }),
  );
  assert.equal((await v2.send(new GetAccountCommand({}))).SendQuota?.SentLast24Hours, before + 1);
});

test('messages sent at once are all counted', async () => {
  const sent = async () => (await ses.send(new GetSendQuotaCommand({}))).SentLast24Hours ?? 0;
  const before = await sent();
  await Promise.all([1, 2, 3].map(() => ses.send(simple('sender@example.com', 'success@simulator.amazonses.com'))));
  assert.equal(await sent(), before + 3);
});

test('in the sandbox recipients must be verified too', async () => {
  await v2.send(
    new PutAccountDetailsCommand({
      MailType: 'TRANSACTIONAL',
      WebsiteURL: 'https://example.com',
      ProductionAccessEnabled: false,
    }),
  );
  await assert.rejects(ses.send(simple('sender@example.com', 'you@example.org')), { name: 'MessageRejected' });
  await ses.send(simple('sender@example.com', 'success@simulator.amazonses.com'));
  await v2.send(
    new PutAccountDetailsCommand({
      MailType: 'TRANSACTIONAL',
      WebsiteURL: 'https://example.com',
      ProductionAccessEnabled: true,
    }),
  );
  assert.deepEqual((await v2.send(new GetAccountCommand({}))).Details, {
    MailType: 'TRANSACTIONAL',
    WebsiteURL: 'https://example.com',
    ReviewDetails: { Status: 'GRANTED' },
  });
});

test('the page of the inbox shows mails without running them', async () => {
  const { MessageId } = await ses.send(simple('sender@example.com', 'you@example.org', '<script>alert(1)</script>'));
  const list = await fetch(`${server.endpoint}/_gatehouse/inbox`, { headers: { accept: 'text/html' } });
  assert.match(list.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  assert.doesNotMatch(await list.text(), /<script>/);
  const view = await (await fetch(`${server.endpoint}/_gatehouse/inbox/${MessageId}/view`)).text();
  assert.match(view, /<iframe sandbox="" srcdoc=/);
  assert.equal((await fetch(`${server.endpoint}/_gatehouse/inbox/none`)).status, 404);
});

test('with a relay the message reaches a real SMTP server', async () => {
  const received: { from: string; to: string[]; text: string }[] = [];
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData(stream, session, done) {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom ? mailFrom.address : '',
          to: rcptTo.map((each) => each.address),
          text: Buffer.concat(chunks).toString(),
        });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => smtp.listen(0, '127.0.0.1', resolve));
  const port = (smtp.server.address() as { port: number }).port;
  const relayed = await startTestServer({ config: { smtpRelay: `smtp://127.0.0.1:${port}` } });
  try {
    const client = new SESClient(relayed.sdk);
    await client.send(new VerifyEmailIdentityCommand({ EmailAddress: 'sender@example.com' }));
    await client.send(simple('sender@example.com', 'you@example.org', 'relayed'));
    const mail = await eventually(() => received[0]);
    assert.deepEqual([mail.from, mail.to], ['sender@example.com', ['you@example.org']]);
    assert.match(mail.text, /Subject: relayed/);
  } finally {
    await relayed.stop();
    await new Promise<void>((resolve) => smtp.close(() => resolve()));
  }
});
