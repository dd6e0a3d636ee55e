import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServiceError } from '#core/errors.ts';
import { loadModel } from './model.ts';
import { inputValidator, translatePattern } from './validate.ts';

function messageOf(service: string, operation: string, input: unknown): string {
  try {
    inputValidator(loadModel(service).operations.get(operation)!)(input);
  } catch (error) {
    assert.ok(error instanceof ServiceError && error.code === 'ValidationException');
    return error.message;
  }
  return 'valid';
}

test('required members, ranges, enums, nested members, in one message', () => {
  assert.equal(messageOf('kinesis', 'CreateStream', { StreamName: 'a', ShardCount: 1 }), 'valid');
  assert.equal(
    messageOf('kinesis', 'CreateStream', { ShardCount: 0, StreamModeDetails: { StreamMode: 'X' } }),
    "3 validation errors detected: Value null at 'streamName' failed to satisfy constraint: Member must not be null; " +
      "Value '0' at 'shardCount' failed to satisfy constraint: Member must have value greater than or equal to 1; " +
      "Value 'X' at 'streamModeDetails.streamMode' failed to satisfy constraint: Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]",
  );
});

test('items of lists are numbered from one', () => {
  const message = messageOf('kinesis', 'PutRecords', {
    StreamName: 'a',
    Records: [{ Data: Buffer.alloc(1), PartitionKey: '' }],
  });
  assert.equal(
    message,
    "1 validation error detected: Value '' at 'records.1.member.partitionKey' failed to satisfy constraint: Member must have length greater than or equal to 1",
  );
});

test('lists are shown as Java shows them', () => {
  const message = messageOf('kinesis', 'RemoveTagsFromStream', { StreamName: 'a', TagKeys: [] });
  assert.match(
    message,
    /Value '\[\]' at 'tagKeys' failed to satisfy constraint: Member must have length greater than or equal to 1/,
  );
});

// Words of AWS Lambda: serverless-secrets#39 (keys), issues of many with layers, answers of 2023 (aliases, architectures).
test('of values without members AWS shows the whole collection, and all that holds of its items', () => {
  const base = { FunctionName: 'f', Role: 'arn:aws:iam::000000000000:role/r', Code: {} };
  assert.equal(
    messageOf('lambda', 'CreateFunction', { ...base, Architectures: ['invalid'] }),
    "1 validation error detected: Value '[invalid]' at 'architectures' failed to satisfy constraint: Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]",
  );
  assert.match(
    messageOf('lambda', 'CreateFunction', { ...base, Layers: ['nolayer'] }),
    /^1 validation error detected: Value '\[nolayer\]' at 'layers' failed to satisfy constraint: Member must satisfy constraint: \[Member must have length less than or equal to \d+, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: .*, Member must not be null\]$/,
  );
  assert.equal(
    messageOf('lambda', 'CreateFunction', { ...base, Environment: { Variables: { A: 'b' } } }),
    "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map keys must satisfy constraint: [Member must satisfy regular expression pattern: [a-zA-Z]([a-zA-Z0-9_])+]",
  );
  const alias = { FunctionName: 'f', Name: 'a', FunctionVersion: '1' };
  assert.equal(
    messageOf('lambda', 'CreateAlias', { ...alias, RoutingConfig: { AdditionalVersionWeights: { 1: -1 } } }),
    "1 validation error detected: Value '{1=-1.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: [Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
  );
  assert.equal(
    messageOf('lambda', 'CreateAlias', { ...alias, RoutingConfig: { AdditionalVersionWeights: { '1.3': 0.5 } } }),
    "1 validation error detected: Value '{1.3=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: [Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]",
  );
});

test('query services say nothing of null', () => {
  assert.throws(
    () =>
      inputValidator(loadModel('cloudformation').operations.get('CreateStack')!)({
        StackName: 's',
        Capabilities: ['CAPABILITY_FOO'],
      }),
    /Value '\[CAPABILITY_FOO\]' at 'capabilities' failed to satisfy constraint: Member must satisfy constraint: \[Member must satisfy enum value set: \[[A-Z_, ]+\]\]$/,
  );
});

test('a secret is not repeated', () => {
  assert.equal(
    messageOf('cognito-idp', 'SignUp', { ClientId: 'c', Username: 'u', Password: '\n' }),
    "1 validation error detected: Value at 'password' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\S]+",
  );
});

test("Java's patterns match the whole text", () => {
  assert.ok(translatePattern('[a-z]+')!.test('abc'));
  assert.ok(!translatePattern('[a-z]+')!.test('abc1'));
  assert.ok(translatePattern('(?s).*')!.test('a\nb'));
  assert.ok(translatePattern('(?i)all|[0-9]{12}')!.test('ALL'));
  assert.ok(translatePattern('\\p{Print}+')!.test('a b'));
  assert.ok(translatePattern('[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*')!.test('ü 1'));
});
