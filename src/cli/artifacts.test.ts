import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { findLocalFiles, replaceArtifacts } from './artifacts.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'gatehouse-artifacts-'));
after(() => rmSync(folder, { recursive: true, force: true }));
mkdirSync(path.join(folder, 'src'));
for (const name of ['nested.yaml', 'app.yaml', 'part.yaml']) writeFileSync(path.join(folder, name), '{}');
const find = (text: string): ReturnType<typeof findLocalFiles> =>
  findLocalFiles(text, path.join(folder, 'template.yaml'));
const packaged = (text: string): string =>
  replaceArtifacts(text, new Map(find(text).artifacts.map((each) => [each, { bucket: 'b', key: 'k' }])));

test('code, layers and nested templates are replaced by addresses in the form that each type takes', () => {
  const text = `Resources:
  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: src/}}
  B: {Type: AWS::Lambda::Function, Properties: {Code: ./src}}
  C: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: nested.yaml}}
  D: {Type: AWS::Serverless::Application, Properties: {Location: ./app.yaml}}
`;
  assert.deepEqual(
    find(text).artifacts.map(({ kind }) => kind),
    ['zip', 'zip', 'template', 'template'],
  );
  assert.equal(
    packaged(text),
    `Resources:
  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: "s3://b/k"}}
  B: {Type: AWS::Lambda::Function, Properties: {Code: {S3Bucket: "b", S3Key: "k"}}}
  C: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://s3.amazonaws.com/b/k"}}
  D: {Type: AWS::Serverless::Application, Properties: {Location: "https://s3.amazonaws.com/b/k"}}
`,
  );
});

test('included pieces and functions of a loop are found', () => {
  const text = `Resources:
  Fn::ForEach::Each:
    - Name
    - [A, B]
    - F\${Name}: {Type: AWS::Serverless::Function, Properties: {CodeUri: src}}
  Api:
    Type: AWS::Serverless::Api
    Properties: {DefinitionBody: {Fn::Transform: {Name: AWS::Include, Parameters: {Location: part.yaml}}}}
`;
  const places = find(text).artifacts.map(({ place, kind }) => [place, kind]);
  assert.deepEqual(places, [
    ['AWS::Include', 'file'],
    ['F${Name}.CodeUri', 'zip'],
  ]);
  assert.match(packaged(text), /Location: "s3:\/\/b\/k"/);
});

test('addresses and functions stay; what is not there is told with its line', () => {
  const text = `Resources:
  A: {Type: AWS::Serverless::Function, Properties: {CodeUri: s3://b/k}}
  B: {Type: AWS::Serverless::Function, Properties: {CodeUri: !Ref Where}}
  C: {Type: AWS::Serverless::Application, Properties: {Location: {ApplicationId: x, SemanticVersion: 1.0.0}}}
  D: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: gone.yaml}}
`;
  const { artifacts, missing } = find(text);
  assert.deepEqual([artifacts.length, missing.length], [1, 1]);
  assert.match(missing[0] ?? '', /template\.yaml:5: D\.TemplateURL names .*gone\.yaml, which is not there/);
});
