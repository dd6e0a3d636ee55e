// Every operation and every modelled error of every generated service, against the SDK's own serializers:
// SDK request → our parse = what was sent; our answer → SDK's parse = what was answered.
import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { after, before, test } from 'node:test';
import { AwsQueryProtocol, AwsSmithyRpcV2CborProtocol } from '@aws-sdk/core/protocols';
import { HttpResponse as SdkResponse } from '@smithy/core/protocols';
import { NormalizedSchema } from '@smithy/core/schema';
import { fromBase64, fromUtf8, toBase64, toUtf8, streamCollector } from '@smithy/core/serde';
import { ServiceError } from '#core/errors.ts';
import type { HttpResponse } from '#core/http.ts';
import { parseInput, serializeOutput, streamedInput } from '#protocol/codec.ts';
import { serializeError } from '#protocol/errors.ts';
import { loadModel, type OperationModel, type Protocol, type ServiceModel } from '#protocol/model.ts';
import { parsePairs } from '#protocol/query.ts';
import { restRouter } from '#protocol/rest-router.ts';
import { CLIENTS, loadClient, type SdkOperation, type SdkService } from '../../tools/sdk-schemas.ts';
import { comparable, isEventStream, RandomValues } from './random-values.ts';

const SEED = Number(process.env['SEED'] ?? 20261121);
const ROUNDS = Number(process.env['ROUNDS'] ?? 1);

const serde = {
  base64Decoder: fromBase64,
  base64Encoder: toBase64,
  utf8Decoder: fromUtf8,
  utf8Encoder: toUtf8,
  streamCollector,
  disableHostPrefix: true,
  endpoint: async () => ({ protocol: 'http:', hostname: 'localhost', path: '/', query: {} }),
};
const facts = { requestId: 'a-request-id', method: 'POST' };

interface Subject {
  sdk: SdkService;
  /** the SDK's serializer of `protocol` */
  client: any;
  model: ServiceModel;
  protocol: Protocol;
}

const schemaOf = (subject: Subject, { name, traits, input, output }: SdkOperation): any => ({
  namespace: subject.sdk.settings.defaultNamespace,
  name,
  traits,
  input,
  output,
});
const membersOf = (schema: unknown): [string, NormalizedSchema][] => {
  const normalized = NormalizedSchema.of(schema as any);
  return normalized.isStructSchema() ? [...normalized.structIterator()] : [];
};
const normal = (schema: unknown): NormalizedSchema => NormalizedSchema.of(schema as any);

function bytesOf(body: unknown): Buffer {
  if (body === undefined || body === null) return Buffer.alloc(0);
  return typeof body === 'string' ? Buffer.from(body) : Buffer.from(body as Uint8Array);
}

async function checkInput(
  subject: Subject,
  sdkOperation: SdkOperation,
  operation: OperationModel,
  values: RandomValues,
): Promise<void> {
  const { client, sdk, model, protocol } = subject;
  const input = values.value(normal(sdkOperation.input));
  if (model.id === 's3' && input.Bucket) input.Bucket = 'bkt';
  // ReceiveMessage has two members of one name in SQS's old query API, for the same thing
  if (model.id === 'sqs' && protocol === 'awsQuery') delete input.MessageSystemAttributeNames;
  const request = await client.serializeRequest(schemaOf(subject, sdkOperation), input, {
    ...serde,
    __smithy_context: { service: sdk.settings.serviceTarget, operation: operation.name },
  });
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name.toLowerCase()] = String(value);
  const query: [string, string][] = [];
  for (const [name, value] of Object.entries(request.query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value]) query.push([name, one ?? '']);
  }
  let labels: Record<string, string> = {};
  if (protocol === 'restJson1' || protocol === 'restXml') {
    // the SDK leaves the bucket to its endpoint rules
    const bucket = model.id === 's3' && operation.http!.uri.startsWith('/{Bucket}') ? '/bkt' : '';
    const path = bucket + (bucket && request.path === '/' ? '' : request.path);
    const match = restRouter(model)({ method: request.method, path, query, headers });
    assert.equal(match?.operation.name, operation.name, `route of ${request.method} ${path}`);
    labels = match!.labels;
  }
  const body = bytesOf(request.body);
  const streamed = streamedInput(operation);
  const parsed = parseInput(operation, protocol, {
    headers,
    query,
    labels,
    body: streamed ? Readable.from([body]) : body,
    ...(protocol.endsWith('Query') && { form: parsePairs(body.toString()) }),
  });
  if (streamed) parsed[streamed.name] = Buffer.concat(await parsed[streamed.name].toArray());
  for (const [name, member] of membersOf(sdkOperation.input)) {
    // "all query parameters" includes those that the URI itself has
    if (member.getMergedTraits().httpQueryParams) {
      for (const key of Object.keys(parsed[name] ?? {})) if (!(key in (input[name] ?? {}))) delete parsed[name][key];
      if (Object.keys(parsed[name] ?? {}).length === 0) delete parsed[name];
    }
  }
  if (model.id === 'sqs' && protocol === 'awsQuery') delete parsed['MessageSystemAttributeNames'];
  assert.deepEqual(comparable(parsed), comparable(input));
}

const toSdk = (response: HttpResponse, streamed = false): SdkResponse => {
  const body = bytesOf(response.body);
  return new SdkResponse({
    statusCode: response.status,
    headers: Object.fromEntries(response.headers),
    body: streamed ? Readable.from([body]) : new Uint8Array(body),
  });
};

async function checkOutput(
  subject: Subject,
  sdkOperation: SdkOperation,
  operation: OperationModel,
  values: RandomValues,
): Promise<void> {
  const members = membersOf(sdkOperation.output);
  if (members.some(([, member]) => isEventStream(member))) return; // eventstream.test.ts
  const output = values.value(normal(sdkOperation.output));
  const response = serializeOutput(operation, subject.protocol, output, facts);
  const streamed = members.find(([, member]) => member.isStreaming())?.[0];
  const back = await subject.client.deserializeResponse(
    schemaOf(subject, sdkOperation),
    serde,
    toSdk(response, streamed !== undefined),
  );
  for (const [name, member] of members) {
    const { httpResponseCode, httpPayload } = member.getMergedTraits();
    if (httpResponseCode) delete back[name];
    if (httpPayload && output[name] === undefined && back[name] === null) delete back[name]; // the SDK's reading of an empty body
  }
  if (streamed) back[streamed] = await back[streamed].transformToByteArray();
  assert.deepEqual(comparable(back), comparable(output));
}

async function checkError(subject: Subject, name: string, schema: readonly any[], values: RandomValues): Promise<void> {
  const { sdk, model, protocol, client } = subject;
  const fields = values.value(normal(schema));
  const messageName = (schema[4] as string[]).find((member) => member.toLowerCase() === 'message');
  const message = (messageName && fields[messageName]) || 'boom';
  const response = serializeError(model, protocol, new ServiceError(name, message, 400, { fields }), {
    ...facts,
    queryCompatible: model.id === 'sqs' || model.id === 'cloudwatch',
  });
  const operation = sdk.operations[0]!;
  const thrown: any = await client.deserializeResponse(schemaOf(subject, operation), serde, toSdk(response)).then(
    () => assert.fail('the SDK saw no error'),
    (error: unknown) => error,
  );
  assert.equal(thrown.constructor.name, sdk.exports[name]?.name ?? name);
  assert.equal(thrown.message, message);
  for (const member of schema[4]) {
    // the SDK makes an empty list of a list that is not there
    if (member === messageName || (fields[member] === undefined && thrown[member]?.length === 0)) continue;
    assert.deepEqual(comparable(thrown[member]), comparable(fields[member]), `member ${member}`);
  }
  const { httpError, awsQueryError } = normal(schema).getMergedTraits();
  if (httpError && !awsQueryError) assert.equal(response.status, httpError);
}

/** Errors of CloudWatch that share a query code: the SDK cannot tell them apart either. */
const AMBIGUOUS = new Set([
  'cloudwatch:DashboardNotFoundError',
  'cloudwatch:ResourceNotFound',
  'cloudwatch:ResourceNotFoundException',
]);

const WHOLE_SECONDS = new Set(['apigateway', 'apigatewayv2', 'iam', 'sts']);

async function checkService(subject: Subject): Promise<{ checks: number; failures: string[] }> {
  subject.client.setSerdeContext(serde);
  const failures: string[] = [];
  let checks = 0;
  const attempt = async (what: string, check: () => Promise<void>): Promise<void> => {
    checks++;
    await check().catch((error: Error) =>
      failures.push(`${what}: ${error.message.replaceAll(/\s+/g, ' ').slice(0, 500)}`),
    );
  };
  for (let round = 0; round < ROUNDS; round++) {
    const values = new RandomValues(SEED + round, WHOLE_SECONDS.has(subject.model.id));
    for (const sdkOperation of subject.sdk.operations) {
      const { name } = sdkOperation;
      const operation = subject.model.operations.get(name);
      assert.ok(operation, `${name} is in the model`);
      await attempt(`input of ${name}`, () => checkInput(subject, sdkOperation, operation, values));
      await attempt(`output of ${name}`, () => checkOutput(subject, sdkOperation, operation, values));
    }
    for (const { name, schema } of subject.sdk.errors) {
      if (AMBIGUOUS.has(`${subject.model.id}:${name}`)) continue;
      await attempt(`error ${name}`, () => checkError(subject, name, schema, values));
    }
  }
  return { checks, failures };
}

let total = 0;
const { warn } = console;
before(() => {
  console.warn = () => {}; // the SDK warns about errors without a code of its own
});
after(() => {
  console.warn = warn;
  assert.ok(total > 8000, `${total} checks`);
});

const further: Partial<Record<Protocol, (settings: any) => any>> = {
  awsQuery: (settings) => new AwsQueryProtocol({ xmlNamespace: '', ...settings }),
  rpcv2Cbor: (settings) => new AwsSmithyRpcV2CborProtocol(settings),
};

for (const [id, packageName] of Object.entries(CLIENTS)) {
  test(`${id}: every operation and error means the same to the SDK and to us`, async () => {
    const sdk = loadClient(packageName);
    const model = loadModel(id);
    const [first] = model.protocols;
    const others: Protocol[] = first.startsWith('awsJson')
      ? [...new Set([...model.protocols.slice(1), 'rpcv2Cbor' as const])]
      : [];
    for (const protocol of [first, ...others]) {
      const client = protocol === first ? sdk.clientProtocol : further[protocol]!(sdk.settings);
      const { checks, failures } = await checkService({ sdk, client, model, protocol });
      total += checks;
      assert.deepEqual(failures.slice(0, 10), [], `${failures.length} of ${checks} differ (${protocol}, SEED=${SEED})`);
    }
  });
}
