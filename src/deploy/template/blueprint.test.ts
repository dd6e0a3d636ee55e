import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildBlueprint, type Blueprint } from './blueprint.ts';
import { parseTemplate } from './document.ts';
import { parseParameters, resolveParameters } from './parameters.ts';

const facts = {
  accountId: '123456789012',
  region: 'us-east-1',
  partition: 'aws',
  stackId: 'arn:aws:cloudformation:us-east-1:123456789012:stack/s/id',
  stackName: 's',
  notificationArns: [],
};

function build(text: string, parameters: Record<string, string> = {}): Blueprint {
  const { json, lineOf } = parseTemplate(text);
  const definitions = parseParameters(json.Parameters, lineOf);
  const inputs = Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue }));
  return buildBlueprint({
    template: json,
    definitions,
    parameters: resolveParameters(definitions, inputs),
    facts,
    lineOf,
  });
}

const message = (text: string): string => {
  try {
    build(text);
  } catch (error) {
    return (error as Error).message;
  }
  return 'no error';
};

test('conditions decide resources, properties and outputs', () => {
  const blueprint = build(
    `
Parameters: {Env: {Type: String}}
Conditions: {Prod: !Equals [!Ref Env, prod]}
Resources:
  A: {Type: AWS::SQS::Queue, Condition: Prod}
  B:
    Type: AWS::SQS::Queue
    DependsOn: A
    Properties: {QueueName: !If [Prod, !Ref A, !Ref AWS::NoValue], Tags: [!If [Prod, x, !Ref AWS::NoValue]]}
Outputs:
  O: {Value: !Ref A, Condition: Prod}
  P: {Value: !GetAtt B.Arn, Export: {Name: !Sub "\${AWS::StackName}-p"}}
`,
    { Env: 'dev' },
  );
  assert.deepEqual([...blueprint.resources.keys()], ['B']);
  assert.deepEqual(blueprint.resources.get('B')!.properties, { Tags: [] });
  assert.deepEqual(blueprint.resources.get('B')!.dependencies, []);
  assert.deepEqual(
    blueprint.outputs.map(({ key }) => key),
    ['P'],
  );
});

test('dependencies come from Ref, GetAtt, Fn::Sub and DependsOn, not from variables of Fn::Sub', () => {
  const blueprint = build(`
Resources:
  A: {Type: T::A::A}
  B: {Type: T::A::A}
  C: {Type: T::A::A}
  D:
    Type: T::A::A
    DependsOn: [A]
    Properties: {X: !Sub ["\${B.Arn} \${V} \${!C}", {V: 1}], Y: [{Ref: A}]}
`);
  assert.deepEqual(blueprint.resources.get('D')!.dependencies.sort(), ['A', 'B']);
});

test('broken templates are refused in AWS words', () => {
  const cases: [string, string][] = [
    ['Resources: {}', 'Template format error: At least one Resources member must be defined.'],
    ['Foo: 1\nResources: {A: {Type: X}}', 'Invalid template property or properties [Foo]'],
    ['Resources: {A: {}}', 'Template format error: [/Resources/A] Every Resources object must contain a Type member.'],
    ['Resources: {A-B: {Type: X}}', 'Template format error: Resource name A-B is non alphanumeric.'],
    ['Resources: {A: {Type: X, Foo: 1}}', "Invalid template resource property 'Foo'"],
    [
      'Resources: {A: {Type: X, Properties: {P: !Ref Q, R: !Ref S}}}',
      'Template format error: Unresolved resource dependencies [Q, S] in the Resources block of the template',
    ],
    [
      'Resources: {A: {Type: X, DependsOn: B}}',
      'Template format error: Unresolved resource dependencies [B] in the Resources block of the template',
    ],
    [
      'Resources: {A: {Type: X}}\nOutputs: {O: {Value: !Ref Q}}',
      'Template format error: Unresolved resource dependencies [Q] in the Outputs block of the template',
    ],
    [
      'Resources: {A: {Type: X, Properties: {P: !GetAtt B.Arn}}}',
      'Template error: instance of Fn::GetAtt references undefined resource B',
    ],
    [
      'Resources: {A: {Type: X, Properties: {P: !Ref B}}, B: {Type: X, Properties: {P: !Ref A}}, C: {Type: X, DependsOn: A}}',
      'Circular dependency between resources: [A, B]',
    ],
    [
      'Resources: {A: {Type: X, Condition: None}}',
      'Template format error: Unresolved condition dependency None in the Resources block of the template',
    ],
    [
      'Conditions: {C: !Equals [!Ref A, 1]}\nResources: {A: {Type: X}}',
      'Template format error: Unresolved dependencies [A]. Cannot reference resources in the Conditions block of the template',
    ],
    [
      'Resources: {A: {Type: X}}\nOutputs: {O: {}}',
      'Template format error: Every Outputs member must contain a Value object',
    ],
    [
      'Resources: {A: {Type: X, DeletionPolicy: Keep}}',
      'Template format error: Unrecognized DeletionPolicy Keep for resource A',
    ],
    [
      'AWSTemplateFormatVersion: 2011-01-01\nResources: {A: {Type: X}}',
      'Template format error: unsupported value for AWSTemplateFormatVersion.',
    ],
  ];
  for (const [text, expected] of cases) assert.equal(message(text), expected);
});

test('rules refuse parameters', () => {
  const text = `
Parameters: {Env: {Type: String, Default: prod}, Size: {Type: String, Default: small}}
Rules:
  ProdIsLarge:
    RuleCondition: !Equals [!Ref Env, prod]
    Assertions:
      - Assert: {"Fn::Contains": [[large, huge], !Ref Size]}
        AssertDescription: production needs a large one
Resources: {A: {Type: X}}`;
  assert.throws(() => build(text), { message: 'Rule ProdIsLarge failed: production needs a large one' });
  build(text, { Size: 'huge' });
  build(text, { Env: 'dev' });
});
