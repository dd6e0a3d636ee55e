import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  AddPermissionCommand,
  CreateQueueCommand,
  GetQueueUrlCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { startTestServer, type TestServer } from '../../harness.ts';

const PARTNER = '111122223333';
let server: TestServer;
let sqs: SQSClient;
let partner: SQSClient;
before(async () => {
  server = await startTestServer({ config: { iam: 'enforce' } });
  sqs = new SQSClient(server.sdk);
  partner = new SQSClient({ ...server.sdk, credentials: { accessKeyId: PARTNER, secretAccessKey: 'x' } });
});
after(async () => {
  sqs.destroy();
  partner.destroy();
  await server.stop();
});

test('another account gets in by the policy of the queue alone', async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'shared' }));
  const send = (): Promise<unknown> => partner.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }));
  await assert.rejects(send(), (error: Error & { $metadata: { httpStatusCode: number } }) => {
    assert.equal(error.name, 'AccessDenied');
    assert.equal(error.$metadata.httpStatusCode, 403);
    assert.equal(
      error.message,
      `User: arn:aws:iam::${PARTNER}:root is not authorized to perform: sqs:sendmessage on resource: arn:aws:sqs:us-east-1:000000000000:shared because no resource-based policy allows the sqs:sendmessage action`,
    );
    return true;
  });
  await sqs.send(
    new AddPermissionCommand({
      QueueUrl,
      Label: 'partner',
      AWSAccountIds: [PARTNER],
      Actions: ['SendMessage', 'GetQueueUrl'],
    }),
  );
  await send();
  await partner.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: '1', MessageBody: 'y' }] }));
  const found = await partner.send(
    new GetQueueUrlCommand({ QueueName: 'shared', QueueOwnerAWSAccountId: '000000000000' }),
  );
  assert.equal(found.QueueUrl, QueueUrl);
  await assert.rejects(partner.send(new ReceiveMessageCommand({ QueueUrl })), { name: 'AccessDenied' });
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['SenderId'] }),
  );
  assert.equal(Messages[0]?.Attributes?.['SenderId'], PARTNER);
});

test('everyone gets in by a policy that says so, without a signature', async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'open' }));
  const send = async (): Promise<[number, string]> => {
    const answer = await fetch(`${QueueUrl}?Action=SendMessage&Version=2012-11-05&MessageBody=hi`);
    return [answer.status, await answer.text()];
  };
  const [status, text] = await send();
  assert.equal(status, 403);
  assert.match(text, /<Code>AccessDenied<\/Code>/);
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }],
  });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  assert.equal((await send())[0], 200);
  const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
  assert.equal(Messages[0]?.Body, 'hi');
});

test("a policy can keep the owner's own out", async () => {
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'closed' }));
  const Policy = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Deny', Principal: '*', Action: 'sqs:SendMessage', Resource: '*' }],
  });
  await sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { Policy } }));
  await assert.rejects(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' })), {
    name: 'AccessDenied',
    message: /with an explicit deny in a resource-based policy$/,
  });
});

test('a queue of the same name in another account is another queue', async () => {
  const own = await sqs.send(new CreateQueueCommand({ QueueName: 'twin' }));
  const other = await partner.send(new CreateQueueCommand({ QueueName: 'twin' }));
  assert.notEqual(own.QueueUrl, other.QueueUrl);
  await partner.send(new SendMessageCommand({ QueueUrl: other.QueueUrl, MessageBody: 'x' }));
  assert.equal((await sqs.send(new ReceiveMessageCommand({ QueueUrl: own.QueueUrl }))).Messages, undefined);
});
