import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unknown, type Value } from '../template/value.ts';
import { checkProperties, formatViolation } from './check.ts';
import { differences } from './difference.ts';
import { findSchema } from './schema.ts';
import { schemaTypes } from './types.ts';

const violations = (type: string, properties: Value): string[] =>
  checkProperties(properties, findSchema(type)!).violations.map(formatViolation);

test('every listed type has a schema', () => {
  const missing = Object.entries(schemaTypes).flatMap(([service, types]) =>
    types.map((type) => `AWS::${service}::${type}`).filter((type) => !findSchema(type)),
  );
  assert.deepEqual(missing, []);
  assert.equal(findSchema('AWS::Lambda::Nothing'), undefined);
  assert.equal(findSchema('Custom::Thing'), undefined);
});

test('unknown, missing and wrong properties are named with their place', () => {
  assert.deepEqual(
    violations('AWS::Lambda::Function', {
      Code: { ZipFile: 'x', Zip: 1 },
      Role: 'arn:aws:iam::123456789012:role/r',
      Timout: 3,
    }),
    ['#/Code: extraneous key [Zip] is not permitted', '#: extraneous key [Timout] is not permitted'],
  );
  assert.deepEqual(violations('AWS::Lambda::Url', { TargetFunctionArn: 'fn' }), [
    '#: required key [AuthType] not found',
  ]);
  assert.deepEqual(violations('AWS::Lambda::Url', { TargetFunctionArn: 'fn', AuthType: 'SOME' }), [
    '#/AuthType: SOME is not a valid enum value',
  ]);
  assert.deepEqual(violations('AWS::SQS::Queue', { Tags: 'x' }), ['#/Tags: expected type: JSONArray, found: String']);
  assert.deepEqual(violations('AWS::SQS::Queue', { Arn: 'x' }), ['#: extraneous key [Arn] is not permitted']);
});

test('patterns of Java are understood', () => {
  assert.deepEqual(violations('AWS::Logs::LogGroup', { LogGroupName: '/aws/lambda/x' }), []);
  assert.deepEqual(violations('AWS::Logs::LogGroup', { LogGroupName: 'a b' }), [
    String.raw`#/LogGroupName: string [a b] does not match pattern ^[.\-_/#A-Za-z0-9]{1,512}\Z`,
  ]);
});

test('texts become the declared types, unknown values pass', () => {
  const { value, violations: none } = checkProperties(
    { VisibilityTimeout: '30', FifoQueue: 'true', QueueName: 12, KmsMasterKeyId: new Unknown('Key') },
    findSchema('AWS::SQS::Queue')!,
  );
  assert.deepEqual(none, []);
  assert.deepEqual(
    { ...(value as object), KmsMasterKeyId: 0 },
    { VisibilityTimeout: 30, FifoQueue: true, QueueName: '12', KmsMasterKeyId: 0 },
  );
});

test('differences name properties, replacement and order-free lists', () => {
  const schema = findSchema('AWS::SQS::Queue');
  const changes = differences(
    {
      QueueName: 'a',
      DelaySeconds: 1,
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    },
    {
      QueueName: 'b',
      Tags: [
        { Key: 'b', Value: '2' },
        { Key: 'a', Value: '1' },
      ],
      KmsMasterKeyId: 'k',
    },
    schema,
  );
  assert.deepEqual(
    changes.map(({ name, kind, replaces }) => [name, kind, replaces]),
    [
      ['DelaySeconds', 'Remove', false],
      ['KmsMasterKeyId', 'Add', false],
      ['QueueName', 'Modify', true],
    ],
  );
});

test('a durable configuration may change, and replaces the function when it comes or goes', () => {
  const schema = findSchema('AWS::Lambda::Function');
  const replaces = (before: object, after: object): boolean[] =>
    differences(before as never, after as never, schema).map((change) => change.replaces);
  const durable = { DurableConfig: { ExecutionTimeout: 60 } };
  assert.deepEqual(replaces({}, durable), [true]);
  assert.deepEqual(replaces(durable, {}), [true]);
  assert.deepEqual(replaces(durable, { DurableConfig: { ExecutionTimeout: 61 } }), [false]);
});
