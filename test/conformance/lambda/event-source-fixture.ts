// A server with test streams, and a function that repeats what it gets to a queue.
import {
  CreateEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  LambdaClient,
  type CreateEventSourceMappingCommandInput,
  type CreateFunctionCommandInput,
  type EventSourceMappingConfiguration,
} from '@aws-sdk/client-lambda';
import { CreateQueueCommand, DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { ServerOptions } from '#server/index.ts';
import { services } from '#server/services.ts';
import { eventually, startTestServer, type TestServer } from '../../harness.ts';
import { streamsService, type TestKinesis, type TestTables } from '../../streams.ts';
import { createFunction } from './fixture.ts';

const ACCOUNT = '000000000000';

/** `ask(body)` decides what the function does with the decoded bodies of its records. */
const source = (ask: string): string => `
const { SQSClient, SendMessageCommand } = require('@aws-sdk/client-sqs');
const sqs = new SQSClient({});
const ask = ${ask};
exports.handler = async (event) => {
  await sqs.send(new SendMessageCommand({ QueueUrl: process.env.OUT, MessageBody: JSON.stringify(event) }));
  const bodies = event.Records.map((record) =>
    record.kinesis ? Buffer.from(record.kinesis.data, 'base64').toString() : JSON.stringify(record.dynamodb.Keys));
  return ask(bodies, event);
};`;

export interface StreamFixture {
  server: TestServer;
  lambda: LambdaClient;
  sqs: SQSClient;
  kinesis: TestKinesis;
  tables: TestTables;
  /** Answers the ARN of a stream with these shards. */
  stream(...shards: string[]): Promise<string>;
  tableStream(): Promise<string>;
  queue(): Promise<{ url: string; arn: string }>;
  /** `ask` is the text of a function of bodies and event. */
  worker(ask?: string, rest?: Partial<CreateFunctionCommandInput>): Promise<{ name: string; out: string }>;
  map(
    FunctionName: string,
    EventSourceArn: string,
    more?: Partial<CreateEventSourceMappingCommandInput>,
  ): Promise<EventSourceMappingConfiguration>;
  get(UUID: string | undefined): Promise<EventSourceMappingConfiguration>;
  inState(UUID: string | undefined, state: string): Promise<unknown>;
  /** The next events (or messages) that a queue has got, in the order of their sending. */
  events(queueUrl: string, count: number): Promise<any[]>;
  stop(): Promise<void>;
}

export async function startStreamFixture(options: Partial<ServerOptions> = {}): Promise<StreamFixture> {
  const server = await startTestServer({ ...options, services: [streamsService, ...services] });
  const lambda = new LambdaClient(server.sdk);
  const sqs = new SQSClient(server.sdk);
  const kinesis = server.platform.streams.kinesis as TestKinesis;
  const tables = server.platform.streams.dynamodb as TestTables;
  // several servers may run on one store, one after the other
  let names = Math.floor(Math.random() * 1_000_000);
  const fixture: StreamFixture = {
    server,
    lambda,
    sqs,
    kinesis,
    tables,
    async stream(...shards) {
      const arn = `arn:aws:kinesis:us-east-1:${ACCOUNT}:stream/s-${++names}`;
      await kinesis.create(arn, shards.length === 0 ? ['shardId-000000000000'] : shards);
      return arn;
    },
    async tableStream() {
      const arn = `arn:aws:dynamodb:us-east-1:${ACCOUNT}:table/t-${++names}/stream/2026-01-01T00:00:00.000`;
      await tables.create(arn, ['shardId-00000001573689847184-864758bb']);
      return arn;
    },
    async queue() {
      const QueueName = `q-${++names}`;
      const { QueueUrl: url = '' } = await sqs.send(new CreateQueueCommand({ QueueName }));
      return { url, arn: `arn:aws:sqs:us-east-1:${ACCOUNT}:${QueueName}` };
    },
    async worker(ask = '() => undefined', rest = {}) {
      const { url: out, arn } = await fixture.queue();
      const name = `worker-${++names}`;
      const OUT = `https://sqs.us-east-1.amazonaws.com/${ACCOUNT}/${arn.split(':').at(-1)}`;
      await createFunction(lambda, name, source(ask), { Environment: { Variables: { OUT } }, Timeout: 10, ...rest });
      return { name, out };
    },
    map: (FunctionName, EventSourceArn, more = {}) =>
      lambda.send(
        new CreateEventSourceMappingCommand({
          FunctionName,
          EventSourceArn,
          StartingPosition: 'TRIM_HORIZON',
          ...more,
        }),
      ),
    get: (UUID) => lambda.send(new GetEventSourceMappingCommand({ UUID })),
    inState: (UUID, state) => eventually(async () => (await fixture.get(UUID)).State === state),
    async events(QueueUrl, count) {
      const all: { at: number; event: any }[] = [];
      await eventually(async () => {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            WaitTimeSeconds: 1,
            MessageSystemAttributeNames: ['SentTimestamp'],
          }),
        );
        for (const { Body = '', Attributes } of Messages)
          all.push({ at: Number(Attributes?.SentTimestamp), event: JSON.parse(Body) });
        const Entries = Messages.map(({ ReceiptHandle }, id) => ({ Id: `${id}`, ReceiptHandle }));
        if (Entries.length > 0) await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
        return all.length >= count;
      }, 30_000);
      return all.toSorted((a, b) => a.at - b.at).map(({ event }) => event);
    },
    async stop() {
      lambda.destroy();
      sqs.destroy();
      await server.stop();
    },
  };
  return fixture;
}

/** Decoded data of an event's records. */
export const bodiesOf = (event: any): string[] =>
  event.Records.map(({ kinesis }: any) => Buffer.from(kinesis.data, 'base64').toString());
