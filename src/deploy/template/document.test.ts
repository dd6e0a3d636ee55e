import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseTemplate } from './document.ts';

const yaml = (text: string): unknown => parseTemplate(text).json;

test('short tags become the functions that they stand for, nested ones too', () => {
  assert.deepEqual(
    yaml(`
A: !Ref X
B: !GetAtt Fn.Outputs.Name
C: !GetAtt [Fn, Arn]
D: !Join [",", [!Ref X, !Sub "\${Y}-z"]]
E: !If [IsProd, !Select [0, !GetAZs ""], !Ref "AWS::NoValue"]
F: !Condition IsProd
G: !FindInMap [A, !Ref B, C]
H: !Transform {Name: "AWS::Include", Parameters: {Location: s3://b/k}}
I: !Cidr ["10.0.0.0/16", 2, 8]
`),
    {
      A: { Ref: 'X' },
      B: { 'Fn::GetAtt': ['Fn', 'Outputs.Name'] },
      C: { 'Fn::GetAtt': ['Fn', 'Arn'] },
      D: { 'Fn::Join': [',', [{ Ref: 'X' }, { 'Fn::Sub': '${Y}-z' }]] },
      E: { 'Fn::If': ['IsProd', { 'Fn::Select': [0, { 'Fn::GetAZs': '' }] }, { Ref: 'AWS::NoValue' }] },
      F: { Condition: 'IsProd' },
      G: { 'Fn::FindInMap': ['A', { Ref: 'B' }, 'C'] },
      H: { 'Fn::Transform': { Name: 'AWS::Include', Parameters: { Location: 's3://b/k' } } },
      I: { 'Fn::Cidr': ['10.0.0.0/16', 2, 8] },
    },
  );
});

test('dates stay text, yes and on are booleans, y and n are names', () => {
  assert.deepEqual(yaml('AWSTemplateFormatVersion: 2010-09-09\nA: yes\nB: off\nC: y\nn: 1\n012345678901: k'), {
    AWSTemplateFormatVersion: '2010-09-09',
    A: true,
    B: false,
    C: 'y',
    n: 1,
    '012345678901': 'k',
  });
});

test('a dot alone is text, and a number may begin or end with one', () => {
  assert.deepEqual(yaml('Join: [., -., x]\nA: .5\nB: 1.\nC:\n  - .'), {
    Join: ['.', '-.', 'x'],
    A: 0.5,
    B: 1,
    C: ['.'],
  });
});

test('aliases are refused in AWS words', () => {
  assert.throws(() => yaml('A: &x 1\nB: *x'), {
    name: 'ValidationError',
    message: 'Template error: YAML aliases are not allowed in CloudFormation templates',
  });
});

test('broken text names line and column', () => {
  assert.throws(() => yaml('A: 1\nB: [1, 2\nC: 3'), {
    message: /^Template format error: YAML not well-formed\. \(line \d, column \d+\)$/,
  });
  assert.throws(() => yaml('{\n "A": 1,\n "B" 2}'), {
    message: 'Template format error: JSON not well-formed. (line 3, column 6)',
  });
  assert.throws(() => yaml('just text'), { message: 'Template format error: unsupported structure.' });
});

test('lines are found through tags, lists and missing steps, in YAML and JSON', () => {
  const doc = parseTemplate(
    'Resources:\n  A:\n    Properties:\n      Name: !Join\n        - ","\n        - - a\n          - !Ref B\n',
  );
  assert.equal(doc.lineOf(['Resources', 'A', 'Properties', 'Name', 'Fn::Join', 1, 1]), 7);
  assert.equal(doc.lineOf(['Resources', 'A', 'Properties', 'Missing']), 3);
  const json = parseTemplate('{"Resources": {\n "A": {\n  "Type": "X"}}}');
  assert.equal(json.lineOf(['Resources', 'A', 'Type']), 3);
});
