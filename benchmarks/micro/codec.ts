// What does the wire layer cost per call, beside JSON.parse and JSON.stringify of the same values in the same run?
// node --expose-gc benchmarks/micro/codec.ts
import os from 'node:os';
import { parseInput, serializeOutput } from '#protocol/codec.ts';
import { loadModel, type OperationModel, type Protocol } from '#protocol/model.ts';
import { parsePairs } from '#protocol/query.ts';
import { restRouter } from '#protocol/rest-router.ts';
import { inputValidator } from '#protocol/validate.ts';

const ROUNDS = 7;
const facts = { requestId: '0123456789abcdef0123456789abcdef', method: 'POST' };
const none = { headers: {}, query: [], labels: {} };

const operation = (service: string, name: string): OperationModel => loadModel(service).operations.get(name)!;

/** Best of some rounds, µs per call. */
function measure(calls: number, run: () => unknown): number {
  for (let i = 0; i < Math.max(200, calls / 5); i++) run();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    globalThis.gc?.();
    const start = process.hrtime.bigint();
    for (let i = 0; i < calls; i++) run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e3 / calls);
  }
  return best;
}

function report(name: string, micros: number, reference?: number): void {
  const ratio = reference === undefined ? '' : `${(micros / reference).toFixed(2)} × plain JSON`;
  process.stdout.write(`${name.padEnd(58)}${micros.toFixed(2).padStart(10)} µs  ${ratio}\n`);
}

interface Case {
  name: string;
  calls: number;
  operation: OperationModel;
  protocol: Protocol;
  body?: Buffer;
  output?: Record<string, unknown>;
}

function runCase({ name, calls, operation: model, protocol, body, output }: Case): void {
  if (body) {
    const text = body.toString();
    const isJson = text.startsWith('{');
    const reference = isJson ? measure(calls, () => JSON.parse(body.toString())) : undefined;
    const isForm = protocol.endsWith('Query');
    const parse = (): unknown =>
      parseInput(model, protocol, { ...none, body, ...(isForm && { form: parsePairs(body.toString()) }) });
    report(`${name}: read`, measure(calls, parse), reference);
  }
  if (output) {
    const reference = measure(calls, () => JSON.stringify(output));
    report(
      `${name}: write`,
      measure(calls, () => serializeOutput(model, protocol, output, facts)),
      reference,
    );
  }
}

const item = {
  pk: { S: 'user#12345' },
  sk: { S: 'order#2026-01-02' },
  n: { N: '42.5' },
  tags: { SS: ['a', 'b', 'c'] },
  doc: {
    M: { name: { S: 'Some Name' }, active: { BOOL: true }, list: { L: [{ S: 'x' }, { N: '1' }, { NULL: true }] } },
  },
  txt: { S: 'lorem ipsum dolor sit amet '.repeat(8) },
};
const put = {
  TableName: 'orders',
  Item: item,
  ReturnValues: 'ALL_OLD',
  ConditionExpression: 'attribute_not_exists(pk)',
};
const now = new Date();
const contents = (count: number): unknown[] =>
  Array.from({ length: count }, (_, i) => ({
    Key: `photos/2026/01/img-${i}.jpg`,
    Size: 12345 + i,
    LastModified: now,
    ETag: '"d41d8cd98f00b204e9800998ecf8427e"',
    StorageClass: 'STANDARD',
  }));
const form =
  'Action=CreateRole&Version=2010-05-08&RoleName=r&AssumeRolePolicyDocument=%7B%22a%22%3A1%7D' +
  '&Tags.member.1.Key=a&Tags.member.1.Value=b&Tags.member.2.Key=c&Tags.member.2.Value=d';
const deletes = Array.from({ length: 100 }, (_, i) => `<Object><Key>k${i}</Key></Object>`).join('');

const cases: Case[] = [
  {
    name: 'awsJson DynamoDB PutItem (0.6 KB)',
    calls: 20_000,
    operation: operation('dynamodb', 'PutItem'),
    protocol: 'awsJson1_0',
    body: Buffer.from(JSON.stringify(put)),
    output: { Attributes: item, ConsumedCapacity: { TableName: 'orders', CapacityUnits: 1 } },
  },
  {
    name: 'awsJson DynamoDB Query, 100 items',
    calls: 500,
    operation: operation('dynamodb', 'Query'),
    protocol: 'awsJson1_0',
    output: { Items: Array.from({ length: 100 }, () => item), Count: 100, ScannedCount: 100 },
  },
  {
    name: 'awsJson SQS SendMessage',
    calls: 50_000,
    operation: operation('sqs', 'SendMessage'),
    protocol: 'awsJson1_0',
    body: Buffer.from(
      JSON.stringify({ QueueUrl: 'http://127.0.0.1:4566/000000000000/q', MessageBody: 'x'.repeat(200) }),
    ),
    output: { MessageId: facts.requestId, MD5OfMessageBody: facts.requestId },
  },
  {
    name: 'rpcv2Cbor DynamoDB PutItem answer',
    calls: 20_000,
    operation: operation('dynamodb', 'PutItem'),
    protocol: 'rpcv2Cbor',
    output: { Attributes: item },
  },
  {
    name: 'awsQuery IAM CreateRole',
    calls: 20_000,
    operation: operation('iam', 'CreateRole'),
    protocol: 'awsQuery',
    body: Buffer.from(form),
    output: {
      Role: { RoleName: 'r', RoleId: 'x', Arn: 'a', Path: '/', CreateDate: now, Tags: [{ Key: 'a', Value: 'b' }] },
    },
  },
  ...[10, 1000].map((count) => ({
    name: `restXml S3 ListObjectsV2, ${count} keys`,
    calls: 20_000 / count,
    operation: operation('s3', 'ListObjectsV2'),
    protocol: 'restXml' as const,
    output: { Name: 'b', KeyCount: count, MaxKeys: 1000, IsTruncated: false, Contents: contents(count) },
  })),
  {
    name: 'restXml S3 DeleteObjects, 100 keys',
    calls: 1000,
    operation: operation('s3', 'DeleteObjects'),
    protocol: 'restXml',
    body: Buffer.from(`<Delete xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${deletes}<Quiet>true</Quiet></Delete>`),
  },
  {
    name: 'restJson1 Lambda ListFunctions, 50 functions',
    calls: 2000,
    operation: operation('lambda', 'ListFunctions'),
    protocol: 'restJson1',
    output: {
      Functions: Array.from({ length: 50 }, () => ({
        FunctionName: 'f',
        Runtime: 'nodejs24.x',
        Handler: 'i.h',
        CodeSize: 1,
        Environment: { Variables: { A: 'b' } },
        Layers: [{ Arn: 'x', CodeSize: 1 }],
      })),
    },
  },
];

process.stdout.write(`node ${process.version}, ${os.cpus()[0]?.model.trim()}, best of ${ROUNDS}\n`);
for (const one of cases) runCase(one);

const list = { method: 'GET', path: '/bkt', query: parsePairs('list-type=2&prefix=photos%2F'), headers: {} };
const route = restRouter(loadModel('s3'));
report(
  'route S3 ListObjectsV2',
  measure(50_000, () => route(list)),
);
const invoke = { method: 'POST', path: '/2015-03-31/functions/f/invocations', query: [], headers: {} };
const lambdaRoute = restRouter(loadModel('lambda'));
report(
  'route Lambda Invoke',
  measure(50_000, () => lambdaRoute(invoke)),
);
const validate = inputValidator(operation('dynamodb', 'PutItem'));
report(
  'validate DynamoDB PutItem',
  measure(50_000, () => validate(put)),
);
