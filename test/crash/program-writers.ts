// One acknowledged write of each kind, and how to see later that it is there.
import {
  APIGatewayClient,
  CreateBasePathMappingCommand,
  CreateDomainNameCommand,
  CreateRestApiCommand,
  GetBasePathMappingCommand,
  GetRestApiCommand,
} from '@aws-sdk/client-api-gateway';
import { CloudFormationClient, CreateStackCommand, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateBucketCommand, GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { SendEmailCommand, SESClient, VerifyEmailIdentityCommand } from '@aws-sdk/client-ses';
import { CreateQueueCommand, ReceiveMessageCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import yazl from 'yazl';
import type { Sdk } from './program.ts';

export interface Acknowledged {
  /** first word: the kind */
  what: string;
  isThere(sdk: Sdk): Promise<boolean>;
}
type Write = (name: string) => Promise<Acknowledged>;

const trust = (service: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }],
  });
const is = (found: Promise<unknown>): Promise<boolean> =>
  found.then(
    () => true,
    () => false,
  );

async function zip(text: string): Promise<Buffer> {
  const archive = new yazl.ZipFile();
  archive.addBuffer(Buffer.from(text), 'index.js');
  archive.end();
  return Buffer.concat(await Array.fromAsync(archive.outputStream as AsyncIterable<Buffer>));
}

function objects(sdk: Sdk, bytes: number): Write {
  const s3 = new S3Client(sdk);
  return async (name) => {
    await s3.send(new CreateBucketCommand({ Bucket: 'crash-objects' })).catch(() => undefined);
    const body = Buffer.alloc(bytes, name);
    await s3.send(new PutObjectCommand({ Bucket: 'crash-objects', Key: name, Body: body }));
    return {
      what: `object of ${bytes} bytes ${name}`,
      async isThere(again) {
        const object = await new S3Client(again)
          .send(new GetObjectCommand({ Bucket: 'crash-objects', Key: name }))
          .catch(() => undefined);
        return object?.Body !== undefined && Buffer.from(await object.Body.transformToByteArray()).equals(body);
      },
    };
  };
}

function events(sdk: Sdk): Write {
  const logs = new CloudWatchLogsClient(sdk);
  const names = { logGroupName: 'crash', logStreamName: `stream-${Date.now()}` };
  return async (name) => {
    await logs.send(new CreateLogGroupCommand(names)).catch(() => undefined);
    await logs.send(new CreateLogStreamCommand(names)).catch(() => undefined);
    await logs.send(new PutLogEventsCommand({ ...names, logEvents: [{ timestamp: Date.now(), message: name }] }));
    return {
      what: `event ${name}`,
      async isThere(again) {
        const found = await new CloudWatchLogsClient(again).send(
          new GetLogEventsCommand({ ...names, startFromHead: true }),
        );
        return found.events?.some((event) => event.message === name) ?? false;
      },
    };
  };
}

function mails(sdk: Sdk): Write {
  const ses = new SESClient(sdk);
  return async (name) => {
    await ses.send(new VerifyEmailIdentityCommand({ EmailAddress: 'crash@example.com' }));
    const { MessageId } = await ses.send(
      new SendEmailCommand({
        Source: 'crash@example.com',
        Destination: { ToAddresses: ['you@example.com'] },
        Message: { Subject: { Data: name }, Body: { Text: { Data: name } } },
      }),
    );
    return {
      what: `mail ${name}`,
      isThere: async (again) =>
        (await (await fetch(`${again.endpoint}/_gatehouse/inbox/${MessageId}`)).text()).includes(name),
    };
  };
}

function messages(sdk: Sdk): Write {
  const sqs = new SQSClient(sdk);
  return async (name) => {
    // a queue of its own: what is in it can be asked for again and again
    const Attributes = { VisibilityTimeout: '0' };
    const { QueueUrl = '' } = await sqs.send(new CreateQueueCommand({ QueueName: `crash-${name}`, Attributes }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: name }));
    return {
      what: `message ${name}`,
      async isThere(again) {
        const url = `${again.endpoint}${new URL(QueueUrl).pathname}`;
        const { Messages = [] } = await new SQSClient(again).send(new ReceiveMessageCommand({ QueueUrl: url }));
        return Messages[0]?.Body === name;
      },
    };
  };
}

const roles =
  (sdk: Sdk): Write =>
  async (RoleName) => {
    await new IAMClient(sdk).send(
      new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: trust('lambda.amazonaws.com') }),
    );
    return {
      what: `role ${RoleName}`,
      isThere: (again) => is(new IAMClient(again).send(new GetRoleCommand({ RoleName }))),
    };
  };

const apis =
  (sdk: Sdk): Write =>
  async (name) => {
    const { id } = await new APIGatewayClient(sdk).send(new CreateRestApiCommand({ name }));
    return {
      what: `api ${name}`,
      isThere: (again) => is(new APIGatewayClient(again).send(new GetRestApiCommand({ restApiId: id }))),
    };
  };

/** A domain and its certificate, then a mapping: each is one commit, and the second changes the first. */
const domains =
  (sdk: Sdk): Write =>
  async (name) => {
    const client = new APIGatewayClient(sdk);
    const { id: restApiId } = await client.send(new CreateRestApiCommand({ name }));
    const domainName = `${name}.example.com`.toLowerCase();
    const regionalCertificateArn = 'arn:aws:acm:us-east-1:000000000000:certificate/a';
    const endpointConfiguration = { types: ['REGIONAL' as const] };
    await client.send(new CreateDomainNameCommand({ domainName, regionalCertificateArn, endpointConfiguration }));
    await client.send(new CreateBasePathMappingCommand({ domainName, restApiId, basePath: 'v1' }));
    return {
      what: `domain ${domainName}`,
      async isThere(again) {
        const input = { domainName, basePath: 'v1' };
        return is(new APIGatewayClient(again).send(new GetBasePathMappingCommand(input)));
      },
    };
  };

const functions =
  (sdk: Sdk): Write =>
  async (FunctionName) => {
    await new IAMClient(sdk)
      .send(new CreateRoleCommand({ RoleName: 'crash', AssumeRolePolicyDocument: trust('lambda.amazonaws.com') }))
      .catch(() => undefined);
    const Code = { ZipFile: await zip(`exports.handler = async () => ${JSON.stringify(FunctionName)};`) };
    await new LambdaClient(sdk).send(
      new CreateFunctionCommand({
        FunctionName,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Role: 'arn:aws:iam::000000000000:role/crash',
        Code,
      }),
    );
    return {
      what: `function ${FunctionName}`,
      isThere: (again) => is(new LambdaClient(again).send(new GetFunctionConfigurationCommand({ FunctionName }))),
    };
  };

const stacks =
  (sdk: Sdk): Write =>
  async (StackName) => {
    const TemplateBody = JSON.stringify({
      Resources: { Group: { Type: 'AWS::Logs::LogGroup' }, Bucket: { Type: 'AWS::S3::Bucket' } },
    });
    await new CloudFormationClient(sdk).send(new CreateStackCommand({ StackName, TemplateBody }));
    return {
      what: `stack ${StackName}`,
      // What was cut off in the middle goes on after the restart, and comes to its end.
      async isThere(again) {
        const client = new CloudFormationClient(again);
        for (let tries = 0; tries < 200; tries++) {
          const { Stacks } = await client.send(new DescribeStacksCommand({ StackName }));
          if (Stacks?.[0]?.StackStatus === 'CREATE_COMPLETE') return true;
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        return false;
      },
    };
  };

export const writers = (sdk: Sdk): Write[] => [
  objects(sdk, 1000),
  objects(sdk, 300_000),
  events(sdk),
  mails(sdk),
  messages(sdk),
  roles(sdk),
  apis(sdk),
  domains(sdk),
  functions(sdk),
  stacks(sdk),
];
