import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  DeleteIdentityPolicyCommand,
  GetIdentityMailFromDomainAttributesCommand,
  GetIdentityNotificationAttributesCommand,
  GetIdentityPoliciesCommand,
  ListIdentitiesCommand,
  ListIdentityPoliciesCommand,
  PutIdentityPolicyCommand,
  SendEmailCommand,
  SESClient,
  VerifyDomainIdentityCommand,
} from '@aws-sdk/client-ses';
import {
  CreateEmailIdentityCommand,
  CreateEmailIdentityPolicyCommand,
  DeleteEmailIdentityCommand,
  GetEmailIdentityCommand,
  GetEmailIdentityPoliciesCommand,
  ListEmailIdentitiesCommand,
  ListTagsForResourceCommand,
  SESv2Client,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateEmailIdentityPolicyCommand,
} from '@aws-sdk/client-sesv2';
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam';
import { startTestServer, type TestServer } from '../../harness.ts';

let server: TestServer;
let ses: SESClient;
let v2: SESv2Client;
before(async () => {
  server = await startTestServer({ config: { iam: 'enforce' } });
  ses = new SESClient(server.sdk);
  v2 = new SESv2Client(server.sdk);
});
after(() => server.stop());

test('an address has no DKIM of its own, a domain has three tokens', async () => {
  const { $metadata: _a, ...address } = await v2.send(
    new CreateEmailIdentityCommand({ EmailIdentity: 'one@example.com', Tags: [{ Key: 'a', Value: '1' }] }),
  );
  assert.deepEqual(address, {
    IdentityType: 'EMAIL_ADDRESS',
    VerifiedForSendingStatus: true,
    DkimAttributes: { SigningEnabled: false, Status: 'NOT_STARTED', SigningAttributesOrigin: 'AWS_SES' },
  });
  const { $metadata: _b, ...identity } = await v2.send(
    new GetEmailIdentityCommand({ EmailIdentity: 'one@example.com' }),
  );
  assert.deepEqual(identity, {
    IdentityType: 'EMAIL_ADDRESS',
    FeedbackForwardingStatus: true,
    VerifiedForSendingStatus: true,
    DkimAttributes: { SigningEnabled: false, Status: 'NOT_STARTED', SigningAttributesOrigin: 'AWS_SES' },
    MailFromAttributes: { BehaviorOnMxFailure: 'USE_DEFAULT_VALUE' },
    Policies: {},
    Tags: [{ Key: 'a', Value: '1' }],
    VerificationStatus: 'SUCCESS',
  });
  const { DkimAttributes } = await v2.send(new CreateEmailIdentityCommand({ EmailIdentity: 'shop.example' }));
  assert.equal(DkimAttributes?.Tokens?.length, 3);
  assert.equal(DkimAttributes?.NextSigningKeyLength, 'RSA_2048_BIT');
  await assert.rejects(v2.send(new CreateEmailIdentityCommand({ EmailIdentity: 'shop.example' })), {
    name: 'AlreadyExistsException',
    message: 'Email identity shop.example already exist.',
  });
  await assert.rejects(v2.send(new GetEmailIdentityCommand({ EmailIdentity: 'none.example' })), {
    name: 'NotFoundException',
    message: 'Email identity none.example does not exist.',
  });
});

test('identities are listed by kind and page by page, in both versions', async () => {
  await ses.send(new VerifyDomainIdentityCommand({ Domain: 'Second.Example' }));
  const domains = await ses.send(new ListIdentitiesCommand({ IdentityType: 'Domain' }));
  assert.deepEqual(domains.Identities, ['second.example', 'shop.example']);
  const first = await ses.send(new ListIdentitiesCommand({ MaxItems: 2 }));
  const rest = await ses.send(new ListIdentitiesCommand({ MaxItems: 2, NextToken: first.NextToken }));
  assert.deepEqual(
    [...(first.Identities ?? []), ...(rest.Identities ?? [])],
    ['one@example.com', 'second.example', 'shop.example'],
  );
  assert.equal(rest.NextToken, undefined);
  const { EmailIdentities } = await v2.send(new ListEmailIdentitiesCommand({ PageSize: 1 }));
  assert.deepEqual(EmailIdentities, [
    {
      IdentityType: 'EMAIL_ADDRESS',
      IdentityName: 'one@example.com',
      SendingEnabled: true,
      VerificationStatus: 'SUCCESS',
    },
  ]);
});

test('attributes of unknown identities are left out', async () => {
  const Identities = ['one@example.com', 'none@example.com'];
  const { NotificationAttributes } = await ses.send(new GetIdentityNotificationAttributesCommand({ Identities }));
  assert.deepEqual(NotificationAttributes, {
    'one@example.com': {
      ForwardingEnabled: true,
      HeadersInBounceNotificationsEnabled: false,
      HeadersInComplaintNotificationsEnabled: false,
      HeadersInDeliveryNotificationsEnabled: false,
    },
  });
  const mailFrom = await ses.send(new GetIdentityMailFromDomainAttributesCommand({ Identities }));
  assert.deepEqual(Object.keys(mailFrom.MailFromDomainAttributes ?? {}), ['one@example.com']);
});

test('tags are changed by ARN', async () => {
  const ResourceArn = 'arn:aws:ses:us-east-1:000000000000:identity/one@example.com';
  await v2.send(new TagResourceCommand({ ResourceArn, Tags: [{ Key: 'b', Value: '2' }] }));
  await v2.send(new UntagResourceCommand({ ResourceArn, TagKeys: ['a'] }));
  assert.deepEqual((await v2.send(new ListTagsForResourceCommand({ ResourceArn }))).Tags, [{ Key: 'b', Value: '2' }]);
  await assert.rejects(v2.send(new ListTagsForResourceCommand({ ResourceArn: `${ResourceArn}x` })), {
    name: 'NotFoundException',
  });
});

test('policies are named, and shown by both versions', async () => {
  const Policy = policyFor('*');
  await ses.send(new PutIdentityPolicyCommand({ Identity: 'one@example.com', PolicyName: 'first', Policy }));
  const identity = { Identity: 'one@example.com' };
  assert.deepEqual((await ses.send(new ListIdentityPoliciesCommand(identity))).PolicyNames, ['first']);
  const { Policies } = await ses.send(new GetIdentityPoliciesCommand({ ...identity, PolicyNames: ['first', 'none'] }));
  assert.deepEqual(Policies, { first: Policy });
  const EmailIdentity = 'one@example.com';
  await assert.rejects(v2.send(new CreateEmailIdentityPolicyCommand({ EmailIdentity, PolicyName: 'first', Policy })), {
    name: 'AlreadyExistsException',
  });
  await assert.rejects(v2.send(new UpdateEmailIdentityPolicyCommand({ EmailIdentity, PolicyName: 'none', Policy })), {
    name: 'NotFoundException',
  });
  assert.deepEqual((await v2.send(new GetEmailIdentityPoliciesCommand({ EmailIdentity }))).Policies, { first: Policy });
  await assert.rejects(ses.send(new PutIdentityPolicyCommand({ ...identity, PolicyName: 'x', Policy: '{}' })), {
    name: 'InvalidPolicyException',
  });
  await ses.send(new DeleteIdentityPolicyCommand({ ...identity, PolicyName: 'first' }));
  assert.deepEqual((await ses.send(new ListIdentityPoliciesCommand(identity))).PolicyNames, []);
});

const policyFor = (principal: string, effect = 'Allow'): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: effect, Principal: { AWS: principal }, Action: 'ses:SendEmail', Resource: '*' }],
  });

test('a policy of the identity lets a user send, and keeps one from it', async () => {
  const iam = new IAMClient(server.sdk);
  const { User } = await iam.send(new CreateUserCommand({ UserName: 'mailer' }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'mailer' }));
  const credentials = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' };
  const mailer = new SESClient({ ...server.sdk, credentials });
  const send = () =>
    mailer.send(
      new SendEmailCommand({
        Source: 'one@example.com',
        Destination: { ToAddresses: ['you@example.org'] },
        Message: { Subject: { Data: 's' }, Body: { Text: { Data: 't' } } },
      }),
    );
  const refused = { name: 'AccessDenied' };
  await assert.rejects(send(), refused);
  const put = (Policy: string) =>
    ses.send(new PutIdentityPolicyCommand({ Identity: 'one@example.com', PolicyName: 'send', Policy }));
  await put(policyFor(User?.Arn ?? ''));
  await send();
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'ses:*', Resource: 'arn:aws:ses:us-east-1:000000000000:identity/one@example.com' },
    ],
  });
  await iam.send(new PutUserPolicyCommand({ UserName: 'mailer', PolicyName: 'own', PolicyDocument }));
  await put(policyFor(User?.Arn ?? '', 'Deny'));
  await assert.rejects(send(), refused);
});

test('a deleted identity is gone for both versions', async () => {
  await v2.send(new DeleteEmailIdentityCommand({ EmailIdentity: 'shop.example' }));
  await assert.rejects(v2.send(new DeleteEmailIdentityCommand({ EmailIdentity: 'shop.example' })), {
    name: 'NotFoundException',
  });
});
