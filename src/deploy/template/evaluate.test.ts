import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Json, JsonObject } from './document.ts';
import { evaluate, type Scope } from './evaluate.ts';
import { NO_VALUE, Unknown, type Value } from './value.ts';

const scope = (more: Partial<Scope> = {}): Scope => ({
  ref: (name) =>
    (
      {
        Name: 'site',
        List: ['a', 'b'],
        'AWS::Region': 'us-east-1',
        'AWS::NoValue': NO_VALUE,
        New: new Unknown('New'),
      } as Record<string, Value>
    )[name]!,
  getAtt: (id, attribute) => `${id}!${attribute}`,
  condition: (name) => name === 'Yes',
  importValue: (name) => `imported ${name}`,
  mappings: { Map: { top: { second: 'found', list: ['x', 'y'] } } } as JsonObject,
  availabilityZones: (region) => [`${region || 'us-east-1'}a`, `${region || 'us-east-1'}b`],
  languageExtensions: true,
  ...more,
});
const run = (value: Json, more?: Partial<Scope>): Value => evaluate(value, scope(more));

test('every function computes what AWS documents', () => {
  assert.equal(run({ 'Fn::Join': ['-', ['a', { Ref: 'Name' }, 3]] }), 'a-site-3');
  assert.equal(run({ 'Fn::Join': [',', { Ref: 'List' }] }), 'a,b');
  assert.deepEqual(run({ 'Fn::Split': ['|', 'a||c'] }), ['a', '', 'c']);
  assert.equal(run({ 'Fn::Select': ['1', { Ref: 'List' }] }), 'b');
  assert.equal(run({ 'Fn::FindInMap': ['Map', 'top', 'second'] }), 'found');
  assert.equal(run({ 'Fn::Select': [1, { 'Fn::FindInMap': ['Map', 'top', 'list'] }] }), 'y');
  assert.equal(run({ 'Fn::FindInMap': ['Map', 'none', 'second', { DefaultValue: { Ref: 'Name' } }] }), 'site');
  assert.equal(run({ 'Fn::Base64': 'hé' }), 'aMOp');
  assert.deepEqual(run({ 'Fn::GetAZs': { Ref: 'AWS::Region' } }), ['us-east-1a', 'us-east-1b']);
  assert.equal(run({ 'Fn::ImportValue': { 'Fn::Sub': '${Name}-vpc' } }), 'imported site-vpc');
  assert.equal(run({ 'Fn::GetAtt': ['Fn', 'Outputs.X'] }), 'Fn!Outputs.X');
  assert.equal(run({ 'Fn::GetAtt': 'Fn.Arn' }), 'Fn!Arn');
  assert.equal(run({ 'Fn::Length': { Ref: 'List' } }), 2);
  assert.equal(run({ 'Fn::ToJsonString': { a: { Ref: 'Name' }, b: [1] } }), '{"a":"site","b":[1]}');
});

test('Fn::Sub replaces parameters, attributes and its own variables, and keeps ${!x} and lone dollars', () => {
  assert.equal(
    run({ 'Fn::Sub': 'a ${Name} ${Fn.Arn} ${!Literal} $5 ${AWS::Region}' }),
    'a site Fn!Arn ${Literal} $5 us-east-1',
  );
  assert.equal(run({ 'Fn::Sub': ['${X}/${Name}', { X: { 'Fn::Join': ['', ['1', '2']] } }] }), '12/site');
  assert.throws(() => run({ 'Fn::Sub': '${List}' }), {
    message: 'Template error: variable List in Fn::Sub expression does not resolve to a string',
  });
  assert.throws(() => run({ 'Fn::Sub': '${a b}' }), { message: /variable names in Fn::Sub syntax must contain only/ });
});

test('conditions choose, combine and leave out', () => {
  assert.equal(run({ 'Fn::If': ['Yes', 'a', 'b'] }), 'a');
  assert.deepEqual(run({ a: { 'Fn::If': ['No', 1, { Ref: 'AWS::NoValue' }] }, b: [1, { Ref: 'AWS::NoValue' }, 2] }), {
    b: [1, 2],
  });
  assert.equal(run({ 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Not': [{ Condition: 'No' }] }] }), true);
  assert.equal(run({ 'Fn::Or': [{ Condition: 'No' }, { 'Fn::Equals': [{ Ref: 'Name' }, 'site'] }] }), true);
  assert.equal(run({ 'Fn::Equals': ['true', true] }), true);
});

test('Fn::Cidr cuts blocks of IPv4 and IPv6', () => {
  assert.deepEqual(run({ 'Fn::Cidr': ['192.168.0.0/24', 3, 5] }), [
    '192.168.0.0/27',
    '192.168.0.32/27',
    '192.168.0.64/27',
  ]);
  assert.deepEqual(run({ 'Fn::Cidr': ['10.0.0.0/16', '2', '8'] }), ['10.0.0.0/24', '10.0.1.0/24']);
  assert.deepEqual(run({ 'Fn::Cidr': ['2001:db8:1:100::/56', 2, 64] }), ['2001:db8:1:100::/64', '2001:db8:1:101::/64']);
  assert.throws(() => run({ 'Fn::Cidr': ['10.0.0.0/30', 9, 1] }), { name: 'ValidationError' });
});

test('a value that is not known yet makes the whole function unknown', () => {
  const value = run({ 'Fn::Join': ['', ['x', { 'Fn::Sub': '${New}-y' }]] });
  assert.ok(value instanceof Unknown);
  assert.equal(value.source, 'New');
});

test('wrong arguments and missing things are refused in AWS words', () => {
  const cases: [Json, string][] = [
    [
      { 'Fn::Join': ['', 'x'] },
      'Template error: every Fn::Join object requires two parameters, (1) a string delimiter and (2) a list of strings to be joined or a function that returns a list of strings (such as Fn::GetAZs) to be joined.',
    ],
    [{ 'Fn::Select': [7, { Ref: 'List' }] }, 'Template error: Fn::Select  cannot select nonexistent value at index 7'],
    [{ 'Fn::FindInMap': ['Map', 'x', 'y'] }, 'Template error: Unable to get mapping for Map::x::y'],
    [
      { 'Fn::FindInMap': ['Nope', 'x', 'y'] },
      "Template error: Mapping named 'Nope' is not present in the 'Mappings' section of template.",
    ],
    [{ 'Fn::Equals': ['a'] }, 'Template error: every Fn::Equals object requires a list of 2 string parameters.'],
    [{ 'Fn::Not': [] }, 'Template error: every Fn::Not object requires one boolean parameter.'],
    [{ 'Fn::Base64': ['a'] }, 'Template error: every Fn::Base64 object must have a String-typed value.'],
  ];
  for (const [value, message] of cases) assert.throws(() => run(value), { message, code: 'ValidationError' });
});
