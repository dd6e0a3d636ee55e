// Suppression, configuration sets, attachments, rate.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateConfigurationSetCommand,
  CreateEmailIdentityCommand,
  DeleteSuppressedDestinationCommand,
  GetAccountCommand,
  GetConfigurationSetCommand,
  GetSuppressedDestinationCommand,
  ListSuppressedDestinationsCommand,
  PutAccountSuppressionAttributesCommand,
  PutConfigurationSetSendingOptionsCommand,
  PutEmailIdentityConfigurationSetAttributesCommand,
  PutEmailIdentityFeedbackAttributesCommand,
  PutSuppressedDestinationCommand,
  SendEmailCommand,
  SESv2Client,
  type SendEmailCommandInput,
} from '@aws-sdk/client-sesv2';
import { SendEmailCommand as SendEmailV1, SESClient } from '@aws-sdk/client-ses';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let v2: SESv2Client;
before(async () => {
  server = await startTestServer();
  v2 = new SESv2Client(server.sdk);
  await v2.send(new CreateEmailIdentityCommand({ EmailIdentity: 'sender@example.com' }));
});
after(() => server.stop());

const send = (to: string[], rest: Partial<SendEmailCommandInput> = {}) =>
  v2.send(
    new SendEmailCommand({
      FromEmailAddress: 'sender@example.com',
      Destination: { ToAddresses: to },
      Content: { Simple: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } } },
      ...rest,
    }),
  );
const deliveryOf = async (id: string | undefined): Promise<string | undefined> => {
  const mails = (await (await fetch(`${server.endpoint}/_gatehouse/inbox`)).json()) as {
    id: string;
    delivery: string;
  }[];
  return mails.find((mail) => mail.id === id)?.delivery;
};

test('mail to an address on the suppression list is accepted and not delivered', async () => {
  await v2.send(new PutSuppressedDestinationCommand({ EmailAddress: 'Gone@example.org', Reason: 'BOUNCE' }));
  const ask = new GetSuppressedDestinationCommand({ EmailAddress: 'gone@example.org' });
  const { SuppressedDestination } = await v2.send(ask);
  assert.deepEqual(
    [SuppressedDestination?.EmailAddress, SuppressedDestination?.Reason],
    ['gone@example.org', 'BOUNCE'],
  );
  assert.equal(await deliveryOf((await send(['gone@example.org'])).MessageId), 'failed');
  assert.equal(await deliveryOf((await send(['gone@example.org', 'here@example.org'])).MessageId), 'inbox');
  assert.deepEqual((await v2.send(new GetAccountCommand({}))).SuppressionAttributes?.SuppressedReasons, [
    'BOUNCE',
    'COMPLAINT',
  ]);
  await v2.send(new PutAccountSuppressionAttributesCommand({ SuppressedReasons: ['COMPLAINT'] }));
  assert.equal(await deliveryOf((await send(['gone@example.org'])).MessageId), 'inbox');
  const listed = await v2.send(new ListSuppressedDestinationsCommand({ Reasons: ['BOUNCE'] }));
  assert.deepEqual(
    listed.SuppressedDestinationSummaries?.map((each) => each.EmailAddress),
    ['gone@example.org'],
  );
  await v2.send(new DeleteSuppressedDestinationCommand({ EmailAddress: 'gone@example.org' }));
  await assert.rejects(v2.send(ask), { name: 'NotFoundException' });
});

test('a configuration set can stop what names it, and what its identity sends', async () => {
  await v2.send(new CreateConfigurationSetCommand({ ConfigurationSetName: 'set' }));
  const { $metadata: _, ...set } = await v2.send(new GetConfigurationSetCommand({ ConfigurationSetName: 'set' }));
  assert.deepEqual(set, {
    ConfigurationSetName: 'set',
    DeliveryOptions: { TlsPolicy: 'OPTIONAL' },
    ReputationOptions: { ReputationMetricsEnabled: false },
    SendingOptions: { SendingEnabled: true },
    Tags: [],
  });
  await send(['a@example.org'], { ConfigurationSetName: 'set' });
  await v2.send(new PutConfigurationSetSendingOptionsCommand({ ConfigurationSetName: 'set', SendingEnabled: false }));
  await assert.rejects(send(['a@example.org'], { ConfigurationSetName: 'set' }), { name: 'SendingPausedException' });
  const EmailIdentity = 'sender@example.com';
  await v2.send(new PutEmailIdentityConfigurationSetAttributesCommand({ EmailIdentity, ConfigurationSetName: 'set' }));
  await assert.rejects(send(['a@example.org']), { name: 'SendingPausedException' });
  await v2.send(new PutEmailIdentityConfigurationSetAttributesCommand({ EmailIdentity }));
  await send(['a@example.org']);
  await assert.rejects(send(['a@example.org'], { ConfigurationSetName: 'none' }), {
    name: 'NotFoundException',
    message: 'Configuration set <none> does not exist.',
  });
  await assert.rejects(
    v2.send(
      new CreateConfigurationSetCommand({
        ConfigurationSetName: 'x',
        TrackingOptions: { CustomRedirectDomain: 'a.b' },
      }),
    ),
    { name: 'BadRequestException' },
  );
});

test('attachments of simple content become parts of the message', async () => {
  const { MessageId } = await send(['a@example.org'], {
    Content: {
      Simple: {
        Subject: { Data: 's' },
        Body: { Html: { Data: '<img src="cid:dot">' } },
        Attachments: [
          {
            RawContent: Buffer.from('a,b\n'),
            FileName: 'table.csv',
            ContentType: 'text/csv',
            ContentDescription: 'Table',
          },
          { RawContent: Buffer.from('GIF'), FileName: 'dot.gif', ContentDisposition: 'INLINE', ContentId: 'dot' },
        ],
      },
    },
  });
  const mime = await (await fetch(`${server.endpoint}/_gatehouse/inbox/${MessageId}`)).text();
  assert.match(mime, /Content-Type: text\/csv; name=table.csv/);
  assert.match(mime, /Content-Disposition: attachment; filename=table.csv/);
  assert.match(mime, /Content-Description: Table/);
  assert.match(mime, /Content-Id: <dot>/i);
});

test('message tags and raw headers are checked', async () => {
  await assert.rejects(send(['a@example.org'], { EmailTags: [{ Name: 'a:b', Value: 'c' }] }), {
    name: 'BadRequestException',
    message: "Invalid tag name <a:b>: only alphanumeric ASCII characters, '_',  '-' are allowed.",
  });
  await send(['a@example.org'], { EmailTags: [{ Name: 'ses:feedback-id-a', Value: 'c' }] });
  const Data = Buffer.from('From: sender@example.com\r\nSubject: a\r\nsubject: b\r\nTo: a@example.org\r\n\r\nx');
  await assert.rejects(send(['a@example.org'], { Content: { Raw: { Data } } }), {
    name: 'BadRequestException',
    message: "Duplicate header 'subject'.",
  });
});

test('forwarding of feedback cannot end without topics', async () => {
  const put = (EmailForwardingEnabled: boolean) =>
    v2.send(
      new PutEmailIdentityFeedbackAttributesCommand({ EmailIdentity: 'sender@example.com', EmailForwardingEnabled }),
    );
  await put(true);
  await assert.rejects(put(false), { name: 'BadRequestException' });
});

test('more recipients than the rate are sent to, and paid for before the next message', async () => {
  const other = new SESClient({ ...server.sdk, region: 'eu-west-1' });
  const there = new SESv2Client({ ...server.sdk, region: 'eu-west-1' });
  await there.send(new CreateEmailIdentityCommand({ EmailIdentity: 'sender@example.com' }));
  const many = (count: number) =>
    other.send(
      new SendEmailV1({
        Source: 'sender@example.com',
        Destination: { ToAddresses: Array.from({ length: count }, (_, i) => `r${i}@example.org`) },
        Message: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } },
      }),
    );
  await many(28);
  await assert.rejects(many(1), { name: 'Throttling', message: 'Maximum sending rate exceeded.' });
  await eventually(() => many(1).then(() => true));
  await assert.rejects(many(51), { name: 'InvalidParameterValue' });
});
