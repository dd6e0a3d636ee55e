// Whatever a template holds, it is built or refused in AWS's way; nothing else is thrown.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ServiceError } from '#core/errors.ts';
import { buildBlueprint } from './blueprint.ts';
import { parseTemplate, type Json, type JsonObject } from './document.ts';
import { evaluate } from './evaluate.ts';
import { expandForEach } from './for-each.ts';
import { importNames } from './imports.ts';
import { parseParameters, resolveParameters } from './parameters.ts';
import { circleIn } from './static-checks.ts';

const facts = {
  accountId: '123456789012',
  region: 'us-east-1',
  partition: 'aws',
  stackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/s/id',
  stackName: 's',
  notificationArns: [],
};

function build(text: string): void {
  try {
    const { json, lineOf } = parseTemplate(text);
    const definitions = parseParameters(json.Parameters, lineOf);
    const parameters = resolveParameters(definitions, []);
    const blueprint = buildBlueprint({ template: json, definitions, parameters, facts, lineOf });
    expandForEach(json, blueprint.scope);
    importNames(blueprint);
    for (const resource of blueprint.resources.values())
      evaluate(resource.properties, { ...blueprint.scope, getAtt: () => 'x', ref: () => 'y' });
  } catch (error) {
    assert.ok(error instanceof ServiceError, `${String((error as Error).stack)}\n${text}`);
  }
}

const names = ['A', 'B', 'P', 'Q', 'C', 'M', 'AWS::Region', 'AWS::NoValue', 'x.y', ''];
const functions = [
  'Ref',
  'Fn::GetAtt',
  'Fn::Sub',
  'Fn::Join',
  'Fn::Select',
  'Fn::Split',
  'Fn::FindInMap',
  'Fn::If',
  'Fn::Equals',
  'Fn::And',
  'Fn::Or',
  'Fn::Not',
  'Fn::ImportValue',
  'Fn::Base64',
  'Fn::Cidr',
  'Fn::GetAZs',
  'Fn::Length',
  'Fn::ToJsonString',
  'Fn::Transform',
  'Fn::ForEach::L',
  'Condition',
];
const keys = [
  'Type',
  'Properties',
  'DependsOn',
  'Condition',
  'Value',
  'Export',
  'Name',
  'Default',
  'AllowedValues',
  'AllowedPattern',
  'MinLength',
  'Metadata',
  'DeletionPolicy',
  'Assertions',
  'Assert',
  'RuleCondition',
  '__proto__',
  'constructor',
];

const { value } = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom<Json>(
      ...names,
      'String',
      'Number',
      'AWS::SQS::Queue',
      '${A}',
      '${A.Arn}${!x}',
      '${',
      0,
      1,
      300,
      true,
      null,
      '10.0.0.0/16',
    ),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...functions), tie('value'), { minKeys: 1, maxKeys: 1 }),
    fc.dictionary(fc.constantFrom(...keys, ...names), tie('value'), { maxKeys: 4 }),
  ),
}));
const section = fc.oneof(value, fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 3 }));
const resources = fc.dictionary(
  fc.constantFrom('A', 'B'),
  fc.record(
    { Type: fc.constant<Json>('AWS::SQS::Queue'), Properties: value, DependsOn: value, Condition: value },
    { requiredKeys: ['Type'] },
  ),
  { minKeys: 1 },
);
const template = fc.record(
  {
    Resources: fc.oneof(section, resources),
    Parameters: section,
    Conditions: section,
    Mappings: section,
    Outputs: section,
    Rules: section,
    Transform: fc.constantFrom<Json>('AWS::LanguageExtensions'),
  },
  { requiredKeys: ['Resources'] },
) as fc.Arbitrary<JsonObject>;

test('random templates are built or refused', () => {
  fc.assert(
    fc.property(template, (json) => build(JSON.stringify(json))),
    { numRuns: 2_000 },
  );
});

/** Sound in its frame, so that the values inside are reached. */
const framed = fc.record({
  Transform: fc.constant<Json>('AWS::LanguageExtensions'),
  Parameters: fc.constant<Json>({
    P: { Type: 'CommaDelimitedList', Default: 'a,b' },
    Q: { Type: 'String', Default: 'x' },
  }),
  Mappings: fc.constant<Json>({ M: { A: { B: 'found', C: ['l', 'm'] } } }),
  Conditions: fc.record({ C: fc.oneof(fc.constant<Json>({ 'Fn::Equals': [1, 1] }), value) }),
  Resources: fc.record({
    A: fc.record({ Type: fc.constant<Json>('AWS::SQS::Queue'), Properties: fc.record({ X: value, Y: value }) }),
    B: fc.constant<Json>({ Type: 'AWS::SQS::Queue' }),
  }),
  Outputs: fc.record({ O: fc.record({ Value: value }) }),
}) as fc.Arbitrary<JsonObject>;

test('random values inside a sound template are evaluated or refused', () => {
  fc.assert(
    fc.property(framed, (json) => build(JSON.stringify(json))),
    { numRuns: 3_000 },
  );
});

test('random texts and broken templates are refused', () => {
  fc.assert(fc.property(fc.string({ unit: fc.constantFrom(...Array.from('{}[]:,-!&*#|>"\'\n\t aA1?%@`')) }), build), {
    numRuns: 2_000,
  });
  for (const text of [
    '',
    '[',
    '{',
    '['.repeat(40_000),
    `{"a":${'['.repeat(40_000)}${']'.repeat(40_000)}}`,
    '- '.repeat(20_000),
    'a: &a [*a]',
    '%YAML 9\n---\n',
    '\u0000',
  ])
    build(text);
});

test('circles are found, and only they', () => {
  assert.deepEqual(
    circleIn(
      new Map([
        ['a', new Set(['b'])],
        ['b', new Set(['a'])],
        ['c', new Set(['a'])],
        ['d', new Set()],
      ]),
    ),
    ['a', 'b'],
  );
});
