import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateTemplateCommand,
  DeleteTemplateCommand,
  GetTemplateCommand,
  ListTemplatesCommand,
  SendBulkTemplatedEmailCommand,
  SendTemplatedEmailCommand,
  SESClient,
  TestRenderTemplateCommand,
  UpdateTemplateCommand,
  VerifyEmailIdentityCommand,
} from '@aws-sdk/client-ses';
import {
  CreateEmailTemplateCommand,
  DeleteEmailTemplateCommand,
  GetEmailTemplateCommand,
  SendBulkEmailCommand,
  SESv2Client,
} from '@aws-sdk/client-sesv2';
import { startTestServer, type TestServer } from '../../harness.ts';

const Source = 'sender@example.com';
let server: TestServer;
let ses: SESClient;
let v2: SESv2Client;
before(async () => {
  server = await startTestServer();
  ses = new SESClient(server.sdk);
  v2 = new SESv2Client(server.sdk);
  await ses.send(new VerifyEmailIdentityCommand({ EmailAddress: Source }));
});
after(() => server.stop());

const create = (TemplateName: string, rest: object = {}) =>
  ses.send(
    new CreateTemplateCommand({ Template: { TemplateName, SubjectPart: 'Hi {{name}}', TextPart: 'x', ...rest } }),
  );
const subjectOf = async (id: string | undefined): Promise<string | undefined> => {
  const mails = (await (await fetch(`${server.endpoint}/_gatehouse/inbox`)).json()) as {
    id: string;
    subject: string;
  }[];
  return mails.find((mail) => mail.id === id)?.subject;
};

test('a template comes back with the parts that it has', async () => {
  await create('parts');
  const { Template } = await ses.send(new GetTemplateCommand({ TemplateName: 'parts' }));
  assert.deepEqual(Template, { TemplateName: 'parts', SubjectPart: 'Hi {{name}}', TextPart: 'x' });
  await assert.rejects(create('parts'), { name: 'AlreadyExistsException', message: 'Template parts already exists.' });
  const other = await v2.send(new GetEmailTemplateCommand({ TemplateName: 'parts' }));
  assert.deepEqual(other.TemplateContent, { Subject: 'Hi {{name}}', Text: 'x' });
});

test('missing and broken templates are refused', async () => {
  const missing = { name: 'TemplateDoesNotExistException', message: 'Template none does not exist' };
  await assert.rejects(ses.send(new GetTemplateCommand({ TemplateName: 'none' })), missing);
  const update = { Template: { TemplateName: 'none', SubjectPart: 's', TextPart: 't' } };
  await assert.rejects(ses.send(new UpdateTemplateCommand(update)), missing);
  const send = { Source, Destination: { ToAddresses: ['a@example.org'] }, Template: 'none', TemplateData: '{}' };
  await assert.rejects(ses.send(new SendTemplatedEmailCommand(send)), missing);
  await ses.send(new DeleteTemplateCommand({ TemplateName: 'none' }));
  await assert.rejects(v2.send(new DeleteEmailTemplateCommand({ TemplateName: 'none' })), {
    name: 'NotFoundException',
  });
  await assert.rejects(create('s', { SubjectPart: undefined }), {
    name: 'InvalidParameterValue',
    message: 'The subject must be specified.',
  });
  await assert.rejects(create('broken', { TextPart: '{{#if x}}' }), { name: 'InvalidTemplateException' });
  await assert.rejects(
    v2.send(
      new CreateEmailTemplateCommand({ TemplateName: 'b', TemplateContent: { Subject: '{{#each}', Text: '{{/if}}' } }),
    ),
    { name: 'BadRequestException' },
  );
});

test('TestRenderTemplate answers the message', async () => {
  await create('rendered', { HtmlPart: '<b>{{name}}</b>' });
  const render = (TemplateData: string) =>
    ses.send(new TestRenderTemplateCommand({ TemplateName: 'rendered', TemplateData }));
  const { RenderedTemplate } = await render('{"name":"Ann"}');
  assert.match(RenderedTemplate ?? '', /^Subject: Hi Ann\r$/m);
  assert.match(RenderedTemplate ?? '', /^MIME-Version: 1.0\r$/m);
  assert.match(RenderedTemplate ?? '', /<b>Ann<\/b>/);
  await assert.rejects(render('{}'), {
    name: 'MissingRenderingAttributeException',
    message: "Attribute 'name' is not present in the rendering data.",
  });
  await assert.rejects(render('{'), { name: 'InvalidRenderingParameterException' });
});

test('templates are listed ten at a time by default', async () => {
  for (let i = 0; i < 10; i++) await create(`list-${i}`);
  const first = await ses.send(new ListTemplatesCommand({}));
  assert.equal(first.TemplatesMetadata?.length, 10);
  assert.ok(first.TemplatesMetadata?.[0]?.CreatedTimestamp instanceof Date);
  assert.ok(first.NextToken);
});

test('bulk sending answers for each destination; its data replaces the defaults as a whole', async () => {
  await create('bulk');
  const destination = (address: string, data?: string) => ({
    Destination: { ToAddresses: [address] },
    ...(data && { ReplacementTemplateData: data }),
  });
  const { Status } = await ses.send(
    new SendBulkTemplatedEmailCommand({
      Source,
      Template: 'bulk',
      DefaultTemplateData: '{"name":"friend"}',
      Destinations: [
        destination('a@example.org', '{"name":"A"}'),
        destination('b@example.org', '{}'),
        destination('nowhere'),
      ],
    }),
  );
  assert.deepEqual(
    Status?.map((each) => each.Status),
    ['Success', 'Success', 'InvalidParameterValue'],
  );
  assert.equal(Status?.[2]?.Error, "Missing final '@domain'");
  assert.deepEqual(
    [await subjectOf(Status?.[0]?.MessageId), await subjectOf(Status?.[1]?.MessageId)],
    ['Hi A', 'Hi friend'],
  );
  const { BulkEmailEntryResults } = await v2.send(
    new SendBulkEmailCommand({
      FromEmailAddress: Source,
      DefaultContent: { Template: { TemplateName: 'bulk', TemplateData: '{"name":"friend"}' } },
      BulkEmailEntries: [{ Destination: { ToAddresses: ['c@example.org'] } }, { Destination: {} }],
    }),
  );
  assert.deepEqual(
    BulkEmailEntryResults?.map((each) => each.Status),
    ['SUCCESS', 'INVALID_PARAMETER'],
  );
  assert.equal(await subjectOf(BulkEmailEntryResults?.[0]?.MessageId), 'Hi friend');
  await assert.rejects(
    ses.send(
      new SendBulkTemplatedEmailCommand({
        Source: 'nobody@example.net',
        Template: 'bulk',
        DefaultTemplateData: '{}',
        Destinations: [destination('a@example.org')],
      }),
    ),
    { name: 'MessageRejected' },
  );
});
