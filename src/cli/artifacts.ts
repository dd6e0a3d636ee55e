// Local files that a template names (CodeUri, ContentUri, DefinitionUri…): found by their place in the source text, so
// that replacing them by S3 addresses moves no line.
import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import {
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';

/** A folder becomes an archive; a template's own local files come first; an image's archive is loaded, its name is not one. */
type Kind = 'zip' | 'file' | 'template' | 'image';

/** Property (dotted below Properties) by resource type; as `aws cloudformation package` and `sam package` have them. */
const PROPERTIES: Record<string, Record<string, Kind>> = {
  'AWS::Serverless::Function': { CodeUri: 'zip', ImageUri: 'image' },
  'AWS::Serverless::LayerVersion': { ContentUri: 'zip' },
  'AWS::Serverless::Api': { DefinitionUri: 'file' },
  'AWS::Serverless::Application': { Location: 'template' },
  'AWS::Serverless::HttpApi': { DefinitionUri: 'file' },
  'AWS::Serverless::StateMachine': { DefinitionUri: 'file' },
  'AWS::Serverless::GraphQLApi': { SchemaUri: 'file' },
  'AWS::Lambda::Function': { Code: 'zip' },
  'AWS::Lambda::LayerVersion': { Content: 'zip' },
  'AWS::ApiGateway::RestApi': { BodyS3Location: 'file' },
  'AWS::ApiGatewayV2::Api': { BodyS3Location: 'file' },
  'AWS::StepFunctions::StateMachine': { DefinitionS3Location: 'file' },
  'AWS::CloudFormation::Stack': { TemplateURL: 'template' },
  'AWS::AppSync::GraphQLSchema': { DefinitionS3Location: 'file' },
};
const FUNCTION_TYPES = new Set(['AWS::Serverless::Function', 'AWS::Lambda::Function']);
/** These take {Bucket, Key} (or S3Bucket, S3Key) and not an s3:// address. */
const AS_OBJECT: Record<string, [bucket: string, key: string]> = {
  'AWS::Lambda::Function': ['S3Bucket', 'S3Key'],
  'AWS::Lambda::LayerVersion': ['S3Bucket', 'S3Key'],
  'AWS::ApiGateway::RestApi': ['Bucket', 'Key'],
  'AWS::ApiGatewayV2::Api': ['Bucket', 'Key'],
  'AWS::StepFunctions::StateMachine': ['Bucket', 'Key'],
};

/** A function that the template makes of local code. */
export interface Source {
  /** for messages */
  place: string;
  /** absent where it is not written out */
  handler?: string;
  runtime?: string;
  /** Metadata.BuildMethod and BuildProperties, as `sam build` reads them */
  buildMethod?: string;
  buildProperties?: Record<string, unknown>;
}

export interface Artifact {
  /** absolute path */
  file: string;
  kind: Kind;
  /** offsets of the value in the template's text */
  range: [start: number, end: number];
  /** how the address is written in its place */
  write: (bucket: string, key: string) => string;
  /** `SendEmail.CodeUri` for messages */
  place: string;
  /** the functions that run this code; several when it comes from Globals */
  sources: Source[];
}

/** Folder contents that go into a bucket after deployment (Metadata.Gatehouse on a bucket). */
export interface Content {
  logicalId: string;
  /** absolute path */
  folder?: string;
  /** key under which the stack's outputs are written as JSON */
  outputs?: string;
}

const isLocal = (value: unknown): value is string =>
  typeof value === 'string' && value !== '' && !/^(s3|https?):\/\//.test(value) && !value.includes('{{resolve:');

const mapOf = (node: unknown): YAMLMap | undefined => (isMap(node) ? node : undefined);
const child = (map: YAMLMap | undefined, key: string): Node | undefined => map?.get(key, true) as Node | undefined;
const textOf = (node: Node | undefined): string | undefined =>
  isScalar(node) && !node.tag && typeof node.value === 'string' ? node.value : undefined;

function artifact(
  node: Node | undefined,
  kind: Kind,
  type: string,
  folder: string,
  place: string,
): Artifact | undefined {
  const value = textOf(node);
  const range = (node as Scalar | undefined)?.range;
  if (!isLocal(value) || !range) return undefined;
  const asObject = AS_OBJECT[type];
  return {
    file: path.resolve(folder, value),
    kind,
    range: [range[0], range[1]],
    place,
    sources: [],
    write: (bucket, key) =>
      asObject
        ? `{${asObject[0]}: ${JSON.stringify(bucket)}, ${asObject[1]}: ${JSON.stringify(key)}}`
        : JSON.stringify(ADDRESSES[kind](bucket, key)),
  };
}

const ADDRESSES: Record<Kind, (bucket: string, key: string) => string> = {
  zip: (bucket, key) => `s3://${bucket}/${key}`,
  file: (bucket, key) => `s3://${bucket}/${key}`,
  template: (bucket, key) => `https://s3.amazonaws.com/${bucket}/${key}`,
  image: (_bucket, key) => key,
};

export interface LocalFiles {
  artifacts: Artifact[];
  contents: Content[];
  /** what is named and not there, as messages */
  missing: string[];
}

/** Finds them in YAML or JSON text (JSON is YAML). Errors of syntax are the deployment's to report. */
export function findLocalFiles(text: string, templateFile: string): LocalFiles {
  const folder = path.dirname(templateFile);
  const document: Document = parseDocument(text, { logLevel: 'silent', strict: false, uniqueKeys: false });
  const root = mapOf(document.contents);
  const found: (Artifact | undefined)[] = [];
  const contents: Content[] = [];
  const globals = mapOf(child(mapOf(child(root, 'Globals')), 'Function'));
  const shared = artifact(
    child(globals, 'CodeUri'),
    'zip',
    'AWS::Serverless::Function',
    folder,
    'Globals.Function.CodeUri',
  );
  found.push(shared);
  found.push(...findIncludes(document, folder));
  for (const [id, resource] of resourcesOf(mapOf(child(root, 'Resources')))) {
    const type = textOf(child(resource, 'Type')) ?? '';
    const properties = mapOf(child(resource, 'Properties'));
    for (const [name, kind] of Object.entries(PROPERTIES[type] ?? {})) {
      const own = artifact(child(properties, name), kind, type, folder, `${id}.${name}`);
      if (kind === 'image') {
        if (own && existsSync(own.file)) found.push(own);
        continue;
      }
      found.push(own);
      if (!FUNCTION_TYPES.has(type)) continue;
      const source = sourceOf(id, resource, type === 'AWS::Serverless::Function' ? globals : undefined);
      if (own) own.sources.push(source);
      else if (source.inheritsCode) shared?.sources.push(source);
    }
    const ours = mapOf(child(mapOf(child(resource, 'Metadata')), 'Gatehouse'));
    const content = textOf(child(ours, 'Content'));
    const outputs = textOf(child(ours, 'Outputs'));
    if (type === 'AWS::S3::Bucket' && (content !== undefined || outputs !== undefined)) {
      contents.push({
        logicalId: id,
        ...(content !== undefined && { folder: path.resolve(folder, content) }),
        ...(outputs !== undefined && { outputs }),
      });
    }
  }
  const artifacts = found.filter((each) => each !== undefined);
  const missing = artifacts
    .filter((each) => !existsSync(each.file))
    .map(
      (each) => `${lineOf(text, templateFile, each.range[0])}: ${each.place} names ${each.file}, which is not there`,
    );
  for (const each of artifacts)
    if (each.kind === 'file' && existsSync(each.file) && statSync(each.file).isDirectory()) each.kind = 'zip';
  return { artifacts, contents, missing };
}

function sourceOf(
  place: string,
  resource: YAMLMap | undefined,
  globals: YAMLMap | undefined,
): Source & { inheritsCode: boolean } {
  const properties = mapOf(child(resource, 'Properties'));
  const metadata = mapOf(child(resource, 'Metadata'));
  const handler = textOf(child(properties, 'Handler') ?? child(globals, 'Handler'));
  const runtime = textOf(child(properties, 'Runtime') ?? child(globals, 'Runtime'));
  const buildMethod = textOf(child(metadata, 'BuildMethod'));
  const buildProperties = mapOf(child(metadata, 'BuildProperties'));
  return {
    place,
    ...(handler !== undefined && { handler }),
    ...(runtime !== undefined && { runtime }),
    ...(buildMethod !== undefined && { buildMethod }),
    ...(buildProperties && { buildProperties: buildProperties.toJSON() as Record<string, unknown> }),
    inheritsCode: globals !== undefined && !properties?.has('CodeUri') && !properties?.has('InlineCode'),
  };
}

/** With those that Fn::ForEach makes: one path stands for all of them. */
function resourcesOf(map: YAMLMap | undefined): [id: string, resource: YAMLMap | undefined][] {
  return (map?.items ?? []).flatMap((pair) => {
    const id = String((pair.key as Scalar).value);
    if (id.startsWith('Fn::ForEach::') && isSeq(pair.value)) return resourcesOf(mapOf(pair.value.items[2]));
    return [[id, mapOf(pair.value)] as [string, YAMLMap | undefined]];
  });
}

/** `Fn::Transform: {Name: AWS::Include, Parameters: {Location: …}}` may stand anywhere. */
function findIncludes(document: Document, folder: string): (Artifact | undefined)[] {
  const found: (Artifact | undefined)[] = [];
  visit(document, {
    Map(_key, map) {
      if (textOf(child(map, 'Name')) !== 'AWS::Include') return;
      const location = child(mapOf(child(map, 'Parameters')), 'Location');
      found.push(artifact(location, 'file', 'AWS::Include', folder, 'AWS::Include'));
    },
  });
  return found;
}

export function lineOf(text: string, file: string, offset: number): string {
  return `${file}:${text.slice(0, offset).split('\n').length}`;
}

/** The template with each local path replaced by where its bytes went. */
export function replaceArtifacts(text: string, addresses: Map<Artifact, { bucket: string; key: string }>): string {
  let out = text;
  for (const [each, { bucket, key }] of [...addresses].sort((a, b) => b[0].range[0] - a[0].range[0])) {
    out = out.slice(0, each.range[0]) + each.write(bucket, key) + out.slice(each.range[1]);
  }
  return out;
}
