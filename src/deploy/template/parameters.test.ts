import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json } from './document.ts';
import {
  parameterRef,
  parseParameters,
  resolveParameters,
  resolveSsmParameters,
  type ParameterInput,
} from './parameters.ts';

const define = (section: Json): ReturnType<typeof parseParameters> => parseParameters(section, () => undefined);
const resolve = (section: Json, inputs: ParameterInput[] = []): string[] =>
  resolveParameters(define(section), inputs).map(({ value }) => value);

test('defaults, given values and previous values fill parameters in', () => {
  const section = { A: { Type: 'String', Default: 'x' }, B: { Type: 'Number', Default: 3 }, C: { Type: 'String' } };
  const previous = [{ key: 'C', value: 'old', noEcho: false }];
  const values = resolveParameters(
    define(section),
    [
      { ParameterKey: 'A', ParameterValue: 'y' },
      { ParameterKey: 'C', UsePreviousValue: true },
    ],
    previous,
  );
  assert.deepEqual(
    values.map(({ value }) => value),
    ['y', '3', 'old'],
  );
});

test('missing and unknown parameters are named', () => {
  assert.throws(() => resolve({ A: { Type: 'String' }, B: { Type: 'String' } }), {
    message: 'Parameters: [A, B] must have values',
  });
  assert.throws(() => resolve({}, [{ ParameterKey: 'Z', ParameterValue: '1' }]), {
    message: 'Parameters: [Z] do not exist in the template',
  });
});

test('constraints answer in AWS words, or in the words of ConstraintDescription', () => {
  const cases: [Json, string, string][] = [
    [{ Type: 'String', AllowedValues: ['a', 'b'] }, 'c', "Parameter 'P' must be one of AllowedValues"],
    [{ Type: 'String', AllowedPattern: '[a-z]+' }, 'a1', "Parameter 'P' must match pattern [a-z]+"],
    [{ Type: 'String', MinLength: 3 }, 'ab', "Parameter 'P' must contain at least 3 characters"],
    [{ Type: 'String', MaxLength: '3' }, 'abcd', "Parameter 'P' must contain at most 3 characters"],
    [{ Type: 'Number', MinValue: 3 }, '2', "Parameter 'P' must be a number not less than 3"],
    [{ Type: 'Number', MaxValue: 3 }, '4', "Parameter 'P' must be a number not greater than 3"],
    [{ Type: 'Number' }, 'x', "Parameter 'P' must be a number"],
    [{ Type: 'List<Number>' }, '1,x', "Parameter 'P' must be a number"],
    [
      { Type: 'String', AllowedValues: ['a'], ConstraintDescription: 'must be a' },
      'c',
      'Parameter P failed to satisfy constraint: must be a',
    ],
  ];
  for (const [definition, value, message] of cases) {
    assert.throws(() => resolve({ P: definition }, [{ ParameterKey: 'P', ParameterValue: value }]), {
      message,
      code: 'ValidationError',
    });
  }
});

test('list types split at commas and trim', () => {
  const [definition] = define({ L: { Type: 'CommaDelimitedList', Default: 'a, b,c ' } });
  assert.deepEqual(parameterRef(definition!, { key: 'L', value: 'a, b,c ', noEcho: false }), ['a', 'b', 'c']);
});

test('unknown types and keys are refused', () => {
  assert.throws(() => define({ P: { Type: 'Text' } }), {
    message: 'Template format error: Unrecognized parameter type: Text',
  });
  assert.throws(() => define({ P: {} }), {
    message: 'Template format error: Every Parameters object must contain a Type member.',
  });
  assert.throws(() => define({ P: { Type: 'String', Pattern: 'x' } }), {
    message: "Invalid template parameter property 'Pattern'",
  });
});

test('SSM types keep the name and resolve the value', async () => {
  const definitions = define({ P: { Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: '/a/b' } });
  const [value] = await resolveSsmParameters(definitions, resolveParameters(definitions, []), async () => 'x,y');
  assert.equal(value!.value, '/a/b');
  assert.deepEqual(parameterRef(definitions[0]!, value!), ['x', 'y']);
});
